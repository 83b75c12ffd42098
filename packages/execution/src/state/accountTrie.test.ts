import { equalBytes, hashNode, sha256, toHex, ZERO_HASH } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AccountTrie, accountPath, rootOfProof, type TrieChange } from "./accountTrie.js";
import { type Digest, digestFromBytes } from "./digest.js";

const LEAF_TAG = Buffer.concat([sha256(Buffer.from("sealwright account leaf")), Buffer.of(0)]);

type Leaf = readonly [Digest, Uint8Array];

/** The definition, word for word: no sharing, no caching, one hash at a time. */
function naiveRoot(leaves: readonly Leaf[], depth = 0): Uint8Array {
  if (leaves.length === 0) return ZERO_HASH;
  if (leaves.length === 1)
    return sha256(Buffer.concat([LEAF_TAG, Buffer.from(leaves[0]![0], "latin1"), leaves[0]![1]]));
  const side = (path: Digest): number => (path.charCodeAt(depth >> 3) >> (7 - (depth % 8))) & 1;
  const of = (bit: number) => leaves.filter(([path]) => side(path) === bit);
  return hashNode(naiveRoot(of(0), depth + 1), naiveRoot(of(1), depth + 1));
}

/** Few bits in play, so that paths meet deep down and collapse again. */
const path = fc
  .tuple(fc.constantFrom(0, 1, 128, 255), fc.constantFrom(0, 7, 255), fc.constantFrom(0, 1, 2))
  .map(([first, second, last]) => {
    const bytes = new Uint8Array(32);
    bytes[0] = first;
    bytes[1] = second;
    bytes[31] = last;
    return digestFromBytes(bytes);
  });
const value = fc.uint8Array({ minLength: 1, maxLength: 70 });
const batch = fc.uniqueArray(fc.record({ path, value: fc.option(value) }), {
  selector: (change) => change.path,
  maxLength: 20,
});

function replay(batches: readonly (readonly TrieChange[])[]): {
  trie: AccountTrie;
  model: Map<Digest, Leaf>;
} {
  let trie = AccountTrie.empty;
  const model = new Map<Digest, Leaf>();
  for (const changes of batches) {
    trie = trie.update(changes);
    for (const change of changes) {
      if (change.value === null) model.delete(change.path);
      else model.set(change.path, [change.path, change.value]);
    }
  }
  return { trie, model };
}

function leadsTo(trie: AccountTrie, ...[at, stored, proof]: Parameters<typeof rootOfProof>): boolean {
  const root = rootOfProof(at, stored, proof);
  return root !== null && equalBytes(root, trie.root);
}

describe("account trie", () => {
  it("has the root of its definition after any sequence of batches, deletions included", () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
        const { trie, model } = replay(batches);
        expect(toHex(trie.root)).toBe(toHex(naiveRoot([...model.values()])));
      }),
    );
  });

  it("gives back what was stored, and proves it or its absence", () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 4 }), path, (batches, wanted) => {
        const { trie, model } = replay(batches);
        const stored = model.get(wanted)?.[1] ?? null;
        const proof = trie.prove(wanted);
        expect(trie.get(wanted)).toEqual(stored);
        expect(proof.value).toEqual(stored);
        expect(leadsTo(trie, wanted, stored, proof)).toBe(true);
      }),
    );
  });

  it("leads a changed proof, value or path to another root, or to none", () => {
    fc.assert(
      fc.property(batch, path, fc.nat(), (changes, wanted, pick) => {
        const { trie } = replay([changes]);
        const { value: stored, ...proof } = trie.prove(wanted);
        const wrongValue = stored === null ? Uint8Array.of(1) : null;
        expect(leadsTo(trie, wanted, wrongValue, proof)).toBe(false);
        if (stored !== null) expect(leadsTo(trie, wanted, Buffer.concat([stored, Buffer.of(0)]), proof)).toBe(false);
        if (proof.siblings.length === 0) return;
        const at = pick % proof.siblings.length;
        const siblings = proof.siblings.map((sibling, i) => (i === at ? sha256(sibling) : sibling));
        expect(leadsTo(trie, wanted, stored, { ...proof, siblings })).toBe(false);
        expect(leadsTo(trie, wanted, stored, { ...proof, siblings: proof.siblings.slice(1) })).toBe(false);
      }),
    );
  });

  it("leaves every older version as it was", () => {
    const at = (i: number): Digest => accountPath(Buffer.from(`account ${i}`));
    const versions = [AccountTrie.empty];
    for (let i = 0; i < 50; i++)
      versions.push(versions.at(-1)!.update([{ path: at(i % 30), value: Uint8Array.of(i) }]));
    versions.forEach((version, i) => {
      const expected = i === 0 ? null : Uint8Array.of(i - 1);
      expect(i === 0 ? version.get(at(0)) : version.get(at((i - 1) % 30))).toEqual(expected);
      expect(version.get(at(29)) !== null).toBe(i >= 30);
    });
  });
});
