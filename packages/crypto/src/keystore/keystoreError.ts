/** Why a key file does not open; never a word of its secret. */
export type KeystoreError =
  /** not a version 4 key file of EIP-2335, or its parts contradict each other; `path` is where, e.g. `crypto.kdf` */
  | { readonly code: "badKeystore"; readonly path: string; readonly message: string }
  /** the checksum does not match; a damaged file looks the same */
  | { readonly code: "wrongPassword" }
  | { readonly code: "unsupportedKdf"; readonly kdf: string }
  /** the file (or the password) asks for more than we spend on one */
  | { readonly code: "limitExceeded"; readonly path: string; readonly value: number; readonly valueMax: number };

export function badKeystore(path: string, message: string): KeystoreError {
  return { code: "badKeystore", path, message };
}
