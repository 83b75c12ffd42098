import { beginCell, Cell, loadShardAccount, type ShardAccount, type StateInit, storeStateInit } from "@ton/core";
import { unixMs, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { createExecutor } from "../createExecutor.js";
import { GENESIS_TIME_MS, TEST_NETWORK } from "../testing/ledgerWorld.js";
import { chainWithMoney, extend, type TvmChain } from "../testing/tvmChain.js";
import { contractOf, envelopeOf, type TestContract, TVM_TEST_BALANCE, TvmWorld } from "../testing/tvmWorld.js";
import { TvmEmulator } from "./emulator.js";
import { addressOf } from "./tvmAddress.js";
import { tvmEngine } from "./tvmEngine.js";
import { TVM_RECEIPT } from "./tvmReceipt.js";

const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator: await TvmEmulator.create() }));
const COIN = 1_000_000_000n;
const YEAR_MS = 365 * 86_400_000;
const TTL_MS = 30_000;

const [payer] = new TvmWorld({ threads: 1, contracts: 1 }).contracts as [TestContract];
/** ACCEPT DROP LDREF DROP POPROOT: keeps what the message's body refers to, which is not what its address is the hash of. */
const keeper = contractOf("f80030d430ed54", 3);

/** Some 4,000 bytes, for whose storage a twentieth of a coin does not last a year. */
function manyCells(): Cell {
  let cell = Cell.EMPTY;
  for (let i = 0; i < 40; i++)
    cell = beginCell().storeUint(i, 32).storeBuffer(Buffer.alloc(100, i)).storeRef(cell).endCell();
  return cell;
}

const DATA = manyCells();
/** What the contract is when it freezes. */
const LAST_STATE: StateInit = { code: keeper.init.code ?? null, data: DATA };
const cellOf = (state: StateInit): Cell => beginCell().store(storeStateInit(state)).endCell();

function accountOf(chain: TvmChain): NonNullable<ShardAccount["account"]> {
  const { value } = executor.account(chain.state, keeper.id);
  const { account } = loadShardAccount(Cell.fromBoc(Buffer.from(value!))[0]!.beginParse());
  return account!;
}

const callAt = (timeMs: number): Uint8Array =>
  envelopeOf(keeper, beginCell().storeRef(DATA).endCell(), timeMs + TTL_MS);

/** A bounceable payment that brings a state init, with a body that the contract understands. */
function payWithState(state: StateInit, value: bigint, timeMs: number): Uint8Array {
  const body = beginCell().storeRef(DATA).endCell();
  // An internal message, its source left to be filled in; init and body each in a cell of its own.
  const sent = beginCell()
    .storeUint(0b011000, 6)
    .storeAddress(addressOf(keeper.id))
    .storeCoins(value)
    .storeUint(0, 1 + 4 + 4 + 64 + 32)
    .storeUint(0b11, 2)
    .storeRef(cellOf(state))
    .storeUint(1, 1)
    .storeRef(body)
    .endCell();
  return envelopeOf(payer, beginCell().storeUint(9, 64).storeRef(sent).endCell(), timeMs + TTL_MS);
}

/** A contract with data and little money, paid a nanoton when it owes more for its storage than it may. */
function frozenChain(): { readonly chain: TvmChain; readonly nowMs: number } {
  const chain = chainWithMoney(executor, [
    [payer, TVM_TEST_BALANCE],
    [keeper, COIN / 20n],
  ]);
  extend(chain, [callAt(GENESIS_TIME_MS)]);
  expect(accountOf(chain).storage.state.type).toBe("active");
  const nowMs = GENESIS_TIME_MS + 12 * YEAR_MS;
  const touch = chain.world.order(payer, keeper.id, { value: 1n, expiresAtMs: nowMs + TTL_MS });
  extend(chain, [touch], { timeMs: nowMs });
  return { chain, nowMs };
}

describe("a contract that cannot pay for its storage", () => {
  it("[I10] freezes: of what it was, the hash is left", () => {
    const { chain } = frozenChain();
    const { storage } = accountOf(chain);
    expect(storage.balance.coins).toBe(0n);
    expect(storage.state).toEqual({
      type: "frozen",
      stateHash: BigInt(`0x${cellOf(LAST_STATE).hash().toString("hex")}`),
    });
  });

  it("runs nothing then: external messages and methods are refused, and nothing changes", () => {
    const { chain, nowMs } = frozenChain();
    const before = executor.account(chain.state, keeper.id).value;
    const context = { nowMs: unixMs(nowMs), threadsTable: chain.world.threadsTable };
    const [admitted] = executor.admit([callAt(nowMs)]);
    expect(executor.precheck(chain.state, unwrap(admitted!), context)?.code).toBe("computeSkipped");
    const { receipts } = extend(chain, [callAt(nowMs)], { timeMs: nowMs });
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.computeSkipped]);
    expect(executor.account(chain.state, keeper.id).value).toEqual(before);
  });

  it("[I10] does not come back with another state than it had, not even the one that its address is the hash of", () => {
    const { chain, nowMs } = frozenChain();
    const { stateHash } = accountOf(chain).storage.state as { stateHash?: bigint };
    const { receipts } = extend(chain, [payWithState(keeper.init, 10n * COIN, nowMs)], { timeMs: nowMs });
    // The payment came back; the last receipt is that of the external message.
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.computeSkipped, TVM_RECEIPT.done, TVM_RECEIPT.done]);
    expect(accountOf(chain).storage.state).toEqual({ type: "frozen", stateHash });
  });

  it("[I10] comes back with the state that it had and money for what it owes, and works again", () => {
    const { chain, nowMs } = frozenChain();
    const { receipts } = extend(chain, [payWithState(LAST_STATE, 10n * COIN, nowMs)], { timeMs: nowMs });
    expect(receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.done, TVM_RECEIPT.done]);
    const { storage } = accountOf(chain);
    expect(storage.state.type).toBe("active");
    expect(storage.balance.coins).toBeGreaterThan(COIN);
    const again = extend(chain, [callAt(nowMs + 1_000)], { timeMs: nowMs + 1_000 });
    expect(again.receipts.map(({ code }) => code)).toEqual([TVM_RECEIPT.done]);
  });
});
