import { assert, toHex } from "@sealwright/types";
import { type BlockHeader, encodeSignedBlockHeader } from "../wire/blockHeader.js";
import { blake2b256 } from "./blake2b.js";

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Hash of the header with 64 zero bytes in place of its signature, whatever scheme will sign it. */
export function proofOfWorkHash(header: BlockHeader): Uint8Array {
  return blake2b256(encodeSignedBlockHeader({ header, signature: null }));
}

/** @param threshold protocol constant, 64 bits unsigned: a hash is accepted when its first 8 bytes are not above it */
export function meetsProofOfWork(header: BlockHeader, threshold: bigint): boolean {
  assert(threshold >= 0n && threshold <= U64_MAX, "the threshold has 64 bits");
  return BigInt(`0x${toHex(proofOfWorkHash(header).subarray(0, 8))}`) <= threshold;
}
