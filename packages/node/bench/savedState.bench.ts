// How much longer does a durable commit, which every sealed block waits for, take while a thread's state is being saved?
// Last answer (November 2026, 2 cores of an Intel Xeon, 50,000 entries of 120 B, one save after another): p99 2.3 ms without and
// 4.8 ms with a save, and 3.6 and 4.4 ms in a second run; p50 0.4 ms always. When a save had a tenth of the time instead of a
// twentieth: 2.8 and 10.6, 1.3 and 6.6, 4.3 and 10.1, 3.1 and 7.7 ms.
// Run: npx tsx packages/node/bench/savedState.bench.ts [entries]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { join } from "node:path";
import { encodeBlockFacts, genesisBlock, genesisFacts } from "@sealwright/consensus";
import { createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { openNodeStore } from "@sealwright/store";
import {
  type Clock,
  type FinalityProof,
  type KeeperId,
  type MessageHash,
  sha256,
  sha256Hex,
  silentLogger,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { SnapshotKeeper } from "../src/sync/snapshotKeeper.js";
import { systemClock } from "../src/world/systemClock.js";

const ENTRIES = Number(process.argv[2] ?? 200_000);
const ENTRY_BYTES = 120;
const COMMITS = 400;
const PACE_MS = 15;

const { rules, root, genesis } = createTestNetwork(4);
const { threadId, networkId } = rules;
const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (error: unknown): never => {
  throw error;
};

const dir = await mkdtemp(join(tmpdir(), "sealwright-saved-state-"));
const keeperId = "00".repeat(32) as KeeperId;
const store = unwrap(await openNodeStore({ dir, networkId, keeperId }));
const first = genesisBlock(genesis, threadId, new Uint8Array(32));
const state = Array.from({ length: ENTRIES }, (_, i) => ({
  key: sha256(Buffer.from(String(i))),
  value: new Uint8Array(ENTRY_BYTES).fill(i),
}));
const facts = encodeBlockFacts(genesisFacts(first));
unwrap(await store.repository.initialize([{ threadId, blockId: root.id, header: first.header, facts, state }]));

const chain = new TestChain(rules, root);
chain.grow();
chain.growCertified();
chain.growCertified();
const [block, second, third] = chain.blocks;
const proof: FinalityProof = {
  headers: [block!.header],
  carrierIndex: 0,
  carried: second!.body.attestations[0]!,
  carriedPath: { index: 0, count: 1, siblings: [] },
  certificate: third!.body.attestations[0]!,
};
const shared = { block: block!, proof, facts: encodeBlockFacts(chain.facts[1]!) };
// The process has nothing else to stay for while a save rests.
const clock: Clock = {
  ...systemClock,
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
const keeper = new SnapshotKeeper({ store, clock, logger: silentLogger, fail });

let nextMessage = 0;
async function measure(): Promise<{
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly loopP99: number;
}> {
  const tookMs: number[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (let i = 0; i < COMMITS; i++) {
    const bytes = new Uint8Array(Buffer.from(String(nextMessage++)));
    const record = { hash: sha256Hex(bytes) as MessageHash, threadId, bytes, expiresAtMs: unixMs(1) };
    const beginMs = performance.now();
    await store.repository.commit({ custody: { put: [record] } });
    tookMs.push(performance.now() - beginMs);
    await sleepMs(PACE_MS);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(tookMs[Math.floor(share * (COMMITS - 1))]! * 100) / 100;
  loop.disable();
  const loopP99 = Math.round(loop.percentile(99) / 10_000) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1), loopP99 };
}

await measure();
const without = await measure();
let isOver = false;
let saved = 0;
let beganMsMax = 0;
const saving = (async () => {
  while (!isOver) {
    const beginMs = performance.now();
    await keeper.take(shared);
    beganMsMax = Math.max(beganMsMax, performance.now() - beginMs);
    await keeper.idle();
    saved++;
  }
})();
const during = await measure();
isOver = true;
await saving;
console.log(`${ENTRIES} entries; ${COMMITS} commits, one every ${PACE_MS} ms; times in ms`);
console.log("no state is saved  ", without);
console.log(
  "one after another  ",
  during,
  `${saved} saved; finality waited for one to begin at most ${beganMsMax.toFixed(2)}`,
);
await store.close();
await rm(dir, { recursive: true });
