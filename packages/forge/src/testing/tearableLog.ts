import { encodeFrame, encodeHeader, type LogEntry } from "../watermarks/file/logFormat.js";
import { SECTOR_BYTES } from "../watermarks/file/sectors.js";

/** No disk tears a sector: a commit must be longer than one to be torn. */
const COMMIT_BYTES_MIN = 2 * SECTOR_BYTES;
/** Zeros behind the last commit, as a log has that still has room. */
const ROOM_BYTES = 4 * SECTOR_BYTES;

/** A watermark log on a simulated disk: what is whole on it, and what is being written. */
export class TearableLog {
  readonly #whole: Uint8Array[] = [];
  #torn: Uint8Array | null = null;
  #underWay: Uint8Array | null = null;

  /**
   * A write begins. `seq` and `entries` make the commit, in which the entries stand several times when they are few:
   * that says nothing else, and makes it long enough to be torn.
   */
  begin(seq: bigint, entries: readonly LogEntry[]): void {
    let repeated = entries;
    let { bytes } = encodeFrame(seq, repeated);
    const records = entries.filter(({ type }) => type === "record");
    while (bytes.length < COMMIT_BYTES_MIN && records.length > 0) {
      repeated = [...repeated, ...records];
      ({ bytes } = encodeFrame(seq, repeated));
    }
    this.#underWay = bytes;
  }

  /** The write that has begun is durable. */
  finish(): void {
    if (this.#underWay !== null) this.#whole.push(this.#underWay);
    this.#underWay = null;
  }

  /**
   * The power goes. Of what is being written each sector is on the disk or is not.
   * @param reaches asked for every sector of it
   */
  powerCut(reaches: () => boolean): void {
    if (this.#underWay === null) return;
    const left = this.#underWay.slice();
    let isWhole = true;
    for (let at = 0; at < left.length; at += SECTOR_BYTES) {
      if (reaches()) continue;
      left.fill(0, at, at + SECTOR_BYTES);
      isWhole = false;
    }
    if (isWhole) this.#whole.push(left);
    else this.#torn = left;
    this.#underWay = null;
  }

  /** What a start finds torn is no longer there. */
  cut(): void {
    this.#torn = null;
  }

  /** The file as a start reads it. */
  read(): Buffer {
    const body = [...this.#whole, ...(this.#torn === null ? [] : [this.#torn]), new Uint8Array(ROOM_BYTES)];
    const sizeBytes = body.reduce((sum, { length }) => sum + length, SECTOR_BYTES);
    return Buffer.concat([encodeHeader(sizeBytes), ...body], sizeBytes);
  }
}
