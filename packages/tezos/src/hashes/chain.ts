import { ByteWriter, concatBytes } from "@sealwright/types";
import type {
  BlockHash,
  BlockPayloadHash,
  ChainId,
  NonceHash,
  OperationHash,
  OperationListHash,
  OperationListListHash,
  Round,
} from "../ids.js";
import { payload } from "../text/text.js";
import { encodeSignedBlockHeader, type SignedBlockHeader } from "../wire/blockHeader.js";
import { encodeSignedOperation, type SignedOperation } from "../wire/signedOperation.js";
import { blake2b256 } from "./blake2b.js";
import { merkleRoot } from "./merkle.js";

const CHAIN_ID_BYTES = 4;

/** Over all bytes of the signed operation, signature and its prefix included. */
export function operationHash(signed: SignedOperation): OperationHash {
  return operationHashOfBytes(encodeSignedOperation(signed));
}

/** For signed operations of kinds this package does not read. */
export function operationHashOfBytes(signedOperation: Uint8Array): OperationHash {
  return payload("operationHash", blake2b256(signedOperation));
}

/** Blake2b-256 of the header with its signature. */
export function blockHash(signed: SignedBlockHeader): BlockHash {
  return payload("blockHash", blake2b256(encodeSignedBlockHeader(signed)));
}

/** A chain is named by the block it began with. */
export function chainIdOfGenesis(genesis: BlockHash): ChainId {
  return payload("chainId", blake2b256(genesis).slice(0, CHAIN_ID_BYTES));
}

/** What a block commits to when it promises a nonce. */
export function nonceHash(nonce: Uint8Array): NonceHash {
  return payload("nonceHash", blake2b256(nonce));
}

/** Root over the operations of one validation pass, in block order. */
export function operationListHash(operations: readonly OperationHash[]): OperationListHash {
  return payload("operationListHash", merkleRoot(operations));
}

/** The header's operations hash: root over the lists of all passes. */
export function operationListListHash(lists: readonly OperationListHash[]): OperationListListHash {
  return payload("operationListListHash", merkleRoot(lists));
}

/**
 * What votes name. It covers the operations of passes 1, 2 and 3: not the votes of pass 0, so that a block proposed
 * again with other votes keeps its payload.
 * @param operations all of the three passes in order, as one list
 */
export function blockPayloadHash(
  predecessor: BlockHash,
  payloadRound: Round,
  operations: readonly OperationHash[],
): BlockPayloadHash {
  const roundBytes = new ByteWriter(4).u32(payloadRound).finish();
  return payload("blockPayloadHash", blake2b256(concatBytes(predecessor, roundBytes, operationListHash(operations))));
}
