/**
 * How much of its slot a block may spend on executing messages. The rest goes to sealing, whose cost only experience
 * tells: after every block the budget is corrected, so that block after block is out within its slot.
 */
export interface BuildBudget {
  /** Added to the slot; never above 0. */
  readonly correctionMs: number;
  /** What recording and signing the last block took. */
  readonly sealingMs: number;
  /** When sealing the block under way began, monotonic; null when none is. */
  readonly sealingSinceMs: number | null;
}

export const FIRST_BUDGET: BuildBudget = { correctionMs: -50, sealingMs: 0, sealingSinceMs: null };

const DOWN_MS_MIN = 10;
const UP_MS_MIN = 5;
/** A block that was out this much before the end of its slot leaves room for more. */
const SLACK_MS = 20;
/** Of the room that is left, so much is given back with each block. */
const UP_SHARE = 0.25;
/** A tenth of the slot always goes to messages, however long sealing takes. */
const KEPT_SHARE = 0.1;

/** Wall-clock milliseconds for the messages of the next block. */
export function budgetMsOf({ correctionMs }: BuildBudget, slotMs: number): number {
  return slotMs + Math.max(correctionMs, lowestMs(slotMs));
}

/**
 * Takes back at once what a block was late by: work that comes in a burst makes one block late, not ten. Gives in parts,
 * because the next block may cost more.
 * @param built how long building took, and whether messages were left over: a block that ended for want of them says
 * nothing of what one that is full of them would take
 */
export function correctBudget(
  budget: BuildBudget,
  built: { readonly tookMs: number; readonly leftMessages: boolean },
  slotMs: number,
): BuildBudget {
  const tookMs = built.tookMs + budget.sealingMs;
  const changed = budget.correctionMs + stepMs(slotMs - tookMs, built.leftMessages);
  return { ...budget, correctionMs: Math.min(0, Math.max(lowestMs(slotMs), changed)) };
}

function stepMs(leftMs: number, leftMessages: boolean): number {
  if (leftMs < 0) return Math.min(leftMs, -DOWN_MS_MIN);
  const roomMs = leftMs - SLACK_MS;
  return leftMessages && roomMs > 0 ? Math.max(UP_MS_MIN, roomMs * UP_SHARE) : 0;
}

export function sealingBegan(budget: BuildBudget, atMs: number): BuildBudget {
  return { ...budget, sealingSinceMs: atMs };
}

export function sealingEnded(budget: BuildBudget, atMs: number): BuildBudget {
  const { sealingSinceMs, sealingMs } = budget;
  return { ...budget, sealingMs: sealingSinceMs === null ? sealingMs : atMs - sealingSinceMs, sealingSinceMs: null };
}

function lowestMs(slotMs: number): number {
  return -(1 - KEPT_SHARE) * slotMs;
}
