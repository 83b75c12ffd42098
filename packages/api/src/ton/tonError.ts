/** A refusal in the way of TON's own HTTP interface: the code is also the HTTP status. */
export class TonError extends Error {
  override readonly name = "TonError";

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** The caller asked for something that cannot be. */
export function badParam(name: string, allowed: string): TonError {
  return new TonError(422, `${name}: ${allowed}`);
}

/** As TON's tools read a refusal. */
export interface TonErrorJson {
  readonly ok: false;
  readonly error: string;
  readonly code: number;
}

/** What an answer to JSON-RPC says beside the result: which request it answers. */
export interface JsonRpcEcho {
  readonly jsonrpc: "2.0";
  readonly id: string | number | null;
}

export const JSON_RPC_PATH = "/api/v2/jsonRPC";
export const JSON_RPC_ID_CHARS_MAX = 64;

export function tonErrorJson(code: number, error: string): TonErrorJson {
  return { ok: false, error, code };
}

/** Of a request whose body was read, or was not, or is no request at all: then its id is null. */
export function jsonRpcEcho(body: unknown): JsonRpcEcho {
  const id = typeof body === "object" && body !== null && "id" in body ? body.id : null;
  const isId = typeof id === "number" || (typeof id === "string" && id.length <= JSON_RPC_ID_CHARS_MAX);
  return { jsonrpc: "2.0", id: isId ? id : null };
}

/** The answer to a request that no method answered. @param body of the request, as far as it was read */
export function tonRefusalJson(url: string, body: unknown, code: number, error: string): object {
  const path = url.split("?", 1)[0]!.replace(/\/+$/, "");
  return { ...tonErrorJson(code, error), ...(path === JSON_RPC_PATH ? jsonRpcEcho(body) : {}) };
}

/** Whether the answer to a request, also one that no handler saw, is for TON's tools. */
export function isForTon(url: string): boolean {
  return url.startsWith("/api/v2/");
}
