/** A line of this length never counts as long: a burst may fill it at once. */
const SHORT_LINE = 500;
/** So long a line must have been long, before what left it says how fast it moves. */
const WATCHED_MS = 2_000;
const BUCKET_MS = 1_000;
/** The best second of so many counts: finality comes in bursts, and a producer that is replaced stops all for a while. */
const BUCKETS = 30;

/**
 * The unsettled messages that this node took from clients for one thread, and how fast blocks take them. More than the
 * thread gets through in time would only expire, so whoever takes messages in asks here first (M3).
 */
export class MessageLine {
  #length = 0;
  #longSinceMs: number | null = null;
  /** Messages that blocks took, by second; at the second's number modulo the list's length. */
  readonly #settled = Array.from({ length: BUCKETS }, () => ({ second: -1, count: 0 }));

  get length(): number {
    return this.#length;
  }

  join(nowMs: number): void {
    this.#length++;
    if (this.#length >= SHORT_LINE) this.#longSinceMs ??= nowMs;
  }

  /** A final block holds one of them. */
  settle(nowMs: number): void {
    const second = Math.floor(nowMs / BUCKET_MS);
    const bucket = this.#settled[second % BUCKETS]!;
    if (bucket.second !== second) Object.assign(bucket, { second, count: 0 });
    bucket.count++;
    this.leave();
  }

  /** One of them left without a block, because its time was over. */
  leave(): void {
    this.#length--;
    if (this.#length < SHORT_LINE) this.#longSinceMs = null;
  }

  /** What each place in the line costs who joins now; 0 while the line is short, or its pace is not known yet. */
  msPerMessage(nowMs: number): number {
    if (this.#longSinceMs === null || nowMs - this.#longSinceMs < WATCHED_MS) return 0;
    return BUCKET_MS / this.#bestSecond(nowMs);
  }

  /** @returns 0 when nothing was settled for long: then the wait has no end that anybody knows */
  #bestSecond(nowMs: number): number {
    const oldest = Math.floor(nowMs / BUCKET_MS) - BUCKETS + 1;
    return this.#settled.reduce((best, { second, count }) => (second >= oldest ? Math.max(best, count) : best), 0);
  }
}
