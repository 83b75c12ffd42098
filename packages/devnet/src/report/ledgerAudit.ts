import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api/client";
import { parseLedgerMessage } from "@sealwright/execution";
import type { TestAccount } from "@sealwright/node";
import { type NetworkId, type SealedBlock, sha256Hex } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import { sleepMs } from "../wakefulClock.js";
import type { Checks } from "./checks.js";
import { checkGone, readSealedBlock } from "./readSealedBlock.js";

/** Where the books stood before a load. */
export interface Baseline {
  readonly balances: ReadonlyMap<string, bigint>;
  /** Nonce that each account uses next. */
  readonly nonces: ReadonlyMap<string, bigint>;
  /** Final height per thread index. */
  readonly heights: ReadonlyMap<number, bigint>;
}

export interface AuditDependencies {
  readonly clients: readonly SealwrightClient[];
  readonly networkId: NetworkId;
  readonly transferFee: bigint;
}

const READS_AT_ONCE = 16;
const ATTEMPTS_MAX = 50;
const ATTEMPT_EVERY_MS = 200;

/** Reads the books of all test accounts. Nothing may be under way. */
export async function readBaseline(
  accounts: readonly TestAccount[],
  clients: readonly SealwrightClient[],
): Promise<Baseline> {
  const threads = await clients[0]!.threads();
  const heights = new Map(threads.map(({ index, final }) => [index, BigInt(final?.height ?? 0)]));
  const read = await readAccounts(
    accounts.map(({ id }) => id),
    clients,
  );
  const balances = new Map([...read].map(([id, { balance }]) => [id, balance]));
  const nonces = new Map([...read].map(([id, { nonce }]) => [id, nonce]));
  return { balances, nonces, heights };
}

async function readAccounts(
  ids: readonly string[],
  clients: readonly SealwrightClient[],
): Promise<Map<string, { readonly balance: bigint; readonly nonce: bigint }>> {
  const read = await inParallel(ids, READS_AT_ONCE, async (id, i) => {
    const { balance, nonce } = await clients[i % clients.length]!.account(id);
    return [id, { balance: BigInt(balance ?? 0), nonce: BigInt(nonce ?? 0) }] as const;
  });
  return new Map(read);
}

/**
 * Keeps the books a second time, from the final blocks alone, and compares them with the nodes' accounts: each message
 * executed at most once (I9), and no unit appeared or vanished, fees counted, in flight or not (I10). Of a run whose first
 * blocks are pruned already, only the rest is read, and the accounts are not compared.
 * @returns whether they were compared
 */
export async function auditLedger(
  blocks: readonly (readonly BlockHeadlineJson[])[],
  baseline: Baseline,
  checks: Checks,
  deps: AuditDependencies,
): Promise<boolean> {
  // No node has all of these blocks: that is told elsewhere, and leaves nobody to ask.
  if (deps.clients.length === 0) return false;
  const executed = new Set<string>();
  const expected = new Map(baseline.balances);
  let isWhole = true;
  for (const [thread, chain] of blocks.entries()) {
    const from = baseline.heights.get(thread) ?? 0n;
    if (BigInt(chain[0]?.height ?? 1) > from + 1n) isWhole = false;
    const full = chain.filter((block) => block.messageCount > 0 && BigInt(block.height) > from);
    await inParallel(full, READS_AT_ONCE, async (headline) => {
      const block = await readSealedBlock(clientFor(headline, deps.clients), headline.blockId);
      if (block !== null) return foldBlock(block, { executed, expected, checks, deps });
      checkGone(chain, headline, checks);
      isWhole = false;
    });
  }
  // In a run that is longer than what nodes keep, some of what moved money is not there any more.
  if (isWhole) await compareBalances(expected, checks, deps.clients);
  return isWhole;
}

function clientFor({ height }: BlockHeadlineJson, clients: readonly SealwrightClient[]): SealwrightClient {
  return clients[Number(BigInt(height) % BigInt(clients.length))]!;
}

interface Books {
  readonly executed: Set<string>;
  readonly expected: Map<string, bigint>;
  readonly checks: Checks;
  readonly deps: AuditDependencies;
}

function foldBlock({ header, body }: SealedBlock, { executed, expected, checks, deps }: Books): void {
  const { threadId, height } = header;
  const done = new Set(body.receipts.filter(({ code }) => code === 0).map(({ messageHash }) => messageHash as string));
  for (const bytes of body.externals) {
    const hash = sha256Hex(bytes);
    checks.check(
      "I9",
      !executed.has(hash),
      () => `message ${hash} is final twice, again in thread ${threadId.slice(0, 4)}, height ${height}`,
    );
    executed.add(hash);
    const parsed = parseLedgerMessage(deps.networkId, bytes);
    if (!parsed.ok || parsed.value.content.type !== "transfer" || !done.has(hash)) continue;
    const { from, to, amount } = parsed.value.content;
    add(expected, from, -amount - deps.transferFee);
    add(expected, to, amount);
  }
}

/** Accounts that were not in the baseline are left out: what they had before is not known. */
function add(balances: Map<string, bigint>, account: string, amount: bigint): void {
  const balance = balances.get(account);
  if (balance !== undefined) balances.set(account, balance + amount);
}

/** What crosses threads is credited a moment after it left: it gets that moment. */
async function compareBalances(
  expected: ReadonlyMap<string, bigint>,
  checks: Checks,
  clients: readonly SealwrightClient[],
): Promise<void> {
  let open = [...expected.keys()];
  let found = new Map<string, bigint>();
  for (let attempt = 0; attempt < ATTEMPTS_MAX && open.length > 0; attempt++) {
    if (attempt > 0) await sleepMs(ATTEMPT_EVERY_MS);
    const read = await readAccounts(open, clients);
    found = new Map([...read].map(([id, { balance }]) => [id, balance]));
    open = open.filter((id) => found.get(id) !== expected.get(id));
  }
  const wrong = new Set(open);
  for (const [id, balance] of expected) {
    checks.check("I10", !wrong.has(id), () => `account ${id} has ${found.get(id)}, by its messages ${balance}`);
  }
}
