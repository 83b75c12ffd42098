import { resolve } from "node:path";
import type { RemoteAddress } from "@sealwright/forge";
import { parseApiUrl } from "./publicApi.js";
import { parseSocketAddress } from "./socketAddress.js";

/** A Tezos baker names its key there; a keeper has one key, and it is known. */
const KEY_HASH = /(^|[/=])tz[1-5][1-9A-HJ-NP-Za-km-z]{33}$/;

/**
 * @param baseDir where the path of a unix socket starts
 * @returns null when `text` names no place where a signer of the Octez protocol could listen
 */
export function parseSignerUrl(text: string, baseDir: string): RemoteAddress | null {
  if (KEY_HASH.test(text) || text.includes("\0")) return null;
  const [, scheme, rest = ""] = /^(unix:|tcp:\/\/|https?:\/\/)(.+)$/.exec(text) ?? [];
  switch (scheme) {
    case "unix:":
      return { kind: "unix", path: resolve(baseDir, rest) };
    case "tcp://": {
      const address = parseSocketAddress(rest);
      return address === null || address.port === 0 ? null : { kind: "tcp", ...address };
    }
    case "http://":
    case "https://": {
      const url = parseApiUrl(text);
      return url === null ? null : { kind: "http", url };
    }
    case undefined:
    default:
      return null;
  }
}
