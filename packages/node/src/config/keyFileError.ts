/** Why a keeper's keys cannot be used; `message` says what to do and never holds a secret. */
export interface KeyFileError {
  readonly code: "unreadable" | "readableByOthers" | "badKeyFile" | "wrongPassword";
  /** The file. */
  readonly path: string;
  readonly message: string;
}
