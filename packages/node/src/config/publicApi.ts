import type { KeeperId } from "@sealwright/types";
import type { NodeConfig, SocketAddress } from "./nodeConfig.js";
import { formatSocketAddress } from "./socketAddress.js";

const URL_CHARS_MAX = 512;
/** A server that listens on one of these listens everywhere: no address for clients. */
const EVERYWHERE: readonly string[] = ["0.0.0.0", "::"];

/** @returns where an API at `text` is asked, without a trailing slash; null when that is no plain http(s) address */
export function parseApiUrl(text: string): string | null {
  if (text.length > URL_CHARS_MAX || !/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return null;
  const { origin, pathname, search, hash, username, password } = new URL(text);
  const extra = search + hash + username + password;
  return extra === "" && !/[?#@]/.test(text) ? `${origin}${pathname}`.replace(/\/+$/, "") : null;
}

/** @returns null when no client could use the address as it stands: a server listens there on all of its own, or on any port */
export function apiUrlOfListener({ host, port }: SocketAddress): string | null {
  if (port === 0 || EVERYWHERE.includes(host)) return null;
  return `http://${formatSocketAddress({ host, port })}`;
}

/** Where clients reach each keeper's API, as far as this keeper was told. It takes nobody's word for it but its operator's. */
export function apiUrlsOf({ listen, publicApiUrl, peers }: NodeConfig, self: KeeperId): ReadonlyMap<KeeperId, string> {
  const own = publicApiUrl ?? apiUrlOfListener(listen.api);
  const entries = [...peers.map(({ id, api }) => [id, api] as const), [self, own] as const];
  return new Map(entries.flatMap(([id, url]) => (url === null ? [] : [[id, url]])));
}
