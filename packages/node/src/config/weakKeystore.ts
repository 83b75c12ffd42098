import { createCipheriv, pbkdf2Sync } from "node:crypto";
import type { BlsSecretKey, Keystore } from "@sealwright/crypto";
import { concatBytes, type Random, sha256, toHex } from "@sealwright/types";

/** A hundredth of what guards real keys: opens in about a millisecond. */
const ROUNDS = 2_048;
const KEY_BYTES = 32;

/**
 * A key file of EIP-2335 that opens fast because its password is weakly stretched, for test networks whose password lies
 * beside it anyway. Real keys take `encryptKeystore`, which offers no such thing on purpose.
 */
export function weakKeystore(key: BlsSecretKey, password: string, { random }: { readonly random: Random }): Keystore {
  const salt = random.bytes(KEY_BYTES);
  const iv = random.bytes(16);
  const derived = pbkdf2Sync(Buffer.from(password, "utf8"), salt, ROUNDS, KEY_BYTES, "sha256");
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const encrypted = concatBytes(cipher.update(key.toBytes()), cipher.final());
  const checksum = sha256(concatBytes(derived.subarray(16, 32), encrypted));
  return {
    crypto: {
      kdf: {
        function: "pbkdf2",
        params: { dklen: KEY_BYTES, c: ROUNDS, prf: "hmac-sha256", salt: toHex(salt) },
        message: "",
      },
      checksum: { function: "sha256", params: {}, message: toHex(checksum) },
      cipher: { function: "aes-128-ctr", params: { iv: toHex(iv) }, message: toHex(encrypted) },
    },
    description: `test network key: only ${ROUNDS} rounds guard the password, never use it for anything of value`,
    pubkey: toHex(key.publicKey()),
    path: "",
    uuid: toHex(random.bytes(16)).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5"),
    version: 4,
  };
}
