import type { ConfigPath } from "./configFields.js";

/** Why a secret file cannot be used; `message` says what to do and never holds a secret. */
export interface KeyFileError {
  readonly code: "unreadable" | "readableByOthers" | "badKeyFile" | "wrongPassword";
  /** The file. */
  readonly path: string;
  readonly message: string;
}

/** Why one of a keeper's own keys cannot be used. */
export interface NodeKeyError extends KeyFileError {
  /** Where the configuration names the file. */
  readonly field: Extract<ConfigPath, `keys.${string}`>;
}

/** One line: which file of which key, and what is wrong with it. */
export function describeNodeKeyError({ field, path, message }: NodeKeyError): string {
  return `'${field}' (${path}): ${message}`;
}
