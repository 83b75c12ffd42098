import { Address, beginCell, Cell, Dictionary, type ShardAccount, storeShardAccount } from "@ton/core";
import { describe, expect, it } from "vitest";
import { viewShardAccount } from "./accountView.js";
import { writeCell } from "./bagOfCells.js";
import { BocView } from "./bocView.js";
import { TvmAccount } from "./tvmAccount.js";

type State = NonNullable<ShardAccount["account"]>["storage"]["state"];

const CODE = beginCell().storeUint(1, 8).endCell();
const DATA = beginCell().storeUint(2, 8).storeRef(CODE).endCell();
const extra = Dictionary.empty(Dictionary.Keys.Uint(32), Dictionary.Values.BigVarUint(5)).set(7, 9n);

function shardOf(state: State, more: Partial<NonNullable<ShardAccount["account"]>["storageStats"]> = {}): ShardAccount {
  return {
    account: {
      addr: new Address(0, Buffer.alloc(32, 5)),
      storageStats: {
        used: { cells: 300n, bits: 70_000n },
        storageExtra: null,
        lastPaid: 77,
        duePayment: null,
        ...more,
      },
      storage: { lastTransLt: 11n, balance: { coins: 123_456_789n, other: extra }, state },
    },
    lastTransactionHash: 0xabcn,
    lastTransactionLt: 10n,
  };
}

const bagOf = (shard: ShardAccount): BocView =>
  new BocView(writeCell(beginCell().store(storeShardAccount(shard)).endCell()));

describe("viewShardAccount", () => {
  it.each([
    ["uninitialized", { type: "uninit" }, {}],
    ["active", { type: "active", state: { code: CODE, data: DATA, splitDepth: 3 } }, { duePayment: 5n }],
    ["active", { type: "active", state: { code: null, data: DATA, special: { tick: true, tock: false } } }, {}],
    ["frozen", { type: "frozen", stateHash: 0x1234n }, { storageExtra: { dictHash: 5n } }],
  ] as const)("sees what the library wrote of an account that is %s", (type, state, more) => {
    const shard = shardOf(state, more);
    const bag = bagOf(shard);
    const { account, lastTransaction } = viewShardAccount(bag);
    expect([lastTransaction.lt, Buffer.from(lastTransaction.hash).toString("hex")]).toEqual([
      10n,
      "abc".padStart(64, "0"),
    ]);
    expect([account?.balance, account?.state.type]).toEqual([123_456_789n, type]);
    const seen = account!.state;
    const hashOf = (cell: number | null): string | null =>
      cell === null ? null : Buffer.from(bag.hash(cell)).toString("hex");
    if (state.type === "active" && seen.type === "active")
      expect([hashOf(seen.code), hashOf(seen.data)]).toEqual([
        state.state.code?.hash().toString("hex") ?? null,
        DATA.hash().toString("hex"),
      ]);
    if (seen.type === "frozen") expect(Buffer.from(seen.hash).toString("hex")).toBe("1234".padStart(64, "0"));
  });

  it("sees none where there is none", () => {
    const shard = { account: null, lastTransactionHash: 5n, lastTransactionLt: 6n };
    expect(viewShardAccount(bagOf(shard))).toMatchObject({ account: null, lastTransaction: { lt: 6n } });
    expect(TvmAccount.decode(writeCell(Cell.EMPTY))).toBeNull();
    expect(TvmAccount.decode(writeCell(beginCell().storeUint(1, 320).storeRef(CODE).endCell()))).toBeNull();
  });
});
