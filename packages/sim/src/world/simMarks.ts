import type {
  Authorized,
  Claim,
  GuardError,
  MarkRecord,
  Marks,
  MarkScope,
  StoreFailure,
  WatermarkStore,
} from "@sealwright/forge";
import { MemoryWatermarkStore } from "@sealwright/forge/testing";
import type { Result } from "@sealwright/types";

/** One entry of the simulated log of watermarks. */
type Entry =
  | { readonly type: "claim"; readonly claim: Claim }
  | { readonly type: "raise"; readonly scope: MarkScope; readonly records: readonly MarkRecord[] };

/** What of a keeper's watermarks survives its crashes. */
export class MarksOnDisk {
  readonly entries: Entry[] = [];
}

/**
 * Watermarks of one life of a node: decided in memory, answered when the log has them, as the real file does it. After
 * a crash only what reached the log is known.
 */
export class SimMarks implements WatermarkStore {
  readonly #memory = new MemoryWatermarkStore();
  readonly #disk: MarksOnDisk;
  readonly #write: () => Promise<void> | void;
  #writing: Promise<void> = Promise.resolve();

  /** @param write one synced write; resolves when it is done, never after a crash */
  private constructor(disk: MarksOnDisk, write: () => Promise<void> | void) {
    this.#disk = disk;
    this.#write = write;
  }

  static async open(disk: MarksOnDisk, write: () => Promise<void> | void): Promise<SimMarks> {
    const marks = new SimMarks(disk, write);
    for (const entry of disk.entries) {
      if (entry.type === "claim") await marks.#memory.guard(entry.claim);
      else await marks.#memory.raise(entry.scope, entry.records);
    }
    return marks;
  }

  async guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    const decision = await this.#memory.guard(claim);
    if (!decision.ok) return decision;
    await this.#append({ type: "claim", claim });
    return decision;
  }

  remember(claim: Claim, signature: Uint8Array): void {
    this.#memory.remember(claim, signature);
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return this.#memory.marksOf(scope);
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return this.#memory.scopes();
  }

  async raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    const raised = await this.#memory.raise(scope, records);
    await this.#append({ type: "raise", scope, records });
    return raised;
  }

  health(): { readonly ok: true } {
    return { ok: true };
  }

  close(): Promise<void> {
    return this.#memory.close();
  }

  /** One write after the other, as in a log. */
  async #append(entry: Entry): Promise<void> {
    const written = this.#writing.then(async () => {
      await this.#write();
      this.#disk.entries.push(entry);
    });
    this.#writing = written;
    await written;
  }
}
