import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  Address,
  beginCell,
  Cell,
  contractAddress,
  internal,
  parseTuple,
  serializeTuple,
  storeMessageRelaxed,
  type TupleItem,
} from "@ton/core";
import {
  type AccountId,
  type BlockId,
  type ImportCursor,
  type OutboundMessage,
  sha256Hex,
  silentLogger,
  type ThreadId,
  unixMs,
  unwrap,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { createExecutor } from "../createExecutor.js";
import type { BlockLimits, Executor, ImportRange } from "../executor.js";
import { createWorkerExecution } from "../host/workerExecution.js";
import { GENESIS_TIME_MS, TEST_NETWORK, WIDE_LIMITS } from "../testing/ledgerWorld.js";
import { balanceOf, chainWithMoney, extend, openChain, type TvmChain } from "../testing/tvmChain.js";
import { buildSampleBlock } from "../testing/tvmFixture.js";
import { contractOf, envelopeOf, type TestContract, TVM_TEST_BALANCE, TvmWorld } from "../testing/tvmWorld.js";
import { writeCell } from "./bagOfCells.js";
import { TvmEmulator } from "./emulator.js";
import { readInternal } from "./sentMessages.js";
import { TvmAccount } from "./tvmAccount.js";
import { addressOf, WORKCHAIN } from "./tvmAddress.js";
import { BLOCK_GAS_PER_VM_GAS, TRANSACTION_GAS_BASE, TRANSACTION_GAS_MAX } from "./tvmConfig.js";
import { tvmEngine } from "./tvmEngine.js";
import { tvmExecutorSource } from "./tvmExecutor.js";
import { encodeExternalTo, encodeTvmEnvelope, parseExternal } from "./tvmMessage.js";
import { decodeRefusalDetail, decodeTransactionDetail, TVM_RECEIPT } from "./tvmReceipt.js";

const emulator = await TvmEmulator.create();
const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
const EXPIRY_MS = GENESIS_TIME_MS + 30_000;
/** Room for few transactions: what waits takes half of a block at most. */
const NARROW: BlockLimits = { ...WIDE_LIMITS, gasMax: BigInt(12 * TRANSACTION_GAS_BASE) };

const chainOf = (world: TvmWorld, index = 0): TvmChain => {
  const threadId = world.threadIds[index]!;
  return openChain(executor, world, threadId, world.genesis(threadId));
};
const chainWith = (contract: TestContract): TvmChain => chainWithMoney(executor, [[contract, TVM_TEST_BALANCE]]);

function rangeOf(source: ThreadId, height: bigint, messages: readonly OutboundMessage[]): ImportRange {
  const at = (position: number): ImportCursor => ({ height: height as ImportCursor["height"], position });
  return {
    source,
    from: { height: 0n as ImportCursor["height"], position: 0 },
    to: at(messages.length),
    messages: messages.map((message, position) => ({ at: at(position), message })),
  };
}

describe("messages between accounts of one thread", () => {
  it("execute in the block that sent them while there is room", () => {
    const chain = chainOf(new TvmWorld({ threads: 1, contracts: 2 }));
    const [from, to] = chain.world.contracts as [TestContract, TestContract];
    const { receipts } = extend(chain, [chain.world.order(from, to.id, { value: 5_000_000_000n })]);
    expect(receipts.map(({ code }) => code)).toEqual([0, 0]);
    expect(balanceOf(chain, to.id)).toBe(TVM_TEST_BALANCE + 5_000_000_000n);
    expect(balanceOf(chain, from.id)).toBeLessThan(TVM_TEST_BALANCE - 5_000_000_000n);
  });

  it("wait under the state root when the block is full, and execute in order, exactly once", () => {
    const chain = chainOf(new TvmWorld({ threads: 1, contracts: 1 }));
    const [from] = chain.world.contracts as [TestContract];
    const targets = Array.from({ length: 12 }, (_, i) => sha256Hex(Buffer.from(`target ${i}`)) as AccountId);
    const orders = targets.map((to) => chain.world.order(from, to, { value: 1_000_000_000n }));
    const delivered: AccountId[] = [];
    let offered = 0;
    for (let blocks = 0; blocks < 40 && delivered.length < targets.length; blocks++) {
      const sealed = extend(chain, orders.slice(offered), { limits: NARROW });
      expect(sealed.gasUsed).toBeLessThanOrEqual(NARROW.gasMax);
      offered += sealed.externals.length;
      for (const { detail } of sealed.receipts) {
        const account = decodeTransactionDetail(detail)!.account;
        if (account !== from.id) delivered.push(account);
      }
    }
    expect(delivered).toEqual(targets);
    for (const target of targets) expect(balanceOf(chain, target)).toBe(1_000_000_000n);
  });

  it("never keep external messages out of a block, however many wait", () => {
    const chain = chainOf(new TvmWorld({ threads: 1, contracts: 3 }));
    const [a, b, c] = chain.world.contracts as [TestContract, TestContract, TestContract];
    const orders = Array.from({ length: 40 }, () => chain.world.order(a, b.id, { value: 1_000_000n }));
    const late = chain.world.order(c, b.id, { value: 1_000_000n });
    extend(chain, orders, { limits: NARROW });
    const { externals } = extend(chain, [late], { limits: NARROW });
    expect(externals).toEqual([late]);
  });
});

describe("messages that cannot arrive", () => {
  it("bounce back to their sender within a thread, the fees paid", () => {
    const chain = chainOf(new TvmWorld({ threads: 1, contracts: 1 }));
    const [from] = chain.world.contracts as [TestContract];
    const nowhere = sha256Hex(Buffer.from("nowhere")) as AccountId;
    const { receipts } = extend(chain, [chain.world.order(from, nowhere, { value: 1_000_000_000n, bounce: true })]);
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.computeSkipped, 0, 0]);
    expect(balanceOf(chain, nowhere)).toBe(0n);
    expect(balanceOf(chain, from.id)).toBeGreaterThan(TVM_TEST_BALANCE - 100_000_000n);
  });

  it("[I11] bounce back across threads", () => {
    const world = new TvmWorld({ threads: 2, contracts: 8 });
    const [here, there] = [chainOf(world, 0), chainOf(world, 1)];
    const [from] = world.contractsOf(here.threadId) as [TestContract];
    const nowhere = `f${sha256Hex(Buffer.from("nowhere")).slice(1)}` as AccountId;
    const sent = extend(here, [world.order(from, nowhere, { value: 1_000_000_000n, bounce: true })]);
    expect(sent.outbound.map(({ destination }) => destination)).toEqual([nowhere]);
    const back = extend(there, [], { imports: [rangeOf(here.threadId, 1n, sent.outbound)] });
    expect(back.outbound.map(({ destination }) => destination)).toEqual([from.id]);
    const before = balanceOf(here, from.id);
    extend(here, [], { imports: [rangeOf(there.threadId, 1n, back.outbound)] });
    const returned = balanceOf(here, from.id) - before;
    expect(returned).toBeGreaterThan(990_000_000n);
    expect(returned).toBeLessThan(1_000_000_000n);
    // Later than the message that it answers, and that one later than what sent it.
    const lts = [sent.outbound, back.outbound].map(([message]) => readInternal(message!.body)!.view.createdLt);
    expect(lts[1]).toBeGreaterThan(lts[0]!);
  });

  it("come back from workchains that do not exist here, or are lost to the fees", () => {
    for (const bounce of [true, false]) {
      const chain = chainOf(new TvmWorld({ threads: 1, contracts: 1 }));
      const [from] = chain.world.contracts as [TestContract];
      const masterchain = new Address(-1, Buffer.alloc(32, 7));
      const { receipts } = extend(chain, [chain.world.orderTo(from, masterchain, { value: 1_000_000_000n, bounce })]);
      expect(receipts.map(({ code }) => code)).toEqual(bounce ? [0, 0] : [0]);
      const cost = TVM_TEST_BALANCE - balanceOf(chain, from.id);
      expect(cost > 1_000_000_000n).toBe(!bounce);
    }
  });
});

describe("contracts that misbehave", () => {
  it("an endless loop ends at the limit of gas, billed, and the block goes on", () => {
    const looping = contractOf("f80090ea");
    const chain = chainWith(looping);
    const message = envelopeOf(looping, Cell.EMPTY, EXPIRY_MS);
    const { receipts, gasUsed } = extend(chain, [message]);
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.computeFailed]);
    const atMost = TRANSACTION_GAS_BASE + BLOCK_GAS_PER_VM_GAS * TRANSACTION_GAS_MAX;
    expect(gasUsed).toBeGreaterThan(BigInt(atMost - 20_000));
    expect(gasUsed).toBeLessThan(BigInt(atMost + 20_000));
    expect(balanceOf(chain, looping.id)).toBeLessThan(TVM_TEST_BALANCE);
    expect(executor.describeReceipt(receipts[0]!.code)).toMatchObject({ code: "aborted" });
  });

  it("[M3] a message that is not accepted changes nothing, and its receipt says so", () => {
    const closed = contractOf("f22a", 1);
    const chain = chainWith(closed);
    const message = envelopeOf(closed, Cell.EMPTY, EXPIRY_MS);
    const before = executor.account(chain.state, closed.id).value;
    const { receipts } = extend(chain, [message]);
    expect(receipts).toMatchObject([{ code: TVM_RECEIPT.notAccepted }]);
    expect(Buffer.from(receipts[0]!.detail).readInt32BE()).toBe(42);
    expect(executor.account(chain.state, closed.id).value).toEqual(before);
  });
});

describe("an external message that runs no contract", () => {
  const closed = contractOf("f800", 7);
  const without = (to: TestContract): Uint8Array => {
    const boc = encodeExternalTo(addressOf(to.id), { body: Cell.EMPTY, init: null });
    return encodeTvmEnvelope({ networkId: TEST_NETWORK, expiresAtMs: unixMs(EXPIRY_MS), boc });
  };

  it("[M3] changes nothing in a block, and its receipt says that none ran", () => {
    for (const to of [closed, contractOf("f800", 8)]) {
      // The first one has money, the second one is not there at all.
      const chain = chainWith(closed);
      const before = executor.account(chain.state, to.id).value;
      const { receipts } = extend(chain, [without(to)]);
      expect(receipts).toMatchObject([{ code: TVM_RECEIPT.computeSkipped, gasUsed: TRANSACTION_GAS_BASE }]);
      expect(decodeTransactionDetail(receipts[0]!.detail)).toBeNull();
      expect(decodeRefusalDetail(receipts[0]!.detail)).toBeNull();
      expect(executor.describeReceipt(receipts[0]!.code)).toMatchObject({ code: "computeSkipped" });
      expect(executor.account(chain.state, to.id).value).toEqual(before);
    }
  });
});

describe("at the door", () => {
  const world = new TvmWorld({ threads: 1, contracts: 1 });
  const [contract] = world.contracts as [TestContract];
  const chain = chainOf(world);

  function codeOf(message: Uint8Array): string {
    const [admitted] = executor.admit([message]);
    if (!admitted!.ok) return admitted!.error.code;
    const context = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: world.threadsTable };
    return executor.precheck(chain.state, admitted!.value, context)?.code ?? "good";
  }

  function envelope(boc: Uint8Array, networkId = TEST_NETWORK): Uint8Array {
    return encodeTvmEnvelope({ networkId, expiresAtMs: unixMs(EXPIRY_MS), boc });
  }

  it("says exactly what is wrong with bad input", () => {
    const deep = Array.from({ length: 600 }).reduce<Cell>(
      (cell) => beginCell().storeRef(cell).endCell(),
      beginCell().endCell(),
    );
    const to = (workchain: number): Uint8Array =>
      encodeExternalTo(new Address(workchain, Buffer.alloc(32, 1)), { body: Cell.EMPTY, init: null });
    const inward = beginCell().storeUint(0, 1).endCell();
    const withChecksum = Cell.fromBoc(Buffer.from(to(0)))[0]!.toBoc({ idx: true, crc32: true });
    expect(codeOf(envelope(Buffer.from("no cells at all")))).toBe("malformed");
    expect(codeOf(envelope(new Uint8Array(70_000)))).toBe("tooLarge");
    expect(codeOf(envelope(writeCell(deep)))).toBe("malformed");
    expect(codeOf(envelope(writeCell(inward)))).toBe("malformed");
    expect(codeOf(envelope(withChecksum))).toBe("malformed");
    expect(codeOf(envelope(to(0), sha256Hex(Buffer.from("elsewhere")) as typeof TEST_NETWORK))).toBe("wrongNetwork");
    expect(codeOf(envelope(to(-1)))).toBe("noThread");
    expect(codeOf(envelope(to(0)))).toBe("computeSkipped");
    expect(codeOf(world.order(contract, contract.id, { value: 1n }))).toBe("good");
  });

  it("[I12] a message whose init is a graph of shared cells is read in microseconds", () => {
    const init = stateInitCell(sharedForks(250));
    for (const inCell of [true, false]) {
      const boc = writeCell(externalWithInit(new Address(WORKCHAIN, init.hash()), init, inCell));
      expect(boc.length).toBeLessThan(2_000);
      expect(parseExternal(boc)).toMatchObject({ ok: true, value: { account: init.hash().toString("hex") } });
      expect(codeOf(envelope(boc))).toBe("computeSkipped");
    }
  });

  it("[I12] so are an internal message and an account", () => {
    const graph = sharedForks(250);
    const to = new Address(WORKCHAIN, Buffer.alloc(32, 1));
    const header = beginCell().storeUint(0b0110, 4).storeAddress(to).storeAddress(to).storeCoins(7);
    const body = writeCell(
      header
        .storeBit(true)
        .storeRef(graph)
        .storeUint(0, 4 + 4 + 64 + 32 + 2)
        .endCell(),
    );
    expect(readInternal(body)).toMatchObject({ carried: 7n, view: { type: "internal" } });
    const uninit = TvmAccount.fromShardAccount({
      account: {
        addr: to,
        storageStats: { used: { cells: 1n, bits: 103n }, storageExtra: null, lastPaid: 0, duePayment: null },
        storage: { lastTransLt: 0n, balance: { coins: 7n }, state: { type: "uninit" } },
      },
      lastTransactionHash: 0n,
      lastTransactionLt: 0n,
    });
    const [shard] = Cell.fromBoc(Buffer.from(uninit.bytes)) as [Cell];
    const slice = shard.refs[0]!.beginParse();
    // No other currencies, and the two bits of an account without code, make way for what is active.
    const account = beginCell().storeBits(slice.loadBits(slice.remainingBits - 3));
    account.storeBit(true).storeRef(graph).storeBit(true).storeSlice(stateInitCell(graph).beginParse());
    const bytes = writeCell(beginCell().storeRef(account).storeBits(shard.bits).endCell());
    const read = TvmAccount.decode(bytes)!;
    expect(read.balance).toBe(7n);
    expect(read.contract?.code?.hash()).toEqual(Cell.EMPTY.hash());
  });
});

describe("deep cells", () => {
  it("[I12] of a message that is let in are executed, and read in what they are wrapped in then", () => {
    const chain = chainOf(new TvmWorld({ threads: 1, contracts: 1 }));
    const [contract] = chain.world.contracts as [TestContract];
    const sent = beginCell()
      .store(storeMessageRelaxed(internal({ to: addressOf(contract.id), value: 1_000_000_000n })))
      .endCell();
    const body = beginCell().storeUint(1, 64).storeRef(sent).storeRef(nested(510)).endCell();
    const { receipts } = extend(chain, [envelopeOf(contract, body, EXPIRY_MS)]);
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.done, TVM_RECEIPT.done]);
  });

  it("[I12] are read again from an account's data", () => {
    // ACCEPT DROP LDREF DROP POPROOT: keeps what the message's body refers to.
    const keeping = contractOf("f80030d430ed54", 3);
    const chain = chainWith(keeping);
    const body = beginCell().storeRef(nested(511)).endCell();
    const { receipts } = extend(chain, [envelopeOf(keeping, body, EXPIRY_MS)]);
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.done]);
    const { value } = executor.account(chain.state, keeping.id);
    expect(TvmAccount.decode(value!)?.contract?.data?.depth()).toBe(511);
  });

  it("[I12] of tuples that a method leaves break nothing", () => {
    // ACCEPT NULL 1000 PUSHINT PUSHCONT { 1 TUPLE } REPEAT: a tuple in a tuple in a tuple.
    const nesting = contractOf("f8006d8103e8926f01e4", 4);
    const chain = chainWith(nesting);
    extend(chain, [envelopeOf(nesting, Cell.EMPTY, EXPIRY_MS)]);
    const ask = { type: "getMethod", account: nesting.id, methodId: 1, stack: writeCell(serializeTuple([])) } as const;
    const context = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: chain.world.threadsTable };
    const answers = [1, 2].map(() => executor.query(chain.state, ask, context));
    expect(answers[0]).toMatchObject({ type: "getMethod", exitCode: 0 });
    expect(answers[1]).toEqual(answers[0]);
  });

  it("[I12] of tuples that hold the same tuple twice end as if gas were over, and the next question is answered", () => {
    // ACCEPT NULL 40 PUSHINT PUSHCONT { DUP 2 TUPLE } REPEAT: little gas, and 2^40 parts.
    const doubling = contractOf("f8006d81002893206f02e4", 5);
    const chain = chainWith(doubling);
    extend(chain, [envelopeOf(doubling, Cell.EMPTY, EXPIRY_MS)]);
    const ask = { type: "getMethod", account: doubling.id, methodId: 1, stack: writeCell(serializeTuple([])) } as const;
    const context = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: chain.world.threadsTable };
    const answers = [1, 2].map(() => executor.query(chain.state, ask, context));
    for (const answer of answers) expect(answer).toMatchObject({ type: "getMethod", exitCode: -14 });
  });
});

function nested(depth: number): Cell {
  let cell = Cell.EMPTY;
  for (let i = 0; i < depth; i++) cell = beginCell().storeRef(cell).endCell();
  return cell;
}

/** A dictionary with 2^levels keys, of a cell a level. */
function sharedForks(levels: number): Cell {
  let cell = beginCell().storeUint(0, 2).storeUint(0, 8).endCell();
  for (let i = 0; i < levels; i++) cell = beginCell().storeUint(0, 2).storeRef(cell).storeRef(cell).endCell();
  return cell;
}

function stateInitCell(libraries: Cell): Cell {
  return beginCell()
    .storeUint(0b00, 2)
    .storeMaybeRef(Cell.EMPTY)
    .storeMaybeRef(null)
    .storeMaybeRef(libraries)
    .endCell();
}

function externalWithInit(to: Address, init: Cell, inCell: boolean): Cell {
  const message = beginCell().storeUint(0b10, 2).storeAddress(null).storeAddress(to).storeCoins(0).storeBit(true);
  if (inCell) message.storeBit(true).storeRef(init);
  else message.storeBit(false).storeSlice(init.beginParse());
  return message.storeBit(false).endCell();
}

describe("questions", () => {
  /** A method of any number gives its number: the machine starts with it on the stack. */
  const echo = contractOf("f800", 2);
  const chain = chainWith(echo);
  const context = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: chain.world.threadsTable };
  const stack = (items: TupleItem[]): Uint8Array => writeCell(serializeTuple(items));

  it("run methods of contracts, and refuse those of accounts without code", () => {
    const ask = { type: "getMethod", account: echo.id, methodId: 99_000, stack: stack([]) } as const;
    expect(executor.query(chain.state, ask, context)).toMatchObject({ rejection: { code: "unknownAccount" } });
    extend(chain, [envelopeOf(echo, Cell.EMPTY, EXPIRY_MS)]);
    const answer = executor.query(chain.state, { ...ask, stack: stack([{ type: "int", value: 7n }]) }, context);
    if (answer.type !== "getMethod") throw new Error(JSON.stringify(answer));
    expect(answer.exitCode).toBe(0);
    expect(parseTuple(Cell.fromBoc(Buffer.from(answer.stack))[0]!)).toEqual([
      { type: "int", value: 7n },
      { type: "int", value: 99_000n },
    ]);
    const broken = executor.query(chain.state, { ...ask, stack: Uint8Array.of(1, 2, 3) }, context);
    expect(broken).toMatchObject({ type: "refused", rejection: { code: "malformed" } });
  });

  it("tell what a message would do, and change nothing", () => {
    const { root } = chain.state;
    const boc = encodeExternalTo(contractAddress(WORKCHAIN, echo.init), { body: Cell.EMPTY, init: echo.init });
    const query = { type: "emulate", message: boc, ignoresSignatures: true } as const;
    expect(executor.query(chain.state, query, context)).toMatchObject({ type: "emulated" });
    expect(chain.state.root).toBe(root);
  });
});

describe("a question to a worker", () => {
  it("[I12] ends when its time is over, however little its method does", async () => {
    const { threadId, world, genesis, request } = buildSampleBlock(executor).sample;
    const clock = new ManualClock(GENESIS_TIME_MS);
    let isHurried = false;
    const worker = createWorkerExecution(
      { threadId, threadsTable: world.threadsTable },
      {
        executor: tvmExecutorSource({ networkId: TEST_NETWORK }),
        clock: {
          nowMs: () => clock.nowMs(),
          setTimer: (delayMs, callback) => {
            const timer = clock.setTimer(delayMs, callback);
            if (isHurried) clock.advance(delayMs);
            return timer;
          },
        },
        logger: silentLogger,
      },
    );
    await worker.load(genesis, ZERO_BLOCK_ID);
    const { ref } = unwrap(await worker.build({ ...request, parent: { block: ZERO_BLOCK_ID } }));
    const blockId = "ab".repeat(32) as BlockId;
    worker.bind(ref, blockId);
    const [contract] = world.contractsOf(threadId);
    const ask = (): Promise<unknown> =>
      worker.query(
        { type: "getMethod", account: contract!.id, methodId: 0, stack: writeCell(serializeTuple([])) },
        blockId,
      );
    expect(await ask()).toMatchObject({ type: "getMethod", exitCode: 0 });
    isHurried = true;
    expect(await ask()).toMatchObject({ type: "getMethod", exitCode: -14 });
    isHurried = false;
    expect(await ask()).toMatchObject({ type: "getMethod", exitCode: 0 });
    await worker.close();
  });
});

describe("determinism", () => {
  it("builds the very same block in this thread, in a worker and in a fresh process", async () => {
    const here = buildSampleBlock(executor);
    const { threadId, world, genesis, request } = here.sample;
    const worker = createWorkerExecution(
      { threadId, threadsTable: world.threadsTable },
      {
        executor: tvmExecutorSource({ networkId: TEST_NETWORK }),
        clock: new ManualClock(GENESIS_TIME_MS),
        logger: silentLogger,
      },
    );
    await worker.load(genesis, ZERO_BLOCK_ID);
    const there = unwrap(await worker.build({ ...request, parent: { block: ZERO_BLOCK_ID } }));
    worker.bind(there.ref, ZERO_BLOCK_ID);
    await worker.close();
    expect(there.stateUpdate).toEqual(here.sealed.stateUpdate);
    expect(there.receipts).toEqual(here.sealed.receipts);
    expect(there.outbound).toEqual(here.sealed.outbound);
    const script = fileURLToPath(new URL("../../dist/testing/printSampleBlock.js", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    expect(stdout.trim()).toBe(here.digest);
  });
});

it("every executor of this engine is a virtual machine of its own", async () => {
  const other: Executor = createExecutor(
    tvmEngine({ networkId: TEST_NETWORK }, { emulator: await TvmEmulator.create() }),
  );
  expect(buildSampleBlock(other).digest).toBe(buildSampleBlock(executor).digest);
});
