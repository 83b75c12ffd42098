import type { SocketAddress } from "./nodeConfig.js";

const PORT_MAX = 65_535;
const HOST_CHARS_MAX = 253;

/** @returns null when `text` is not host and port; an IPv6 host stands in brackets */
export function parseSocketAddress(text: string): SocketAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || host.length > HOST_CHARS_MAX || port > PORT_MAX) return null;
  return { host, port };
}

/** As `parseSocketAddress` reads it, with brackets around an IPv6 address. */
export function formatSocketAddress({ host, port }: SocketAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
