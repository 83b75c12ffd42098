import type { BlockDelay, BlockStage, DelayReason } from "@sealwright/api";
import type { HoldReason, TracedBlock } from "./blockTrace.js";

const HOLD_REASONS = {
  majorityMissing: "heldForMajority",
  quorumMissing: "heldForQuorum",
} as const satisfies Record<HoldReason, DelayReason>;

/** A block that is this old when a keeper first meets it was made while that keeper was away. */
const AWAY_MS = 5_000;

/**
 * Whether a block took longer than it may, and in which step most: pure, from what one keeper saw. What a step may take
 * is counted in ticks of an idle thread.
 * @param parent the block below it, if this keeper saw it
 * @param tickMs how often an idle thread seals
 * @returns null: in time, as far as it got
 */
export function delayOf(block: TracedBlock, parent: TracedBlock | null, tickMs: number): BlockDelay | null {
  for (const end of ["invalid", "abandoned"] as const) if (block.times.has(end)) return { reason: end, lateMs: 0 };
  if (wasAway(block)) return { reason: "noRecord", lateMs: 0 };
  let worst: BlockDelay | null = null;
  for (const { reason, tookMs, mayTakeMs } of stepsOf(block, parent, tickMs)) {
    const lateMs = tookMs - mayTakeMs;
    if (lateMs > (worst?.lateMs ?? 0)) worst = { reason, lateMs: Math.round(lateMs) };
  }
  return worst;
}

interface TimedStep {
  readonly reason: DelayReason;
  readonly tookMs: number;
  readonly mayTakeMs: number;
}

function stepsOf(block: TracedBlock, parent: TracedBlock | null, tickMs: number): TimedStep[] {
  const begun: TimedStep = {
    reason: parent !== null && block.block.term > parent.block.term ? "producerReplaced" : "producerLate",
    tookMs: parent === null ? 0 : block.timeMs - parent.timeMs,
    mayTakeMs: 2 * tickMs,
  };
  const step = (reason: DelayReason, from: number | undefined, to: number | undefined, ticks: number): TimedStep => ({
    reason,
    tookMs: from === undefined || to === undefined ? 0 : to - from,
    mayTakeMs: ticks * tickMs,
  });
  const at = (stage: BlockStage): number | undefined => block.times.get(stage);
  return [
    begun,
    step("buildSlow", at("buildStarted"), at("built"), 1),
    step(block.held === null ? "producerLate" : HOLD_REASONS[block.held], at("built"), at("sealed"), 1.5),
    step("diskSlow", at("sealed"), at("recorded"), 0.5),
    step(block.signerFailed ? "signerFailed" : "signerSlow", at("recorded"), at("signed"), 0.5),
    step("propagationSlow", block.timeMs, at("received"), 3),
    step("executionSlow", at("received"), at("applied"), 1),
    step("attestationsLate", at("sent") ?? at("applied"), at("certified"), 1),
    step("carriedLate", at("certified"), at("prefinal"), 2),
    step("secondQuorumLate", at("prefinal"), at("final"), 2),
  ];
}

function wasAway({ times, timeMs }: TracedBlock): boolean {
  const first = Math.min(...times.values());
  return Number.isFinite(first) && !times.has("sealed") && first - timeMs > AWAY_MS;
}
