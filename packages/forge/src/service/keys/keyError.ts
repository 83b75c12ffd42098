/** Why a key of forge.yaml cannot be used. */
export type KeyErrorCode =
  | "keyFileUnreadable"
  | "passwordUnreadable"
  | "passwordMissing"
  | "wrongPassword"
  | "badKeyFile"
  | "badCertificate"
  | "badSecret"
  | "unsupportedScheme"
  | "duplicateKey"
  /** It signed before, and no mark says what. */
  | "historyMissing"
  | "watermarksUnavailable";

/** Why one key cannot be used; no field ever holds a secret. */
export interface KeyError {
  readonly code: KeyErrorCode;
  /** Its place in the configuration, such as `keys[2]`. */
  readonly path: string;
  readonly message: string;
}
