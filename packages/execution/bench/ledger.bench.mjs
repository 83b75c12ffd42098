// How many transfers a second does the ledger engine build, verify and apply on one core, and what do signatures cost?
// Run after a build: node packages/execution/bench/ledger.bench.mjs [transfers per block] [accounts] [blocks]
import { performance } from "node:perf_hooks";
import { ledgerExecutor, createInlineExecution } from "../dist/index.js";
import { LedgerWorld, TEST_NETWORK, TEST_FEE, WIDE_LIMITS, GENESIS_TIME_MS } from "../dist/testing/ledgerWorld.js";

const [perBlock = 1_000, accounts = 10_000, blocks = 20] = process.argv.slice(2).map(Number);
const world = new LedgerWorld({ threads: 1, users: accounts });
const threadId = world.threadIds[0];
const id = (height) => height.toString(16).padStart(64, "0");
const clock = { nowMs: () => GENESIS_TIME_MS };

const open = async () => {
  const executor = ledgerExecutor({ networkId: TEST_NETWORK, transferFee: TEST_FEE });
  const execution = createInlineExecution({ threadId, threadsTable: world.threadsTable }, { executor, clock });
  await execution.load(world.genesis(threadId), id(0));
  return { executor, execution };
};

let seed = 1;
const next = (below) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
const nonces = new Array(accounts).fill(0n);
const batches = Array.from({ length: blocks }, () =>
  Array.from({ length: perBlock }, () => {
    const from = next(accounts);
    return world.transfer(world.users[from], world.users[next(accounts)].id, { amount: 1n, nonce: nonces[from]++ });
  }),
);
const timed = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const report = (what, ms) =>
  console.log(
    `${what.padEnd(28)} ${((blocks * perBlock * 1_000) / ms).toFixed(0).padStart(8)}/s  ${(ms / blocks).toFixed(2)} ms a block`,
  );

const producer = await open();
const verifier = await open();
const follower = await open();
report("signatures (admit)", await timed(() => batches.forEach((batch) => producer.executor.admit(batch))));
batches.forEach((batch) => verifier.executor.admit(batch));

const built = [];
report(
  "build, signatures known",
  await timed(async () => {
    for (const [i, messages] of batches.entries()) {
      const request = {
        parent: { block: id(i) },
        context: world.context(threadId, i + 1),
        limits: WIDE_LIMITS,
        imports: [],
        messages,
      };
      const block = await producer.execution.build(request);
      producer.execution.bind(block.value.ref, id(i + 1));
      await producer.execution.finalize(id(i + 1));
      built.push(block.value);
    }
  }),
);
if (built.some((block) => block.receipts.length !== perBlock || block.receipts.some((receipt) => receipt.code !== 0)))
  throw new Error("a transfer failed");
report(
  "verify, signatures known",
  await timed(async () => {
    for (const [i, block] of built.entries()) {
      const request = {
        blockId: id(i + 1),
        parentId: id(i),
        context: world.context(threadId, i + 1),
        limits: WIDE_LIMITS,
        imports: [],
        externals: block.externals,
        claim: block,
      };
      const verdict = await verifier.execution.verify(request);
      if (!verdict.ok) throw new Error(JSON.stringify(verdict));
      await verifier.execution.finalize(id(i + 1));
    }
  }),
);
report(
  "apply the state update",
  await timed(async () => {
    for (const [i, block] of built.entries()) {
      const applied = await follower.execution.applyUpdate({
        blockId: id(i + 1),
        parentId: id(i),
        context: world.context(threadId, i + 1),
        ...block,
      });
      if (!applied.ok) throw new Error(JSON.stringify(applied));
      await follower.execution.finalize(id(i + 1));
    }
  }),
);
