import type { BlockEventJson } from "@sealwright/api/client";
import type { Output } from "./output.js";

const REDRAW_MS_MIN = 50;

/**
 * Blocks on a terminal: those with messages scroll by and stay, below them one line per thread shows its newest block.
 * Elsewhere every block is a line.
 */
export class LiveRows {
  readonly #newest = new Map<number, string>();
  #drawn = 0;
  #drawnAtMs = 0;

  constructor(private readonly out: Output) {}

  show(thread: number, line: string, event: BlockEventJson): void {
    if (!this.out.isLive) return this.out.text(line);
    this.#newest.set(thread, line);
    const isKept = event.messages.length > 0;
    const now = performance.now();
    if (!isKept && now - this.#drawnAtMs < REDRAW_MS_MIN && this.#drawn === this.#newest.size) return;
    this.#drawnAtMs = now;
    this.#draw(isKept ? line : null);
  }

  /** What is no block, and stays. */
  note(line: string): void {
    if (this.out.isLive) this.#draw(line);
    else this.out.text(line);
  }

  #draw(kept: string | null): void {
    const rows = [...this.#newest].sort(([a], [b]) => a - b).map(([, row]) => row);
    const up = this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A`;
    const lines = kept === null ? rows : [kept, ...rows];
    this.out.raw(up + lines.map((line) => `\u001b[2K${line}\n`).join(""));
    this.#drawn = rows.length;
  }
}
