import { assert, concatBytes } from "@sealwright/types";
import { blake2b256 } from "../hashes/blake2b.js";
import type { PublicKeyHash } from "../keys/publicKeyHash.js";
import { dalBitsetBytes } from "../wire/dalBitset.js";
import { type BlsModeAttestation, encodeOperation } from "../wire/operation.js";

/** Order of the BLS12-381 groups. */
export const BLS_GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** All that the companion's share of a tz4 attestation depends on. */
export interface DalAttestationParts {
  readonly consensusKey: PublicKeyHash;
  readonly companionKey: PublicKeyHash;
  /** What both keys sign; the hash takes it without watermark and chain id. */
  readonly attestation: BlsModeAttestation;
  readonly dalAttestation: bigint;
}

/**
 * Binds DAL content to a tz4 attestation whose signed bytes do not hold it:
 * signature = consensus signature + w * companion signature, checked under consensus key + w * companion key.
 * @returns w as 32 little-endian bytes, not yet reduced; `dalAttestationWeight` is the scalar
 */
export function dalAttestationDigest(parts: DalAttestationParts): Uint8Array {
  assert(parts.consensusKey.scheme === "bls" && parts.companionKey.scheme === "bls", "only tz4 keys weigh DAL content");
  return blake2b256(
    concatBytes(
      parts.consensusKey.hash,
      parts.companionKey.hash,
      encodeOperation(parts.attestation),
      dalBitsetBytes(parts.dalAttestation),
    ),
  );
}

/** w as a scalar, reduced modulo `BLS_GROUP_ORDER`. Another bitset is another weight, so a changed bit breaks the signature. */
export function dalAttestationWeight(parts: DalAttestationParts): bigint {
  const digest = dalAttestationDigest(parts);
  const value = digest.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return value % BLS_GROUP_ORDER;
}
