import type { Clock, KeeperId } from "@sealwright/types";
import { PENALTY_POINTS, SCORE_MAX, type Penalty } from "./penalty.js";

/** How long a peer pays for what it did. */
export interface ScoreLimits {
  /** Half of what is missing to a full score comes back in this time. */
  readonly recoveryHalfLifeMs: number;
  /** Of the first ban; each further one doubles. */
  readonly banMs: number;
  readonly banMsMax: number;
  /** After this long without a ban, the next one starts from `banMs` again. */
  readonly banMemoryMs: number;
}

/** Bans from ten seconds to an hour; half a deficit is forgiven in a minute. */
export const DEFAULT_SCORE_LIMITS: ScoreLimits = {
  recoveryHalfLifeMs: 60_000,
  banMs: 10_000,
  banMsMax: 3_600_000,
  banMemoryMs: 6 * 3_600_000,
};

/** A deficit below this is forgotten, so that a score comes back to exactly `SCORE_MAX`. */
const DEFICIT_FORGOTTEN = 0.01;
/** What a peer starts with after a ban: two `serious` penalties ban it again. */
const SCORE_AFTER_BAN = 50;

interface Standing {
  score: number;
  /** Monotonic time at which `score` was right. */
  atMs: number;
  bans: number;
  bannedUntilMs: number;
}

/** The scores of all peers of one transport. Unknown peers are good; only penalized ones take memory. */
export class PeerScores {
  readonly #records = new Map<KeeperId, Standing>();

  constructor(
    readonly limits: ScoreLimits,
    readonly clock: Clock,
  ) {}

  score(peer: KeeperId): number {
    const record = this.#records.get(peer);
    if (record === undefined) return SCORE_MAX;
    return this.isBanned(peer) ? 0 : this.#recovered(record);
  }

  isBanned(peer: KeeperId): boolean {
    return this.banLeftMs(peer) > 0;
  }

  /** @returns 0 when not banned */
  banLeftMs(peer: KeeperId): number {
    const record = this.#records.get(peer);
    return record === undefined ? 0 : Math.max(0, record.bannedUntilMs - this.clock.monotonicMs());
  }

  /** @returns `banned` when this very penalty reached the floor */
  penalize(peer: KeeperId, penalty: Penalty): "kept" | "banned" {
    const points = PENALTY_POINTS[penalty];
    if (points === 0 || this.isBanned(peer)) return "kept";
    const nowMs = this.clock.monotonicMs();
    const known = this.#records.get(peer);
    const record = known ?? { score: SCORE_MAX, atMs: nowMs, bans: 0, bannedUntilMs: -Infinity };
    record.score = this.#recovered(record) - points;
    record.atMs = nowMs;
    this.#records.set(peer, record);
    if (record.score > 0) return "kept";
    this.#ban(record, nowMs);
    return "banned";
  }

  #ban(record: Standing, nowMs: number): void {
    if (nowMs - record.bannedUntilMs > this.limits.banMemoryMs) record.bans = 0;
    // 2 ** 30 is far over every sensible maximum, and the exponent must not overflow to Infinity times 0.
    const banMs = Math.min(this.limits.banMs * 2 ** Math.min(record.bans, 30), this.limits.banMsMax);
    record.bans += 1;
    record.bannedUntilMs = nowMs + banMs;
    record.score = SCORE_AFTER_BAN;
    record.atMs = record.bannedUntilMs;
  }

  #recovered(record: Standing): number {
    const elapsedMs = Math.max(0, this.clock.monotonicMs() - record.atMs);
    const deficit = (SCORE_MAX - record.score) * 0.5 ** (elapsedMs / this.limits.recoveryHalfLifeMs);
    return deficit < DEFICIT_FORGOTTEN ? SCORE_MAX : SCORE_MAX - deficit;
  }
}
