/**
 * Question: how much of a bare emulator's speed is left when the engine builds blocks with it (benchmark W6, one core)?
 * Last answer: not measured on a quiet machine yet.
 * Run: npx tsx packages/execution/bench/tvm.bench.ts [messages]
 *
 * The same orders to the same contracts, once through the emulator alone, once through blocks with dedupe, limits, state
 * update, roots and receipts. Messages that arrive count as well: both sides execute them.
 */
import { unwrap } from "@sealwright/types";
import { createExecutor } from "../src/createExecutor.js";
import { GENESIS_TIME_MS, TEST_NETWORK, WIDE_LIMITS } from "../src/testing/ledgerWorld.js";
import { TvmWorld } from "../src/testing/tvmWorld.js";
import { TvmEmulator } from "../src/tvm/emulator.js";
import { NO_ACCOUNT } from "../src/tvm/tvmAccount.js";
import { addressOf } from "../src/tvm/tvmAddress.js";
import { tvmEngine } from "../src/tvm/tvmEngine.js";
import { bocOfEnvelope } from "../src/tvm/tvmMessage.js";
import { viewTransaction } from "../src/tvm/transaction.js";
import { writeCell } from "../src/tvm/bagOfCells.js";

const COUNT = Number(process.argv[2] ?? 2_000);
const PER_BLOCK = 100;
const world = new TvmWorld({ threads: 1, contracts: 64 });
const [threadId] = world.threadIds as [(typeof world.threadIds)[number]];
const messages = Array.from({ length: COUNT }, (_, i) => {
  const [from, to] = [i % 64, (i * 7 + 3) % 64].map((at) => world.contracts[at]!);
  return world.order(from!, to!.id, { value: 1_000_000n });
});

const emulator = await TvmEmulator.create();
// Once for nothing: the first run also compiles.
runBare();
const bareMs = runBare();
const engineMs = runEngine();
const rate = (ms: number): string => `${Math.round((COUNT / ms) * 1_000)} orders/s`;
console.log(`bare emulator  ${rate(bareMs)}`);
console.log(`engine         ${rate(engineMs)}, ${Math.round((bareMs / engineMs) * 100)} % of it`);
console.log(`memory         ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`);

function runBare(): number {
  const accounts = new Map<string, string>();
  const reader = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  const state = unwrap(reader.load(threadId, world.genesis(threadId)));
  for (const { id } of world.contracts) {
    const { value } = reader.account(state, id);
    accounts.set(addressOf(id).toRawString(), value === null ? NO_ACCOUNT : Buffer.from(value).toString("base64"));
  }
  const run = (address: string, message: string, lt: bigint): string => {
    const context = { nowS: Math.floor(GENESIS_TIME_MS / 1_000), lt, randomSeed: new Uint8Array(32) };
    const emulated = emulator.runTransaction(accounts.get(address) ?? NO_ACCOUNT, message, context);
    if (emulated.type !== "done") throw new Error(JSON.stringify(emulated));
    accounts.set(address, emulated.shardAccount);
    return emulated.transaction;
  };
  const startMs = performance.now();
  messages.forEach((envelope, i) => {
    const from = addressOf(world.contracts[i % 64]!.id).toRawString();
    const boc = Buffer.from(bocOfEnvelope(envelope)).toString("base64");
    const transaction = run(from, boc, BigInt(i + 1) * 1_000n);
    const [sent] = viewTransaction(Buffer.from(transaction, "base64")).outMessages;
    const to = addressOf(world.contracts[(i * 7 + 3) % 64]!.id).toRawString();
    run(to, Buffer.from(writeCell(sent!)).toString("base64"), BigInt(i + 1) * 1_000n + 10n);
  });
  return performance.now() - startMs;
}

function runEngine(): number {
  const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  let state = unwrap(executor.load(threadId, world.genesis(threadId)));
  const startMs = performance.now();
  for (let at = 0; at * PER_BLOCK < COUNT; at++) {
    const context = world.context(threadId, at + 1, GENESIS_TIME_MS + at);
    const builder = executor.open(state, context, WIDE_LIMITS);
    for (const admitted of executor.admit(messages.slice(at * PER_BLOCK, (at + 1) * PER_BLOCK))) {
      const outcome = builder.apply(unwrap(admitted));
      if (outcome.type !== "applied" || outcome.receipt.code !== 0) throw new Error(JSON.stringify(outcome.type));
    }
    state = builder.seal().state;
  }
  return performance.now() - startMs;
}
