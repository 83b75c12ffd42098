/**
 * How many transfers a second does the ledger build, verify and apply on one core, and what do signatures cost?
 *
 * Run: npx tsx packages/execution/bench/ledger.bench.ts [transfers a block] [accounts] [blocks]
 * Last answer (2-core Xeon shared with other work, Node 20; 1,000 transfers a block, 10,000 accounts):
 * signatures 19,800/s, build 31,000/s, verify 36,000/s, apply the update 75,000/s.
 */
import { performance } from "node:perf_hooks";
import { assert, type BlockId, unixMs, unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import {
  type BuiltBlock,
  createInlineExecution,
  type Executor,
  ledgerExecutor,
  type ThreadExecution,
} from "../src/index.js";
import { GENESIS_TIME_MS, LedgerWorld, TEST_FEE, TEST_NETWORK, WIDE_LIMITS } from "../src/testing/ledgerWorld.js";

const [perBlock = 1_000, accounts = 10_000, blocks = 20] = process.argv.slice(2).map(Number);
const world = new LedgerWorld({ threads: 1, users: accounts });
const threadId = world.threadIds[0]!;
const random = new SeededRandom(1);
const clock = { nowMs: () => unixMs(GENESIS_TIME_MS), monotonicMs: () => 0 };

function blockIdAt(at: number): BlockId {
  return at.toString(16).padStart(64, "0") as BlockId;
}

async function open(): Promise<{ executor: Executor; execution: ThreadExecution }> {
  const executor = ledgerExecutor({ networkId: TEST_NETWORK, transferFee: TEST_FEE });
  const execution = createInlineExecution({ threadId, threadsTable: world.threadsTable }, { executor, clock });
  await execution.load(world.genesis(threadId), blockIdAt(0));
  return { executor, execution };
}

async function measure(what: string, work: () => void | Promise<void>): Promise<void> {
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const perSecond = ((blocks * perBlock * 1_000) / ms).toFixed(0);
  console.log(`${what.padEnd(24)} ${perSecond.padStart(8)}/s ${(ms / blocks).toFixed(2).padStart(8)} ms a block`);
}

const nonces = new Array<bigint>(accounts).fill(0n);
const batches = Array.from({ length: blocks }, () =>
  Array.from({ length: perBlock }, () => {
    const from = random.int(accounts);
    const to = world.users[random.int(accounts)]!.id;
    return world.transfer(world.users[from]!, to, { amount: 1n, nonce: nonces[from]!++ });
  }),
);
const [producer, verifier, follower] = [await open(), await open(), await open()];
const built: BuiltBlock[] = [];

await measure("signatures", () => batches.forEach((batch) => producer.executor.admit(batch)));
for (const batch of batches) verifier.executor.admit(batch);

await measure("build", async () => {
  for (const [i, messages] of batches.entries()) {
    const common = { context: world.context(threadId, i + 1), limits: WIDE_LIMITS, imports: [] };
    const block = unwrap(await producer.execution.build({ ...common, parent: { block: blockIdAt(i) }, messages }));
    producer.execution.bind(block.ref, blockIdAt(i + 1));
    await producer.execution.finalize(blockIdAt(i + 1));
    built.push(block);
  }
});
assert(
  built.every(({ receipts }) => receipts.length === perBlock && receipts.every(({ code }) => code === 0)),
  "every transfer is done",
);

await measure("verify", async () => {
  for (const [i, block] of built.entries()) {
    const place = { blockId: blockIdAt(i + 1), parentId: blockIdAt(i), context: world.context(threadId, i + 1) };
    const rest = { limits: WIDE_LIMITS, imports: [], externals: block.externals, claim: block };
    unwrap(await verifier.execution.verify({ ...place, ...rest }));
    await verifier.execution.finalize(place.blockId);
  }
});

await measure("apply the update", async () => {
  for (const [i, { stateUpdate, stateRoot }] of built.entries()) {
    const place = { blockId: blockIdAt(i + 1), parentId: blockIdAt(i), context: world.context(threadId, i + 1) };
    unwrap(await follower.execution.applyUpdate({ ...place, stateUpdate, stateRoot }));
    await follower.execution.finalize(place.blockId);
  }
});
