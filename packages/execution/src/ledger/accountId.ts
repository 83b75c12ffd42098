import { type AccountId, concatBytes, sha256Hex } from "@sealwright/types";

/** The account that an Ed25519 public key (32 bytes) controls: SHA-256("SWAC" || key). */
export function accountIdOf(publicKey: Uint8Array): AccountId {
  return sha256Hex(concatBytes(DOMAIN, publicKey)) as AccountId;
}

const DOMAIN = Buffer.from("SWAC", "ascii");
