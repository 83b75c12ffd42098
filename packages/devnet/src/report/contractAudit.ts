import type { BlockHeadlineJson, SealwrightClient, ThreadTotalsJson } from "@sealwright/api";
import { encodeOutboundMessage, type SealedBlock, sha256Hex } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import { sleepMs } from "../wakefulClock.js";
import type { Checks } from "./checks.js";
import { checkGone, readSealedBlock } from "./readSealedBlock.js";

/** Where the books of a network of contracts stood before a load: what genesis gave, and each thread's final height. */
export interface ContractBaseline {
  /** Per thread index: what `balances + fees + sent - received` always is. */
  readonly supplies: ReadonlyMap<number, bigint>;
  readonly heights: ReadonlyMap<number, bigint>;
}

const READS_AT_ONCE = 16;
const ATTEMPTS_MAX = 50;
const ATTEMPT_EVERY_MS = 200;

export async function readContractBaseline(client: SealwrightClient): Promise<ContractBaseline> {
  const threads = await client.threads();
  const totals = await Promise.all(threads.map(({ index }) => client.totals(index)));
  return {
    supplies: new Map(threads.map(({ index }, i) => [index, supplyOf(totals[i]!)])),
    heights: new Map(threads.map(({ index, final }) => [index, BigInt(final?.height ?? 0)])),
  };
}

/**
 * From the final blocks alone: no external message and no message between threads executed twice (I9, I11). From the
 * threads' own books: no coin appeared or vanished in any of them, fees counted, and what left one thread arrived in
 * another once nothing is under way (I10).
 */
export async function auditContracts(
  blocks: readonly (readonly BlockHeadlineJson[])[],
  baseline: ContractBaseline,
  checks: Checks,
  clients: readonly SealwrightClient[],
): Promise<void> {
  const [client] = clients;
  // No node has all of these blocks: that is told elsewhere, and leaves nobody to ask.
  if (client === undefined) return;
  const seen = { externals: new Set<string>(), sent: new Set<string>(), imported: new Set<string>() };
  for (const [thread, chain] of blocks.entries()) {
    const from = baseline.heights.get(thread) ?? 0n;
    const full = chain.filter((block) => BigInt(block.height) > from);
    await inParallel(full, READS_AT_ONCE, async (headline) => {
      const block = await readSealedBlock(client, headline.blockId);
      if (block !== null) return foldBlock(block, seen, checks);
      checkGone(chain, headline, checks);
    });
  }
  await compareTotals(client, baseline, checks);
}

interface Seen {
  readonly externals: Set<string>;
  readonly sent: Set<string>;
  readonly imported: Set<string>;
}

function foldBlock({ header, body }: SealedBlock, seen: Seen, checks: Checks): void {
  const where = `thread ${header.threadId.slice(0, 4)}, height ${header.height}`;
  for (const bytes of body.externals) once("I9", sha256Hex(bytes), seen.externals, where, checks);
  for (const message of body.outbound) seen.sent.add(sha256Hex(encodeOutboundMessage(message)));
  const internal = body.receipts.slice(0, body.receipts.length - body.externals.length);
  for (const { messageHash } of internal) once("I11", messageHash, seen.imported, where, checks);
}

function once(rule: "I9" | "I11", hash: string, seen: Set<string>, where: string, checks: Checks): void {
  checks.check(rule, !seen.has(hash), () => `message ${hash} executed twice, again in ${where}`);
  seen.add(hash);
}

/** What crosses threads arrives a moment after it left: it gets that moment. */
async function compareTotals(client: SealwrightClient, baseline: ContractBaseline, checks: Checks): Promise<void> {
  const threads = [...baseline.supplies.keys()];
  let totals: ThreadTotalsJson[] = [];
  let underWay = 0n;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await sleepMs(ATTEMPT_EVERY_MS);
    totals = await Promise.all(threads.map((index) => client.totals(index)));
    underWay = totals.reduce((sum, { sent, received }) => sum + BigInt(sent) - BigInt(received), 0n);
    if (underWay === 0n) break;
  }
  for (const [i, index] of threads.entries()) {
    const [is, was] = [supplyOf(totals[i]!), baseline.supplies.get(index)];
    checks.check("I10", is === was, () => `thread ${index} has ${is} by its books, genesis gave it ${was}`);
  }
  checks.check("I10", underWay === 0n, () => `${underWay} left threads and arrived nowhere`);
}

function supplyOf({ balances, fees, sent, received }: ThreadTotalsJson): bigint {
  return BigInt(balances) + BigInt(fees) + BigInt(sent) - BigInt(received);
}
