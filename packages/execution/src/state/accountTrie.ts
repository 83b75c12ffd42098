import { hashInto } from "@chainsafe/hashtree";
import { HASH_BYTES, hashNode, sha256, ZERO_HASH } from "@sealwright/types";
import type { AccountProof, PathEnd } from "./accountProof.js";
import { type Digest, digestBytes, digestFromBytes, digestOf, writeDigest } from "./digest.js";
import { HASH_WORDS, Hashed, readWords, wordBytes, writeWords } from "./hashed.js";

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
    return wordBytes(this.#top);
  }

  /** @param path see `accountPath` */
  get(path: Digest): Uint8Array | null {
    const end = this.#walk(path, null);
    return end !== null && end.path === path ? end.value : null;
  }

  /** @param changes at most one per path, in any order; a null value removes */
  update(changes: readonly TrieChange[]): AccountTrie {
    return changes.length === 0 ? this : new AccountTrie(new TrieUpdate(changes).on(this.#top));
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
      siblings?.push(wordBytes(right ? node.left : node.right));
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
const leafWords = new Int32Array(HASH_WORDS);
const leafBytes = Buffer.from(leafWords.buffer);

class Leaf extends Hashed {
  constructor(
    readonly path: Digest,
    readonly value: Uint8Array,
  ) {
    super();
    leafBytes.write(digestOf(leafPreimage(path, value)), "latin1");
    readWords(this, leafWords, 0);
  }
}

/** Its hash is set once, by the update that made it. */
class Branch extends Hashed {
  constructor(
    readonly left: Node | null,
    readonly right: Node | null,
  ) {
    super();
  }
}

type Node = Leaf | Branch;

/** One update under way: its changes, sorted, and the branches that it made, by depth. */
class TrieUpdate {
  readonly #changes: readonly TrieChange[];
  readonly #made: Branch[][] = [];

  constructor(changes: readonly TrieChange[]) {
    this.#changes = [...changes].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  on(top: Node | null): Node | null {
    const updated = this.#updated(top, 0, this.#changes.length, 0);
    hashBranches(this.#made);
    return updated;
  }

  /** `node` with the changes from `from` up to `to`, which all belong below it. */
  #updated(node: Node | null, from: number, to: number, depth: number): Node | null {
    if (from === to) return node;
    if (to - from === 1 && !(node instanceof Branch)) {
      const { path, value } = this.#changes[from]!;
      if (node === null || node.path === path) return value === null ? null : new Leaf(path, value);
      if (value === null) return node;
    }
    const middle = this.#firstOnTheRight(from, to, depth);
    const left = this.#updated(childOf(node, 0, depth), from, middle, depth + 1);
    const right = this.#updated(childOf(node, 1, depth), middle, to, depth + 1);
    return this.#joined(left, right, depth);
  }

  #joined(left: Node | null, right: Node | null, depth: number): Node | null {
    if (left === null && !(right instanceof Branch)) return right;
    if (right === null && !(left instanceof Branch)) return left;
    const branch = new Branch(left, right);
    (this.#made[depth] ??= []).push(branch);
    return branch;
  }

  #firstOnTheRight(from: number, to: number, depth: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bitAt(this.#changes[middle]!.path, depth) === 1) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** A leaf stands for the branch that it would be in, had it company. */
function childOf(node: Node | null, side: 0 | 1, depth: number): Node | null {
  if (node instanceof Branch) return side === 0 ? node.left : node.right;
  return node !== null && bitAt(node.path, depth) === side ? node : null;
}

/** Hashes new branches level by level, deepest first: one native call each, 20 times cheaper than one per branch. */
function hashBranches(made: readonly (readonly Branch[] | undefined)[]): void {
  for (let depth = made.length - 1; depth >= 0; depth--) {
    const branches = made[depth] ?? [];
    if (branches.length === 0) continue;
    const input = new Int32Array(branches.length * 2 * HASH_WORDS);
    const output = new Int32Array(branches.length * HASH_WORDS);
    branches.forEach(({ left, right }, i) => {
      writeWords(left, input, i * 2 * HASH_WORDS);
      writeWords(right, input, (i * 2 + 1) * HASH_WORDS);
    });
    hashInto(new Uint8Array(input.buffer), new Uint8Array(output.buffer));
    branches.forEach((branch, i) => readWords(branch, output, i * HASH_WORDS));
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

function bitAt(path: Digest, depth: number): number {
  return (path.charCodeAt(depth >>> 3) >>> (7 - (depth & 7))) & 1;
}
