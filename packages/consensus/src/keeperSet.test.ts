import { type KeeperId, limits, type SignerIndex } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeeperSet } from "./keeperSet.js";
import { compareRank, type Rank } from "./rank.js";
import { countSigners, EMPTY_MASK, maskOf } from "./signerMask.js";
import { unsignedKeeper } from "./testing/index.js";

const members = Array.from({ length: 7 }, (_, i) => unsignedKeeper(i));
const created = KeeperSet.create(members);
if (!created.ok) throw new Error("the set is fine");
const set = created.value;

describe("KeeperSet", () => {
  it("[§2] is sorted bytewise by keeper id, whatever order the members come in", () => {
    const ids = set.members.map((member) => member.id);
    expect(ids).toEqual([...ids].sort());
    const reversed = KeeperSet.create([...members].reverse());
    expect(reversed.ok && reversed.value.members).toEqual(set.members);
    expect(ids.map((id) => set.indexOf(id))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(set.indexOf("00".repeat(32) as KeeperId)).toBeNull();
  });

  it("[§1] knows its numbers", () => {
    expect([set.size, set.faultTolerance, set.quorum, set.majority]).toEqual([7, 2, 5, 4]);
  });

  it("[I12] has no member at an index beyond its end, below 0, or between two", () => {
    for (const index of [7, -1, 0.5, Number.NaN, 0xffff]) {
      expect(set.has(index as SignerIndex)).toBe(false);
      expect(() => set.at(index as SignerIndex)).toThrow("no keeper at index");
    }
    expect(set.has(6 as SignerIndex)).toBe(true);
  });

  it.each([
    ["all of them", [0, 1, 2, 3, 4, 5, 6], true],
    ["nobody", [], true],
    ["one twice", [1, 1], false],
    ["one twice, apart", [1, 2, 1], false],
    ["out of order", [2, 1], false],
    ["a stranger", [1, 7], false],
    ["a negative index", [-1, 1], false],
  ])("[§3] counts %s as distinct: %s", (_case, signers, expected) => {
    expect(set.areDistinct(signers as SignerIndex[])).toBe(expected);
  });

  it("refuses no members, too many, one key twice and one id twice", () => {
    expect(KeeperSet.create([])).toEqual({ ok: false, error: { code: "emptySet" } });
    const count = limits.KEEPERS_MAX + 1;
    const crowd = Array.from({ length: count }, () => members[0]!);
    expect(KeeperSet.create(crowd)).toEqual({ ok: false, error: { code: "setTooLarge", count } });
    const [a, b] = [members[0]!, members[1]!];
    const duplicate = { ok: false, error: { code: "duplicateKey", keeper: a.id } };
    expect(KeeperSet.create([a, b, a])).toEqual(duplicate);
    expect(KeeperSet.create([a, { ...b, id: a.id }])).toEqual(duplicate);
  });
});

describe("signer masks", () => {
  it("count every signer once, up to the largest set", () => {
    const all = Array.from({ length: limits.KEEPERS_MAX }, (_, i) => i as SignerIndex);
    expect(countSigners(EMPTY_MASK)).toBe(0);
    expect(countSigners(maskOf(all))).toBe(limits.KEEPERS_MAX);
    expect(countSigners(maskOf([3, 3, 900] as SignerIndex[]))).toBe(2);
    expect(maskOf([0, 2] as SignerIndex[]) | maskOf([2, 3] as SignerIndex[])).toBe(0b1101n);
  });
});

describe("rank", () => {
  it("[§2] orders by term, then by height, as 64-bit numbers", () => {
    const ranks = [
      [0, 0],
      [0, 1],
      [0, 2n ** 64n - 1n],
      [1, 0],
      [1, 1],
      [2n ** 63n, 0],
    ] as const;
    const typed = ranks.map(([term, height]) => ({ term: BigInt(term), height: BigInt(height) }) as Rank);
    for (const [i, a] of typed.entries()) {
      for (const [j, b] of typed.entries()) expect(Math.sign(compareRank(a, b))).toBe(Math.sign(i - j));
    }
  });
});
