/** How the password becomes a key. Sizes are bounded by `parseKeystore`. */
export type KeystoreKdf =
  | {
      readonly function: "scrypt";
      readonly params: {
        readonly dklen: number;
        readonly n: number;
        readonly r: number;
        readonly p: number;
        readonly salt: string;
      };
      readonly message: "";
    }
  | {
      readonly function: "pbkdf2";
      readonly params: {
        readonly dklen: number;
        readonly c: number;
        readonly prf: "hmac-sha256";
        readonly salt: string;
      };
      readonly message: "";
    };

/** An encrypted key file of EIP-2335, version 4, in the shape of its JSON; bytes are hex without 0x. */
export type Keystore = {
  readonly crypto: {
    readonly kdf: KeystoreKdf;
    readonly checksum: {
      readonly function: "sha256";
      readonly params: Readonly<Record<string, never>>;
      readonly message: string;
    };
    readonly cipher: {
      readonly function: "aes-128-ctr";
      readonly params: { readonly iv: string };
      readonly message: string;
    };
  };
  readonly description?: string;
  /** of the secret inside; checked after decryption */
  readonly pubkey?: string;
  /** EIP-2334 derivation path, "" when the key was not derived */
  readonly path: string;
  readonly uuid: string;
  readonly version: 4;
};
