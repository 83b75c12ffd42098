import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BuildBudget, budgetMsOf, correctBudget, FIRST_BUDGET } from "./buildBudget.js";

const SLOT_MS = 330;

/** Blocks of a builder that always uses its whole budget and something on top, and of a sealer. */
function after(blocks: number, costs: { readonly overrunMs: number; readonly sealingMs: number }): BuildBudget {
  let budget: BuildBudget = { ...FIRST_BUDGET, sealingMs: costs.sealingMs };
  for (let i = 0; i < blocks; i++) {
    const tookMs = budgetMsOf(budget, SLOT_MS) + costs.overrunMs;
    budget = correctBudget(budget, { tookMs, leftMessages: true }, SLOT_MS);
  }
  return budget;
}

describe("the time that a block has for messages", () => {
  it("settles where building and sealing together end within the slot, whatever they cost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 140 }), fc.integer({ min: 0, max: 140 }), (overrunMs, sealingMs) => {
        for (const blocks of [60, 61, 62, 63]) {
          const wholeMs = budgetMsOf(after(blocks, { overrunMs, sealingMs }), SLOT_MS) + overrunMs + sealingMs;
          expect(wholeMs).toBeLessThanOrEqual(SLOT_MS + 5);
          expect(wholeMs).toBeGreaterThanOrEqual(SLOT_MS - 25);
        }
      }),
    );
  });

  it("is right again after one late block and a few early ones, however much was in the way", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (lateMs) => {
        const late = correctBudget(
          { ...FIRST_BUDGET, correctionMs: 0 },
          { tookMs: SLOT_MS + lateMs, leftMessages: true },
          SLOT_MS,
        );
        expect(budgetMsOf(late, SLOT_MS) + lateMs).toBeLessThanOrEqual(Math.max(SLOT_MS, SLOT_MS * 0.1 + lateMs));
        let budget = late;
        for (let i = 0; i < 16; i++)
          budget = correctBudget(budget, { tookMs: budgetMsOf(budget, SLOT_MS), leftMessages: true }, SLOT_MS);
        expect(budgetMsOf(budget, SLOT_MS)).toBeGreaterThanOrEqual(SLOT_MS - 25);
      }),
    );
  });

  it("is a tenth of the slot at least and the whole slot at most", () => {
    expect(budgetMsOf(after(200, { overrunMs: 1_000, sealingMs: 0 }), SLOT_MS)).toBeCloseTo(33);
    expect(budgetMsOf(after(200, { overrunMs: -100, sealingMs: 0 }), SLOT_MS)).toBe(SLOT_MS);
  });

  it("does not grow over blocks that end for want of messages", () => {
    const short = { tookMs: 1, leftMessages: false };
    expect(correctBudget(FIRST_BUDGET, short, SLOT_MS)).toEqual(FIRST_BUDGET);
  });
});
