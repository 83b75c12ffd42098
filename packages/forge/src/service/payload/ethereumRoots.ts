import { concatBytes, sha256 } from "@sealwright/types";

/** Domains of Ethereum's consensus, as the last of four little-endian bytes has it. */
export const ETHEREUM_DOMAIN = {
  beaconProposer: 0,
  beaconAttester: 1,
  randao: 2,
  selectionProof: 5,
  aggregateAndProof: 6,
  syncCommittee: 7,
  syncCommitteeSelectionProof: 8,
  contributionAndProof: 9,
} as const;

export interface ForkInfo {
  readonly previousVersion: Uint8Array;
  readonly currentVersion: Uint8Array;
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly genesisValidatorsRoot: Uint8Array;
}

const ROOT_BYTES = 32;
const ZERO_ROOT: Uint8Array = new Uint8Array(ROOT_BYTES);

/** Bits of a list that make one leaf of its tree. */
export const BITS_PER_LEAF = 8 * ROOT_BYTES;

/** Root of a container: its fields' roots in a tree, filled up with zeros to a power of two. */
export function containerRoot(fields: readonly Uint8Array[]): Uint8Array {
  return treeRoot(fields, fields.length);
}

/** Root of bytes whose number is fixed. */
export function bytesRoot(bytes: Uint8Array): Uint8Array {
  return containerRoot(leavesOf(bytes));
}

/** Root of a list: a tree as large as the list may grow, and its length beside it. */
export function listRoot(bytes: Uint8Array, length: number, leavesMax: number): Uint8Array {
  return hashPair(treeRoot(leavesOf(bytes), leavesMax), numberRoot(BigInt(length)));
}

export function numberRoot(value: bigint): Uint8Array {
  const root = new Uint8Array(ROOT_BYTES);
  new DataView(root.buffer).setBigUint64(0, value, true);
  return root;
}

/** What is signed: the object's root under the domain of its kind, fork and network. */
export function signingRoot(objectRoot: Uint8Array, domain: number, epoch: bigint, fork: ForkInfo): Uint8Array {
  const version = epoch < fork.epoch ? fork.previousVersion : fork.currentVersion;
  const forkRoot = hashPair(
    concatBytes(version, new Uint8Array(ROOT_BYTES - version.length)),
    fork.genesisValidatorsRoot,
  );
  const domainBytes = concatBytes(Uint8Array.of(domain, 0, 0, 0), forkRoot.subarray(0, ROOT_BYTES - 4));
  return hashPair(objectRoot, domainBytes);
}

function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(left, right));
}

/** @param leavesMax how many there may be: where the rest would be stand zeros */
function treeRoot(leaves: readonly Uint8Array[], leavesMax: number): Uint8Array {
  let row = leaves;
  let zero = ZERO_ROOT;
  for (let width = leavesMax; width > 1; width = Math.ceil(width / 2)) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2) next.push(hashPair(row[i] ?? zero, row[i + 1] ?? zero));
    row = next;
    zero = hashPair(zero, zero);
  }
  return row[0] ?? zero;
}

function leavesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += ROOT_BYTES) {
    const leaf = new Uint8Array(ROOT_BYTES);
    leaf.set(bytes.subarray(start, start + ROOT_BYTES));
    leaves.push(leaf);
  }
  return leaves;
}
