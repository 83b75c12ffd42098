import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "./bytes.js";
import { sha256, ZERO_HASH } from "./hash.js";
import {
  hashNode,
  type InclusionProof,
  merkleLeaf,
  merkleProof,
  merkleRoot,
  treeDepth,
  verifyInclusion,
} from "./merkle.js";

/** The definition, word by word, without batches. */
function naiveRoot(items: readonly Uint8Array[]): Uint8Array {
  let level: Uint8Array[] = items.map((item) => sha256(concatBytes(Uint8Array.of(0), item)));
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2)
      next.push(sha256(concatBytes(level[i]!, level[i + 1] ?? new Uint8Array(32))));
    level = next;
  }
  const count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, BigInt(items.length));
  return sha256(concatBytes(level[0] ?? new Uint8Array(32), count));
}

const numbered = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(i >> 8, i & 255));
const someItems = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 40 });

describe("merkleRoot", () => {
  it("equals the plain definition for every count up to 70 and for random items", () => {
    for (let count = 0; count <= 70; count++) expect(merkleRoot(numbered(count))).toEqual(naiveRoot(numbered(count)));
    fc.assert(
      fc.property(someItems, (items) => {
        expect(merkleRoot(items)).toEqual(naiveRoot(items));
      }),
    );
  });

  it("keeps its frozen values", () => {
    expect([0, 1, 2, 3, 15].map((count) => toHex(merkleRoot(numbered(count))))).toEqual(FROZEN_ROOTS);
  });

  it("tells a list from the same list with another length of padding", () => {
    const roots = new Set<string>();
    for (let count = 0; count <= 64; count++)
      roots.add(toHex(merkleRoot(Array.from({ length: count }, () => new Uint8Array()))));
    expect(roots.size).toBe(65);
  });

  it("changes with every item, and with their order", () => {
    fc.assert(
      fc.property(someItems, fc.nat(), (items, pick) => {
        const at = pick % items.length;
        const changed = items.map((item, i) => (i === at ? concatBytes(item, Uint8Array.of(1)) : item));
        expect(merkleRoot(changed)).not.toEqual(merkleRoot(items));
      }),
    );
    expect(merkleRoot(numbered(4).reverse())).not.toEqual(merkleRoot(numbered(4)));
  });
});

describe("inclusion proofs", () => {
  it("verify for every item of every list up to 40, and have the length of the tree", () => {
    for (let count = 1; count <= 40; count++) {
      const items = numbered(count);
      const root = merkleRoot(items);
      for (let i = 0; i < count; i++) {
        const proof = merkleProof(items, i);
        expect(proof.siblings).toHaveLength(treeDepth(count));
        expect(verifyInclusion(root, items[i]!, proof)).toBe(true);
      }
    }
  });

  it("fail for another item, index, count, sibling or length of path", () => {
    fc.assert(
      fc.property(someItems, fc.nat(), fc.nat(), (items, pick, other) => {
        const index = pick % items.length;
        const root = merkleRoot(items);
        const proof = merkleProof(items, index);
        const item = items[index]!;
        const fails = (changed: Partial<InclusionProof>, of: Uint8Array = item): void => {
          expect(verifyInclusion(root, of, { ...proof, ...changed })).toBe(false);
        };
        fails({}, concatBytes(item, Uint8Array.of(0)));
        fails({ count: items.length + 1 });
        fails({ count: items.length + 1 + (other % 1_000) });
        if (items.length > 1) fails({ count: items.length - 1 });
        fails({ siblings: [...proof.siblings, ZERO_HASH] });
        if (proof.siblings.length === 0) return;
        fails({ siblings: proof.siblings.slice(1) });
        const at = other % proof.siblings.length;
        const flipped = proof.siblings.map((sibling, i) =>
          i === at ? sibling.map((byte, j) => (j === other % 32 ? byte ^ 1 : byte)) : sibling,
        );
        fails({ siblings: flipped });
        fails({ siblings: proof.siblings.map((sibling, i) => (i === at ? sibling.subarray(1) : sibling)) });
      }),
    );
  });

  it("of distinct items fail at any other index", () => {
    const items = numbered(13);
    const root = merkleRoot(items);
    for (let i = 0; i < 13; i++) {
      for (let j = 0; j < 16; j++) {
        expect(verifyInclusion(root, items[i]!, { ...merkleProof(items, i), index: j })).toBe(i === j);
      }
    }
  });

  it("never take an inner node for an item, not even one hashed like a leaf of 63 bytes", () => {
    // Grind two items whose first leaf begins with the leaf prefix: their node is then merkleLeaf of 63 chosen bytes.
    const first = numbered(2_000).find((item) => merkleLeaf(item)[0] === 0)!;
    const items: Uint8Array[] = [first, Uint8Array.of(7), Uint8Array.of(8), Uint8Array.of(9)];
    const posing = concatBytes(merkleLeaf(first).subarray(1), merkleLeaf(items[1]!));
    expect(merkleLeaf(posing)).toEqual(hashNode(merkleLeaf(first), merkleLeaf(items[1]!)));
    const sibling = hashNode(merkleLeaf(items[2]!), merkleLeaf(items[3]!));
    for (const count of [2, 3, 4]) {
      expect(verifyInclusion(merkleRoot(items), posing, { index: 0, count, siblings: [sibling] })).toBe(false);
    }
  });

  it.each([Infinity, Number.NaN, 2.5, -1, 0, 2 ** 53, 2 ** 60])(
    "[I12] with a count of %s are refused, and end",
    (count) => {
      const proof = merkleProof(numbered(3), 1);
      expect(verifyInclusion(merkleRoot(numbered(3)), numbered(3)[1]!, { ...proof, count })).toBe(false);
    },
  );

  it.each([-1, 0.5, Number.NaN, Infinity])("[I12] with an index of %s are refused", (index) => {
    const proof = merkleProof(numbered(3), 1);
    expect(verifyInclusion(merkleRoot(numbered(3)), numbered(3)[1]!, { ...proof, index })).toBe(false);
  });

  it("are made only for items that the list has", () => {
    for (const index of [-1, 3, 0.5]) expect(() => merkleProof(numbered(3), index)).toThrow("outside the list");
  });
});

/** Computed apart, with another language's SHA-256. */
const FROZEN_ROOTS = [
  "2c34ce1df23b838c5abf2a7f6437cca3d3067ed509ff25f11df6b11b582b51eb",
  "8c9bfb9b555ae794fb29773752d9a5abde9d0e7a5ecf4b052e8e42cc8055cbb7",
  "4fcacc2320df9fc0d7e6b53c2722341503c64c90b3c2db08361c47dc45c263e5",
  "12522701da4cba801675e84b8ea36d0f606a61be881b67354f521261c1db4d22",
  "fb656c161af4dfc7e66e00577cbf59b4a077c0ea816224e5e3597e8995dc6a2e",
];
