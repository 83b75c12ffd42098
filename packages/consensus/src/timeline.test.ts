import { expect, it } from "vitest";
import { deriveFacts } from "./deriveFacts.js";
import { attest, createTestNetwork, sealTestBlock, TestChain } from "./testing/index.js";

const [A, B, C, D] = [0, 1, 2, 3] as const;

it("[§5] [F1] the worked timeline of the README goes as told", () => {
  const { rules, root } = createTestNetwork(5);
  expect([rules.keepers.faultTolerance, rules.keepers.quorum, rules.keepers.majority]).toEqual([1, 4, 3]);
  const chain = new TestChain(rules, root);
  const next = (...signers: number[]): ReturnType<typeof deriveFacts> =>
    deriveFacts(
      rules,
      chain.tip,
      sealTestBlock(rules, chain.tip, { attestations: [attest(chain.tip, signers)] }).parts,
    );
  const grow = (...signers: number[]): void => void chain.grow({ attestations: [attest(chain.tip, signers)] });

  for (let i = 0; i < 3; i++) chain.grow();
  const blockId = chain.facts[1]!.id;
  expect(next(A, B)).toEqual({ ok: false, error: { code: "majorityMissing", blockId, distance: 3, voters: 2 } });
  for (let height = 4; height <= 7; height++) grow(A, B, C);
  expect(next(A, B, C)).toEqual({ ok: false, error: { code: "quorumMissing", blockId, distance: 7 } });
  grow(A, B, C, D);
  expect(chain.tip.settledSamples).toEqual([8, 7, 6, 5, 4, 3, 2]);
  expect(chain.tip.carried).toMatchObject({ id: chain.facts[7]!.id, carrierHeight: 8n });
  grow(A, B, C, D);
  expect(chain.tip.window).toEqual([...Array<number>(8).fill(3), 8, 7, 6, 5, 4, 3, 2]);
  expect(chain.tip.beta).toBe(3);
  while (chain.tip.beta === 3) grow(A, B, C, D);
  expect(chain.tip.height).toBe(16n);
});
