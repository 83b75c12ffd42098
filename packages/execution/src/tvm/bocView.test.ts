import { beginCell, Cell, Dictionary, loadTransaction, storeMessage } from "@ton/core";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "@sealwright/types/testing";
import { unwrap } from "@sealwright/types";
import { TvmWorld } from "../testing/tvmWorld.js";
import { readCell, writeCell } from "./bagOfCells.js";
import { BocView } from "./bocView.js";
import { readPlainExternal } from "./plainExternal.js";
import { bocOfEnvelope, parseAnyExternal } from "./tvmMessage.js";
import { TvmEmulator } from "./emulator.js";
import { NO_ACCOUNT } from "./tvmAccount.js";
import { lastTransactionHash, viewTransaction } from "./transaction.js";
import { encodeExternalTo } from "./tvmMessage.js";
import { addressOf } from "./tvmAddress.js";

const MUTATIONS = 2_000;
const random = new SeededRandom(20);
const below = (max: number): number => Buffer.from(random.bytes(4)).readUInt32LE() % max;

/** Of at most `depth` levels; cells below are used again now and then, as equal cells of real messages are. */
function randomCell(depth: number): Cell {
  const builder = beginCell();
  const bits = below(4) === 0 ? below(1_023) : below(80);
  for (let i = 0; i < bits; i++) builder.storeBit(below(2));
  const refs = depth === 0 ? 0 : below(5);
  let last = Cell.EMPTY;
  for (let i = 0; i < refs; i++) builder.storeRef((last = below(4) === 0 ? last : randomCell(depth - 1)));
  return builder.endCell();
}

describe("BocView", () => {
  it("reads the cells that the library wrote", () => {
    for (let i = 0; i < 200; i++) {
      const cell = randomCell(3);
      for (const options of [
        { idx: false, crc32: false },
        { idx: true, crc32: true },
      ]) {
        const view = new BocView(cell.toBoc(options));
        expect(view.toCell(view.root).hash()).toEqual(cell.hash());
        const single = view.writeSingle(view.root);
        expect(single).toEqual(cell.refs.length === 0 ? writeCell(cell) : null);
      }
    }
  });
});

describe("readPlainExternal", () => {
  const account = new TvmWorld({ threads: 1, contracts: 1 }).contracts[0]!;
  const boc = (): Uint8Array => {
    const init = below(2) === 0 ? account.init : null;
    return encodeExternalTo(addressOf(account.id), { body: randomCell(below(3)), init });
  };

  it("takes what clients send", () => {
    const world = new TvmWorld({ threads: 1, contracts: 2 });
    const [from, to] = world.contracts;
    expect(readPlainExternal(bocOfEnvelope(world.order(from!, to!.id, { value: 1n })))).toBe(from!.id);
    const taken = Array.from({ length: 100 }, boc).filter((bytes) => readPlainExternal(bytes) === account.id);
    expect(taken.length).toBeGreaterThan(95);
  });

  it("says nothing of changed bytes that the full reading does not say as well", () => {
    const messages = Array.from({ length: 100 }, boc);
    let taken = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = messages[i % messages.length]!.slice();
      for (let changes = 1 + below(2); changes > 0; changes--) {
        const at = below(3) === 0 ? below(Math.min(16, bytes.length)) : below(bytes.length);
        bytes[at] = below(2) === 0 ? bytes[at]! ^ (1 << below(8)) : below(256);
      }
      const plain = readPlainExternal(bytes);
      if (plain === null) continue;
      taken += 1;
      const full = unwrap(parseAnyExternal(bytes));
      expect(full.account).toBe(plain);
      expect(Buffer.from(full.boc).equals(bytes)).toBe(true);
    }
    expect(taken).toBeGreaterThan(MUTATIONS / 10);
  });

  it("leaves a bag in which a cell is there twice, or in another order, to the full reading", () => {
    const body = beginCell().storeRef(beginCell().storeUint(1, 8)).storeRef(beginCell().storeUint(2, 8)).endCell();
    const bytes = encodeExternalTo(addressOf(account.id), { body, init: null });
    expect(readPlainExternal(bytes)).toBe(account.id);
    const [first, second] = [bytes.length - 3, bytes.length - 6];
    const twice = bytes.slice();
    twice.set(bytes.subarray(second, second + 3), first);
    expect(readCell(twice)).not.toBeNull();
    expect(readPlainExternal(twice)).toBeNull();
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(second, second + 3), first);
    swapped.set(bytes.subarray(first, first + 3), second);
    const refsAt = second - 2;
    [swapped[refsAt], swapped[refsAt + 1]] = [bytes[refsAt + 1]!, bytes[refsAt]!];
    expect(readCell(swapped)?.hash()).toEqual(readCell(bytes)?.hash());
    expect(readPlainExternal(swapped)).toBeNull();
  });
});

describe("viewTransaction", () => {
  it("sees what the library sees, in transactions of all kinds", async () => {
    const world = new TvmWorld({ threads: 1, contracts: 3 });
    const [from, to] = world.contracts;
    const emulator = await TvmEmulator.create();
    const genesis = new Map(
      world.genesis(world.threadIds[0]!).map(({ key, value }) => [Buffer.from(key).toString("hex"), value]),
    );
    let account = Buffer.from(genesis.get(`01${from!.id}`)!).toString("base64");
    const context = { nowS: 1_700_000_000, lt: 1n, randomSeed: new Uint8Array(32) };
    for (const value of [1n, 10_000_000n, 10n ** 18n, 5n]) {
      const message = Buffer.from(bocOfEnvelope(world.order(from!, to!.id, { value }))).toString("base64");
      const done = emulator.runTransaction({ shardAccount: account, message, context });
      if (done.type !== "done") throw new Error("the contract accepts every order");
      account = done.shardAccount;
      compare(done.transaction, done.shardAccount);
      const [sent] = loadTransaction(Cell.fromBase64(done.transaction).beginParse()).outMessages.values();
      if (sent === undefined) continue;
      const boc = beginCell().store(storeMessage(sent)).endCell().toBoc().toString("base64");
      const got = emulator.runTransaction({
        shardAccount: NO_ACCOUNT,
        message: boc,
        context: { ...context, lt: 9n },
      });
      if (got.type !== "done") throw new Error("an internal message makes a transaction");
      compare(got.transaction, got.shardAccount);
    }
  });

  function compare(transaction: string, shardAccount: string): void {
    const cell = Cell.fromBase64(transaction);
    const read = loadTransaction(cell.beginParse());
    const boc = new BocView(Buffer.from(transaction, "base64"));
    const view = viewTransaction(boc);
    expect(view.lt).toBe(read.lt);
    expect(view.totalFees).toBe(read.totalFees.coins);
    expect(view.isAccountGone).toBe(read.endStatus === "non-existing");
    expect(Buffer.from(lastTransactionHash(new BocView(Buffer.from(shardAccount, "base64")))).equals(cell.hash())).toBe(
      true,
    );
    const messages = cell.beginParse().loadRef().beginParse();
    if (messages.loadBit()) messages.loadRef();
    const sent = [...messages.loadDict(Dictionary.Keys.Uint(15), Dictionary.Values.Cell()).values()];
    expect(view.outMessages.map((one) => boc.toCell(one).hash())).toEqual(sent.map((one) => one.hash()));
    if (read.description.type !== "generic") throw new Error("an ordinary transaction");
    const { computePhase: compute, actionPhase: action } = read.description;
    expect(view.exitCode).toBe(compute.type === "vm" ? compute.exitCode : null);
    expect(view.gasUsed).toBe(compute.type === "vm" ? Number(compute.gasUsed) : 0);
    expect(view.actionCode).toBe(compute.type === "vm" ? (action?.resultCode ?? null) : null);
  }
});
