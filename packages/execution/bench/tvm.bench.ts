/**
 * Question: how much of a bare emulator's speed is left when the engine builds blocks with it (benchmark W6, one core), and
 * does its memory stay flat?
 * Last answer: not measured on a quiet machine yet.
 * Run: npx tsx packages/execution/bench/tvm.bench.ts [messages]
 *
 * The same messages to the same contracts, once through the emulator alone, once through blocks with dedupe, limits, state
 * update, roots and receipts. Messages that arrive count as well: both sides execute them. Counters count what anybody
 * asks them to; wallets check a signature and pay another wallet.
 */
import { beginCell, Cell, contractAddress, internal, storeMessageRelaxed } from "@ton/core";
import { runTolkCompiler } from "@ton/tolk-js";
import { unwrap } from "@sealwright/types";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { createExecutor } from "../src/createExecutor.js";
import { GENESIS_TIME_MS, TEST_NETWORK, WIDE_LIMITS } from "../src/testing/ledgerWorld.js";
import { envelopeOf, type TestContract, TvmWorld, TVM_TEST_BALANCE } from "../src/testing/tvmWorld.js";
import { writeCell } from "../src/tvm/bagOfCells.js";
import { BocView } from "../src/tvm/bocView.js";
import { TvmEmulator } from "../src/tvm/emulator.js";
import { viewMessage } from "../src/tvm/messageView.js";
import { viewTransaction } from "../src/tvm/transaction.js";
import { NO_ACCOUNT } from "../src/tvm/tvmAccount.js";
import { accountIdOfAddress, addressOf, WORKCHAIN } from "../src/tvm/tvmAddress.js";
import { tvmEngine } from "../src/tvm/tvmEngine.js";
import { tvmGenesisEntries } from "../src/tvm/tvmGenesis.js";
import { bocOfEnvelope } from "../src/tvm/tvmMessage.js";

const COUNT = Number(process.argv[2] ?? 2_000);
const CONTRACTS = 64;
const PER_BLOCK = 100;
const PAID = 1_000_000n;
/** Where memory is looked at. */
const MARKS = [0.25, 0.5, 0.75, 1].map((share) => Math.floor((COUNT * share) / PER_BLOCK));

const COUNTER = `
import "@stdlib/gas-payments"
fun onInternalMessage(in: InMessage) {}
fun onExternalMessage(body: slice) {
    acceptExternalMessage();
    var data = contract.getData().beginParse();
    val id = data.loadUint(32);
    val count = data.loadUint(64);
    contract.setData(beginCell().storeUint(id, 32).storeUint(count + 1, 64).endCell());
}`;

const WALLET = `
import "@stdlib/gas-payments"
fun onInternalMessage(in: InMessage) {}
fun onExternalMessage(body: slice) {
    val signature = body.loadBits(512);
    val hash = body.hash();
    val seqno = body.loadUint(32);
    var data = contract.getData().beginParse();
    val id = data.loadUint(32);
    val key = data.loadUint(256);
    val next = data.loadUint(64);
    assert (seqno == next) throw 33;
    assert (isSignatureValid(hash, signature as slice, key)) throw 35;
    acceptExternalMessage();
    contract.setData(beginCell().storeUint(id, 32).storeUint(key, 256).storeUint(next + 1, 64).endCell());
    sendRawMessage(body.loadRef(), 3);
}`;

interface Work {
  readonly name: string;
  readonly contracts: readonly TestContract[];
  readonly messages: readonly Uint8Array[];
}

const world = new TvmWorld({ threads: 1, contracts: 1 });
const [threadId] = world.threadIds as [(typeof world.threadIds)[number]];
const emulator = await TvmEmulator.create();
for (const work of [await counters(), await wallets()]) {
  // Once for nothing: the first run also compiles.
  runBare(work);
  const bareMs = runBare(work);
  const { ms, memoryMb } = runEngine(work);
  const rate = (of: number): string => `${Math.round((COUNT / of) * 1_000)}/s`;
  console.log(`${work.name.padEnd(9)} bare emulator ${rate(bareMs)}, engine ${rate(ms)}: ${percent(bareMs / ms)}`);
  console.log(`${"".padEnd(9)} memory at each quarter ${memoryMb.join(", ")} MB`);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

async function codeOf(source: string): Promise<Cell> {
  const result = await runTolkCompiler({ entrypointFileName: "a.tolk", fsReadCallback: () => source });
  if (result.status === "error") throw new Error(result.message);
  return Cell.fromBase64(result.codeBoc64);
}

function contractsOf(code: Cell, dataOf: (i: number) => Cell): TestContract[] {
  return Array.from({ length: CONTRACTS }, (_, i) => {
    const init = { code, data: dataOf(i) };
    return { id: accountIdOfAddress(contractAddress(WORKCHAIN, init))!, init };
  });
}

async function counters(): Promise<Work> {
  const contracts = contractsOf(await codeOf(COUNTER), (i) => beginCell().storeUint(i, 32).storeUint(0, 64).endCell());
  const messages = Array.from({ length: COUNT }, (_, i) =>
    envelopeOf(contracts[i % CONTRACTS]!, beginCell().storeUint(i, 64).endCell(), GENESIS_TIME_MS + 30_000),
  );
  return { name: "counters", contracts, messages };
}

async function wallets(): Promise<Work> {
  const key = unwrap(Ed25519SecretKey.fromSeed(new Uint8Array(32).fill(7)));
  const publicKey = BigInt(`0x${Buffer.from(key.publicKey()).toString("hex")}`);
  const contracts = contractsOf(await codeOf(WALLET), (i) =>
    beginCell().storeUint(i, 32).storeUint(publicKey, 256).storeUint(0, 64).endCell(),
  );
  const messages = Array.from({ length: COUNT }, (_, i) => {
    const to = addressOf(contracts[(i * 7 + 3) % CONTRACTS]!.id);
    const sent = beginCell()
      .store(storeMessageRelaxed(internal({ to, value: PAID, bounce: false })))
      .endCell();
    const order = beginCell()
      .storeUint(Math.floor(i / CONTRACTS), 32)
      .storeRef(sent)
      .endCell();
    const body = beginCell()
      .storeBuffer(Buffer.from(key.sign(order.hash())))
      .storeSlice(order.beginParse())
      .endCell();
    return envelopeOf(contracts[i % CONTRACTS]!, body, GENESIS_TIME_MS + 30_000);
  });
  return { name: "wallets", contracts, messages };
}

function genesisOf({ contracts }: Work) {
  const accounts = contracts.map(({ id }) => ({ id, balance: TVM_TEST_BALANCE }));
  return tvmGenesisEntries(threadId, world.threadsTable, accounts, world.context(threadId, 0).timeMs);
}

function runBare(work: Work): number {
  const accounts = new Map<string, string>();
  const reader = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  const state = unwrap(reader.load(threadId, genesisOf(work)));
  for (const { id } of work.contracts) {
    const { value } = reader.account(state, id);
    accounts.set(addressOf(id).toRawString(), value === null ? NO_ACCOUNT : Buffer.from(value).toString("base64"));
  }
  const run = (address: string, message: string, lt: bigint): string => {
    const context = { nowS: Math.floor(GENESIS_TIME_MS / 1_000), lt, randomSeed: new Uint8Array(32) };
    const emulated = emulator.runTransaction({ shardAccount: accounts.get(address) ?? NO_ACCOUNT, message, context });
    if (emulated.type !== "done") throw new Error(JSON.stringify(emulated));
    accounts.set(address, emulated.shardAccount);
    return emulated.transaction;
  };
  const startMs = performance.now();
  work.messages.forEach((envelope, i) => {
    const from = addressOf(work.contracts[i % CONTRACTS]!.id).toRawString();
    const lt = BigInt(i + 1) * 1_000n;
    const transaction = run(from, Buffer.from(bocOfEnvelope(envelope)).toString("base64"), lt);
    const boc = new BocView(Buffer.from(transaction, "base64"));
    for (const sent of viewTransaction(boc).outMessages) {
      const message = viewMessage(boc, sent);
      if (message?.type !== "internal") throw new Error("contracts pay contracts");
      run(message.dest.toRawString(), Buffer.from(writeCell(boc.toCell(sent))).toString("base64"), lt + 10n);
    }
  });
  return performance.now() - startMs;
}

function runEngine(work: Work): { readonly ms: number; readonly memoryMb: readonly number[] } {
  const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  let state = unwrap(executor.load(threadId, genesisOf(work)));
  const memoryMb: number[] = [];
  const startMs = performance.now();
  for (let at = 0; at * PER_BLOCK < COUNT; at++) {
    const context = world.context(threadId, at + 1, GENESIS_TIME_MS + at);
    const builder = executor.open(state, context, WIDE_LIMITS);
    for (const admitted of executor.admit(work.messages.slice(at * PER_BLOCK, (at + 1) * PER_BLOCK))) {
      const outcome = builder.apply(unwrap(admitted));
      if (outcome.type !== "applied" || outcome.receipt.code !== 0) throw new Error(JSON.stringify(outcome.type));
    }
    state = builder.seal().state;
    if (MARKS.includes(at + 1)) memoryMb.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
  return { ms: performance.now() - startMs, memoryMb };
}
