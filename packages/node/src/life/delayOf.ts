import type { BlockDelay, BlockStage, DelayReason } from "@sealwright/api";
import type { BlockHeader, UnixMs } from "@sealwright/types";
import type { HoldReason, TracedBlock } from "./blockTrace.js";
import { AWAY_MS } from "./presence.js";

export const HOLD_REASONS = {
  majorityMissing: "heldForMajority",
  quorumMissing: "heldForQuorum",
} as const satisfies Record<HoldReason, DelayReason>;

/** What a block's time is compared with. */
export type ParentTime = Pick<BlockHeader, "height" | "term" | "timeMs">;

export interface DelayMeasure {
  /** How often an idle thread seals: what a step may take is counted in this. */
  readonly tickMs: number;
  /** Since when this keeper runs without a break. */
  readonly sinceMs: UnixMs;
}

/**
 * Whether a block took longer than it may, and in which step most: pure, from what one keeper saw. Of a block that this
 * keeper met too late, or in parts, only what the chain itself says counts: when its producer began it.
 * @param parent the block below it, if this keeper has it
 * @returns null: in time, as far as it got
 */
export function delayOf(block: TracedBlock, parent: ParentTime | null, measure: DelayMeasure): BlockDelay | null {
  for (const end of ["invalid", "abandoned"] as const) if (block.times.has(end)) return { reason: end, lateMs: 0 };
  const isAway = wasAway(block, measure.sinceMs);
  const begun = begunStep(block, parent, measure.tickMs);
  const worst = worstOf(isAway ? [begun] : [begun, ...stepsOf(block, measure.tickMs)]);
  return worst ?? (isAway ? { reason: "noRecord", lateMs: 0 } : null);
}

/**
 * Whether this keeper's own record of the block has a hole that says nothing of the network: it met the block when it
 * was old, was stopped between two steps, or, before that, saw nothing for long, which may have been another stop. A
 * long step that it waited through awake is no hole: then the network was slow.
 */
export function wasAway({ times, timeMs }: TracedBlock, sinceMs: UnixMs): boolean {
  const seen = [...times.values()].sort((a, b) => a - b);
  const [first] = seen;
  if (first === undefined) return true;
  if (!isOwn(times) && first - timeMs > AWAY_MS) return true;
  const steps = isOwn(times) ? seen : [timeMs, ...seen];
  return steps.slice(1).some((to, i) => {
    const from = steps[i]!;
    return from < sinceMs && (to >= sinceMs || to - from > AWAY_MS);
  });
}

function isOwn(times: TracedBlock["times"]): boolean {
  return times.has("sealed") || times.has("sent");
}

interface TimedStep {
  readonly reason: DelayReason;
  readonly tookMs: number;
  readonly mayTakeMs: number;
}

function worstOf(steps: readonly TimedStep[]): BlockDelay | null {
  let worst: BlockDelay | null = null;
  for (const { reason, tookMs, mayTakeMs } of steps) {
    const lateMs = tookMs - mayTakeMs;
    if (lateMs > (worst?.lateMs ?? 0)) worst = { reason, lateMs: Math.round(lateMs) };
  }
  return worst;
}

/** A genesis block's time is that of the network's document: the first block above it may come at any time. */
function begunStep({ block, timeMs }: TracedBlock, parent: ParentTime | null, tickMs: number): TimedStep {
  return {
    reason: parent !== null && block.term > parent.term ? "producerReplaced" : "producerLate",
    tookMs: parent === null || parent.height === 0n ? 0 : timeMs - parent.timeMs,
    mayTakeMs: 2 * tickMs,
  };
}

function stepsOf(block: TracedBlock, tickMs: number): TimedStep[] {
  const step = (reason: DelayReason, from: number | undefined, to: number | undefined, ticks: number): TimedStep => ({
    reason,
    tookMs: from === undefined || to === undefined ? 0 : to - from,
    mayTakeMs: ticks * tickMs,
  });
  const at = (stage: BlockStage): number | undefined => block.times.get(stage);
  return [
    step("buildSlow", at("buildStarted"), at("built"), 1),
    step(block.held === null ? "producerLate" : HOLD_REASONS[block.held], at("built"), at("sealed"), 1.5),
    step("diskSlow", at("sealed"), at("recorded"), 0.5),
    step(block.signerFailed ? "signerFailed" : "signerSlow", at("recorded"), at("signed"), 0.5),
    // Of the four steps before, a store keeps only the end.
    ...(block.times.has("sealed") ? [] : [step("producerLate", block.timeMs, at("sent"), 3.5)]),
    step("propagationSlow", block.timeMs, at("received"), 3),
    step("executionSlow", at("received"), at("applied"), 1),
    step("attestationsLate", at("sent") ?? at("applied"), at("certified"), 1),
    step("carriedLate", at("certified"), at("prefinal"), 2),
    step("secondQuorumLate", at("prefinal"), at("final"), 2),
  ];
}
