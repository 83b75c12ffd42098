import type { BlockHeadlineJson } from "@sealwright/api/client";
import { type AuditedBlock, ChainAudit, type Underway } from "@sealwright/execution";
import { height, sha256Hex, type StateChange, type ThreadId, type ThreadsTable } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import { sleepMs } from "../wakefulClock.js";
import type { Checks } from "./checks.js";
import { type FinalChains, inTimeOrder } from "./finalChains.js";
import { checkGone } from "./readSealedBlock.js";

/** Where the books of a network of contracts begin. */
export interface ContractGenesis {
  readonly table: ThreadsTable;
  /** Each thread's whole state at height 0. */
  readonly entries: ReadonlyMap<ThreadId, readonly StateChange[]>;
}

export interface ContractAuditOptions {
  readonly genesis: ContractGenesis;
  /** How long what is on its way at the end may take to arrive. */
  readonly arrivalMs?: number;
}

const READS_AT_ONCE = 16;
/** Blocks in memory at a time. */
const BATCH = 64;
const ARRIVAL_MS_MAX = 10_000;
const ARRIVAL_POLL_MS = 200;

/**
 * Keeps the books of contracts a second time, from the final blocks alone: no external message executed twice (I9);
 * all accounts, queues, fees and what is on its way add up to what genesis gave after every block (I10); threads import
 * what others sent them, in order, each message once, and what was sent arrives (I11). Needs all blocks from the first on.
 * @param chains per thread
 * @param source a node that has all of them
 * @returns whether the first blocks were still there; without them only I9 is checked
 */
export async function auditContracts(
  chains: readonly (readonly BlockHeadlineJson[])[],
  checks: Checks,
  source: FinalChains,
  options: ContractAuditOptions,
): Promise<boolean> {
  const { table, entries } = options.genesis;
  const isWhole = chains.every(([first]) => first === undefined || first.height === "1");
  const audit = isWhole
    ? new ChainAudit(table, entries, (rule, holds, describe) => checks.check(rule, holds, describe))
    : null;
  const reader = new Reader(chains, checks, source, audit);
  if (!(await reader.readAll(inTimeOrder(chains)))) return false;
  if (audit === null) return false;
  const threads = table.map(({ threadId }) => threadId);
  const missing = await reader.settle(threads, options.arrivalMs ?? ARRIVAL_MS_MAX);
  checks.check("I11", missing.length === 0, () => describeMissing(missing));
  audit.close();
  return true;
}

/** Feeds an audit with final blocks, in order. */
class Reader {
  readonly #executed = new Set<string>();
  /** Per thread: the last block that was read. */
  readonly #last = new Map<string, BlockHeadlineJson>();

  constructor(
    readonly chains: readonly (readonly BlockHeadlineJson[])[],
    readonly checks: Checks,
    readonly source: FinalChains,
    readonly audit: ChainAudit | null,
  ) {}

  /** @returns whether all of them were there */
  async readAll(headlines: readonly BlockHeadlineJson[]): Promise<boolean> {
    let isWhole = true;
    for (let at = 0; at < headlines.length; at += BATCH) {
      const batch = headlines.slice(at, at + BATCH).map((headline) => ({ headline, isSame: this.#isSame(headline) }));
      const blocks = await inParallel(batch, READS_AT_ONCE, async ({ headline, isSame }) =>
        isSame ? ("unchanged" as const) : this.source.read(headline),
      );
      for (const [i, block] of blocks.entries()) {
        isWhole = this.#note(batch[i]!.headline, block) && isWhole;
        // With a gap nothing adds up.
        if (!isWhole && this.audit !== null) return false;
      }
    }
    return isWhole;
  }

  /** Whether the block left its thread's state as it was: an idle network's blocks need not be read. */
  #isSame(headline: BlockHeadlineJson): boolean {
    const before = this.#last.get(headline.threadId);
    this.#last.set(headline.threadId, headline);
    return headline.stateRoot === before?.stateRoot;
  }

  /** Goes on with blocks that came later until all that is on its way now has arrived. @returns what has not in time */
  async settle(threads: readonly ThreadId[], arrivalMs: number): Promise<readonly Underway[]> {
    const { audit } = this;
    if (audit === null) return [];
    const sent = new Set(audit.underway.map(keyOf));
    const missing = (): Underway[] => audit.underway.filter((message) => sent.has(keyOf(message)));
    for (let waitedMs = 0; waitedMs < arrivalMs; waitedMs += ARRIVAL_POLL_MS) {
      if (missing().length === 0 && audit.isSettled) break;
      await sleepMs(ARRIVAL_POLL_MS);
      const later = await inParallel(threads, threads.length, (threadId, index) =>
        this.source.after(index, BigInt(this.#last.get(threadId)?.height ?? 0)),
      );
      await this.readAll(inTimeOrder(later));
    }
    return missing();
  }

  #note(headline: BlockHeadlineJson, block: AuditedBlock | "unchanged" | null): boolean {
    const { threadId } = headline;
    if (block === "unchanged") {
      this.audit?.noteUnchanged(threadId as ThreadId, height(BigInt(headline.height)));
      return true;
    }
    if (block === null) {
      checkGone(this.chains.find(([first]) => first?.threadId === threadId) ?? [], headline, this.checks);
      return false;
    }
    for (const bytes of block.body.externals) {
      const hash = sha256Hex(bytes);
      const isNew = !this.#executed.has(hash);
      this.checks.check("I9", isNew, () => `message ${hash} executed twice, again in ${placeOf(headline)}`);
      this.#executed.add(hash);
    }
    this.audit?.noteFinal(block);
    return true;
  }
}

function keyOf({ from, to, at }: Underway): string {
  return `${from}>${to} ${at.height}/${at.position}`;
}

function describeMissing(missing: readonly Underway[]): string {
  const [first] = missing;
  if (first === undefined) return "";
  const { from, to, at, hash } = first;
  return `${missing.length} messages never arrived, first ${hash}, which left thread ${from} for ${to} at ${at.height}/${at.position}`;
}

function placeOf({ threadId, height: at }: BlockHeadlineJson): string {
  return `thread ${threadId.slice(0, 4)}, height ${at}`;
}
