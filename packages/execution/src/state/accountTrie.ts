import { hashInto } from "@chainsafe/hashtree";
import { HASH_BYTES, hashNode, sha256, ZERO_HASH } from "@sealwright/types";
import type { AccountProof, PathEnd } from "./accountProof.js";
import { type Digest, digestBytes, digestFromBytes, digestOf, writeDigest, ZERO_DIGEST } from "./digest.js";

/**
 * Accounts as a persistent binary Merkle trie. An update shares every node that it does not change, so many states of
 * one chain cost little more than one, and an update costs what it touches.
 *
 * leaf = SHA-256(33 bytes of tag || path || value); branch = SHA-256(left || right); nothing = 32 zero bytes.
 * A part of the trie with one leaf is that leaf. A leaf's preimage is longer than 64 bytes, so it never poses as a
 * branch; it holds its whole path, so it proves itself at any depth.
 */
export class AccountTrie {
  static readonly empty = new AccountTrie(null);

  readonly #top: Node | null;

  private constructor(top: Node | null) {
    this.#top = top;
  }

  get root(): Uint8Array {
    return digestBytes(hashOf(this.#top));
  }

  /** @param path see `accountPath` */
  get(path: Digest): Uint8Array | null {
    const end = this.#walk(path, null);
    return end !== null && end.path === path ? end.value : null;
  }

  /** @param changes at most one per path, in any order; a null value removes */
  update(changes: readonly TrieChange[]): AccountTrie {
    if (changes.length === 0) return this;
    const sorted = [...changes].sort((a, b) => (a.path < b.path ? -1 : 1));
    const made: Branch[][] = [];
    const top = updated(this.#top, { changes: sorted, from: 0, to: sorted.length }, 0, made);
    hashBranches(made);
    return new AccountTrie(top);
  }

  prove(path: Digest): Pick<AccountProof, "end" | "siblings"> & { readonly value: Uint8Array | null } {
    const siblings: Uint8Array[] = [];
    const end = this.#walk(path, siblings);
    if (end === null) return { end: { type: "empty" }, siblings, value: null };
    if (end.path === path) return { end: { type: "found" }, siblings, value: end.value };
    return { end: { type: "other", path: digestBytes(end.path), value: end.value }, siblings, value: null };
  }

  #walk(path: Digest, siblings: Uint8Array[] | null): Leaf | null {
    let node = this.#top;
    for (let depth = 0; node instanceof Branch; depth++) {
      const right: boolean = bitAt(path, depth) === 1;
      siblings?.push(digestBytes(hashOf(right ? node.left : node.right)));
      node = right ? node.right : node.left;
    }
    return node;
  }
}

export interface TrieChange {
  readonly path: Digest;
  readonly value: Uint8Array | null;
}

/** The root that a proof leads to, for `value` at `path` (null: absent), or null when the proof cannot stand. */
export function rootOfProof(
  path: Digest,
  value: Uint8Array | null,
  proof: Pick<AccountProof, "end" | "siblings">,
): Uint8Array | null {
  if (proof.siblings.length > PATH_BITS || proof.siblings.some((sibling) => sibling.length !== HASH_BYTES)) return null;
  let hash = hashAtEnd(path, value, proof.end, proof.siblings.length);
  if (hash === null) return null;
  for (let depth = proof.siblings.length - 1; depth >= 0; depth--) {
    const sibling = proof.siblings[depth]!;
    hash = bitAt(path, depth) === 1 ? hashNode(sibling, hash) : hashNode(hash, sibling);
  }
  return hash;
}

/**
 * Where an account lies. Ids are chosen freely by whoever sends to them; hashed, nobody can cheaply place many
 * accounts along one deep path, which would cost every keeper memory and time.
 */
export function accountPath(id: Uint8Array): Digest {
  return digestOf(id);
}

const PATH_BITS = 8 * HASH_BYTES;
const LEAF_TAG = Buffer.concat([sha256(Buffer.from("sealwright account leaf")), Buffer.of(0)]);

class Leaf {
  readonly hash: Digest;

  constructor(
    readonly path: Digest,
    readonly value: Uint8Array,
  ) {
    this.hash = digestOf(leafPreimage(path, value));
  }
}

class Branch {
  /** Set once, by the update that made the branch. */
  hash: Digest = ZERO_DIGEST;

  constructor(
    readonly left: Node | null,
    readonly right: Node | null,
  ) {}
}

type Node = Leaf | Branch;

/** A sorted run of changes that all belong below one node. */
interface Run {
  readonly changes: readonly TrieChange[];
  readonly from: number;
  readonly to: number;
}

function updated(node: Node | null, run: Run, depth: number, made: Branch[][]): Node | null {
  if (run.from === run.to) return node;
  if (run.to - run.from === 1 && !(node instanceof Branch)) {
    const change = run.changes[run.from]!;
    if (node === null || node.path === change.path) {
      return change.value === null ? null : new Leaf(change.path, change.value);
    }
    if (change.value === null) return node;
  }
  const middle = firstOnTheRight(run, depth);
  const left = updated(childOf(node, 0, depth), { ...run, to: middle }, depth + 1, made);
  const right = updated(childOf(node, 1, depth), { ...run, from: middle }, depth + 1, made);
  return joined(left, right, depth, made);
}

/** A leaf stands for the branch that it would be in, had it company. */
function childOf(node: Node | null, side: 0 | 1, depth: number): Node | null {
  if (node instanceof Branch) return side === 0 ? node.left : node.right;
  return node !== null && bitAt(node.path, depth) === side ? node : null;
}

function joined(left: Node | null, right: Node | null, depth: number, made: Branch[][]): Node | null {
  if (left === null && !(right instanceof Branch)) return right;
  if (right === null && !(left instanceof Branch)) return left;
  const branch = new Branch(left, right);
  (made[depth] ??= []).push(branch);
  return branch;
}

function firstOnTheRight(run: Run, depth: number): number {
  let low = run.from;
  let high = run.to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bitAt(run.changes[middle]!.path, depth) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Hashes new branches level by level, deepest first: one native call each, 20 times cheaper than one per branch. */
function hashBranches(made: readonly (readonly Branch[] | undefined)[]): void {
  for (let depth = made.length - 1; depth >= 0; depth--) {
    const branches = made[depth] ?? [];
    if (branches.length === 0) continue;
    const input = Buffer.allocUnsafe(branches.length * 2 * HASH_BYTES);
    const output = Buffer.allocUnsafe(branches.length * HASH_BYTES);
    branches.forEach((branch, i) => {
      writeDigest(input, hashOf(branch.left), i * 2 * HASH_BYTES);
      writeDigest(input, hashOf(branch.right), (i * 2 + 1) * HASH_BYTES);
    });
    hashInto(input, output);
    branches.forEach((branch, i) => (branch.hash = output.toString("latin1", i * HASH_BYTES, (i + 1) * HASH_BYTES)));
  }
}

function hashAtEnd(path: Digest, value: Uint8Array | null, end: PathEnd, depth: number): Uint8Array | null {
  switch (end.type) {
    case "found":
      return value === null ? null : sha256(leafPreimage(path, value));
    case "empty":
      return value === null ? ZERO_HASH : null;
    case "other": {
      if (value !== null || end.path.length !== HASH_BYTES) return null;
      const other = digestFromBytes(end.path);
      return isNeighbour(path, other, depth) ? sha256(leafPreimage(other, end.value)) : null;
    }
  }
}

/** Another path that begins with the same `depth` bits. */
function isNeighbour(path: Digest, other: Digest, depth: number): boolean {
  if (path === other) return false;
  for (let i = 0; i < depth; i++) if (bitAt(path, i) !== bitAt(other, i)) return false;
  return true;
}

function leafPreimage(path: Digest, value: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(LEAF_TAG.length + HASH_BYTES + value.length);
  input.set(LEAF_TAG);
  writeDigest(input, path, LEAF_TAG.length);
  input.set(value, LEAF_TAG.length + HASH_BYTES);
  return input;
}

function hashOf(node: Node | null): Digest {
  return node === null ? ZERO_DIGEST : node.hash;
}

function bitAt(path: Digest, depth: number): number {
  return (path.charCodeAt(depth >>> 3) >>> (7 - (depth & 7))) & 1;
}
