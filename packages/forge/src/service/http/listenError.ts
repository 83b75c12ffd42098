export type ListenErrorCode = "portTaken" | "notPermitted" | "noSuchAddress" | "listenFailed";

export interface ListenError {
  readonly code: ListenErrorCode;
  readonly message: string;
  readonly cause: unknown;
}

/** @param address as its configuration names it */
export function listenErrorOf(cause: unknown, address: string): ListenError {
  const code = CODES[(cause as { code?: string }).code ?? ""] ?? "listenFailed";
  return { code, message: `cannot listen on ${address}: ${TEXTS[code]}`, cause };
}

const CODES: Readonly<Record<string, ListenErrorCode>> = {
  EADDRINUSE: "portTaken",
  EACCES: "notPermitted",
  EADDRNOTAVAIL: "noSuchAddress",
  ENOTFOUND: "noSuchAddress",
  ENOENT: "noSuchAddress",
};

const TEXTS: Readonly<Record<ListenErrorCode, string>> = {
  portTaken: "another process has that address",
  notPermitted: "this user may not take that address",
  noSuchAddress: "this machine has no such address or folder",
  listenFailed: "see the cause",
};
