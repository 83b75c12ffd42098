import { concatBytes, sha256 } from "@sealwright/types";

/** Domains of Ethereum's consensus, as the last of four little-endian bytes has it. */
export const ETHEREUM_DOMAIN = {
  beaconProposer: 0,
  beaconAttester: 1,
  randao: 2,
  selectionProof: 5,
  syncCommittee: 7,
  syncCommitteeSelectionProof: 8,
} as const;

export interface ForkInfo {
  readonly previousVersion: Uint8Array;
  readonly currentVersion: Uint8Array;
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly genesisValidatorsRoot: Uint8Array;
}

const ROOT_BYTES = 32;
const ZERO_ROOT = new Uint8Array(ROOT_BYTES);

/** Root of a container: its fields' roots in a tree, filled up with zeros to a power of two. */
export function containerRoot(fields: readonly Uint8Array[]): Uint8Array {
  let row = [...fields];
  while (row.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < row.length; i += 2)
      next.push(hashPair(row[i]!, row[i + 1] ?? zeroRootAt(fields.length, row.length)));
    row = next;
  }
  return row[0] ?? ZERO_ROOT;
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

/** Root of an empty subtree at the height that a row of this length has. */
function zeroRootAt(leaves: number, row: number): Uint8Array {
  let root: Uint8Array = ZERO_ROOT;
  for (let length = leaves; length > row; length = Math.ceil(length / 2)) root = hashPair(root, root);
  return root;
}
