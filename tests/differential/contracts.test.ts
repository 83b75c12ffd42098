import { Cell, loadMessage, type ShardAccount } from "@ton/core";
import { Blockchain, EmulationError } from "@ton/sandbox";
import {
  accountIdOfAddress,
  addressOf,
  encodeTvmEnvelope,
  TVM_CONFIG,
  TVM_RECEIPT,
  tvmExecutor,
  tvmGenesisEntries,
} from "@sealwright/execution";
import { WIDE_LIMITS } from "@sealwright/execution/testing";
import {
  type AccountId,
  createThreadsTable,
  height,
  type NetworkId,
  sha256,
  sha256Hex,
  term,
  unixMs,
  unwrap,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileJetton } from "../../examples/jetton/jetton.js";
import { compileCounter } from "../../examples/tolk-counter/counter.js";
import { actions, FUNDS, Scenario } from "./scenario.js";
import { ABSENT, NO_ACCOUNT, shardAccountOf, type WholeAccount, wholeAccount } from "./wholeAccount.js";

const networkId = sha256Hex(Buffer.from("differential")) as NetworkId;
const table = createThreadsTable(1, ZERO_BLOCK_ID);
const { threadId } = table[0]!;
const START_MS = 1_800_000_000_000;
/** Some blocks apart, storage is paid for. */
const BLOCK_MS = 45_000;
const PER_BLOCK = 3;

const executor = await tvmExecutor({ networkId });
const codes = { counter: await compileCounter(), jetton: await compileJetton() };

/** What a chain made of the messages: each account, the order in which they were last touched, and what was refused. */
interface Result {
  readonly accounts: readonly WholeAccount[];
  readonly lastTouched: readonly number[];
  readonly refused: readonly number[];
}

it("wallets, a counter and a jetton are left as TON's own sandbox leaves them, given the same messages", async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const scenario = new Scenario(codes);
      const bags: Uint8Array[] = [];
      for (const action of list) bags.push(await scenario.messageOf(action));
      const genesis = genesisOf(scenario);
      const ids = scenario.addresses.map((address) => accountIdOfAddress(address)!);
      const ours = runHere(genesis, bags, ids);
      const theirs = await runThere(genesis, bags, ids);
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});

function genesisOf({ wallets }: Scenario): ReturnType<typeof tvmGenesisEntries> {
  const accounts = wallets.map(({ contract }) => ({ id: accountIdOfAddress(contract.address)!, balance: FUNDS }));
  return tvmGenesisEntries(threadId, table, accounts, unixMs(START_MS));
}

const timeOf = (block: number): number => START_MS + (block + 1) * BLOCK_MS;

function runHere(
  genesis: ReturnType<typeof genesisOf>,
  bags: readonly Uint8Array[],
  ids: readonly AccountId[],
): Result {
  let state = unwrap(executor.load(threadId, genesis));
  const refused: number[] = [];
  for (let at = 0; at * PER_BLOCK < bags.length; at++) {
    const timeMs = unixMs(timeOf(at));
    const randomnessSeed = sha256(Buffer.from(`${at}`));
    const place = { threadId, threadsTable: table, height: height(BigInt(at + 1)), term: term(0n) };
    const builder = executor.open(state, { ...place, timeMs, randomnessSeed }, WIDE_LIMITS);
    const expiresAtMs = unixMs(timeMs + 30_000);
    for (const [i, boc] of bags.slice(at * PER_BLOCK, (at + 1) * PER_BLOCK).entries()) {
      const [admitted] = executor.admit([encodeTvmEnvelope({ networkId, expiresAtMs, boc })]);
      const outcome = builder.apply(unwrap(admitted!));
      // Skipped: the very same message once more.
      if (outcome.type !== "applied" || REFUSALS.has(outcome.receipt.code)) refused.push(at * PER_BLOCK + i);
    }
    ({ state } = builder.seal());
  }
  const shards = ids.map((id) => {
    const { value } = executor.account(state, id);
    return value === null ? null : shardAccountOf(value);
  });
  return resultOf(shards, refused);
}

const REFUSALS: ReadonlySet<number> = new Set([TVM_RECEIPT.notAccepted, TVM_RECEIPT.computeSkipped]);

async function runThere(
  genesis: ReturnType<typeof genesisOf>,
  bags: readonly Uint8Array[],
  ids: readonly AccountId[],
): Promise<Result> {
  const blockchain = await Blockchain.create({ config: Cell.fromBase64(TVM_CONFIG) });
  const start = unwrap(executor.load(threadId, genesis));
  for (const id of ids) {
    const { value } = executor.account(start, id);
    await blockchain.setShardAccount(addressOf(id), value === null ? ABSENT : shardAccountOf(value));
  }
  const refused: number[] = [];
  for (const [i, boc] of bags.entries()) {
    blockchain.now = Math.floor(timeOf(Math.floor(i / PER_BLOCK)) / 1_000);
    const message = loadMessage(Cell.fromBoc(Buffer.from(boc))[0]!.beginParse());
    await blockchain.sendMessage(message).catch((error: unknown) => {
      if (!(error instanceof EmulationError)) throw error;
      refused.push(i);
    });
  }
  const shards = [];
  for (const id of ids) shards.push((await blockchain.getContract(addressOf(id))).account);
  return resultOf(shards, refused);
}

function resultOf(shards: readonly (ShardAccount | null)[], refused: readonly number[]): Result {
  const accounts = shards.map((shard) => (shard === null ? NO_ACCOUNT : wholeAccount(shard)));
  const touched = shards.flatMap((shard, i) =>
    accounts[i]!.state === "none" || shard === null || shard.lastTransactionLt === 0n
      ? []
      : [{ i, lt: shard.lastTransactionLt }],
  );
  const lastTouched = touched.sort((a, b) => Number(a.lt - b.lt)).map(({ i }) => i);
  return { accounts, lastTouched, refused };
}
