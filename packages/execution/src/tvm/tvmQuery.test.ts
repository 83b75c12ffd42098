import {
  beginCell,
  Cell,
  contractAddress,
  parseTuple,
  serializeTuple,
  type StateInit,
  type TupleItem,
} from "@ton/core";
import { type AccountId, assert } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { EngineAnswer } from "../executor.js";
import { writeCell } from "./bagOfCells.js";
import { TvmEmulator } from "./emulator.js";
import { viewTransaction } from "./transaction.js";
import { BocView } from "./bocView.js";
import { TvmAccount } from "./tvmAccount.js";
import { accountIdOfAddress, addressOf, WORKCHAIN } from "./tvmAddress.js";
import { TRANSACTION_GAS_MAX } from "./tvmConfig.js";
import { encodeExternalTo } from "./tvmMessage.js";
import { answerQuery } from "./tvmQuery.js";

const emulator = await TvmEmulator.create();
const OUT_OF_GAS = -14;
const NOW_S = 1_800_000_000;
const RICH = 1_000_000_000_000n;
const NEVER_OVER = (): boolean => false;

const ACCEPT = "f800";
/** PUSHCONT { NOP } AGAIN */
const ENDLESS = "9100ea";
/** 59 PUSHPOW2 SETGASLIMIT */
const NO_LIMIT = "833bf801";

interface Contract {
  readonly id: AccountId;
  readonly init: StateInit & { readonly code: Cell; readonly data: Cell };
}

function contractOf(code: string | Cell): Contract {
  const cell = typeof code === "string" ? beginCell().storeBuffer(Buffer.from(code, "hex")).endCell() : code;
  const init = { code: cell, data: beginCell().storeUint(5, 32).endCell() };
  return { id: accountIdOfAddress(contractAddress(WORKCHAIN, init))!, init };
}

type Standing = "deployed" | "funded" | "absent";

function accountOf({ id, init }: Contract, standing: Standing, coins = RICH): TvmAccount | null {
  if (standing === "absent") return null;
  return TvmAccount.fromShardAccount({
    account: {
      addr: addressOf(id),
      storageStats: { used: { cells: 3n, bits: 500n }, storageExtra: null, lastPaid: NOW_S, duePayment: null },
      storage: {
        lastTransLt: 0n,
        balance: { coins },
        state: standing === "deployed" ? { type: "active", state: init } : { type: "uninit" },
      },
    },
    lastTransactionHash: 0n,
    lastTransactionLt: 0n,
  });
}

interface Asked {
  readonly isOver?: () => boolean;
  readonly stack?: TupleItem[];
  readonly methodId?: number;
}

function ask(contract: Contract, { isOver = NEVER_OVER, stack = [], methodId = 77 }: Asked = {}): EngineAnswer {
  const accounts = { get: () => accountOf(contract, "deployed") };
  const query = { type: "getMethod", account: contract.id, methodId, stack: writeCell(serializeTuple(stack)) } as const;
  return answerQuery(emulator, query, accounts, { nowS: NOW_S, isOver });
}

function emulate(
  contract: Contract,
  account: TvmAccount | null,
  init: StateInit | null,
  isOver = NEVER_OVER,
): EngineAnswer {
  const message = encodeExternalTo(addressOf(contract.id), { body: Cell.EMPTY, init });
  const query = { type: "emulate", message, ignoresSignatures: true } as const;
  return answerQuery(emulator, query, { get: () => account }, { nowS: NOW_S, isOver });
}

function itemsOf(answer: EngineAnswer): readonly TupleItem[] {
  assert(answer.type === "getMethod", `an answer, not ${answer.type}`);
  return parseTuple(Cell.fromBoc(Buffer.from(answer.stack))[0]!);
}

const int = (value: bigint): TupleItem => ({ type: "int", value });

/** One that runs another machine inside, without limits of its own or with far too large ones. */
function nesting(limits: string, mode: number): Cell {
  const inner = beginCell().storeBuffer(Buffer.from(ACCEPT + ENDLESS, "hex"));
  const code = beginCell().storeBuffer(Buffer.from(`${ACCEPT}7089${limits}`, "hex"));
  return code.storeUint(0xdb4, 12).storeUint(mode, 12).storeRef(inner).endCell();
}

describe("a method's gas", () => {
  it.each<[string, string | Cell]>([
    ["accepts nothing", ENDLESS],
    ["accepts", ACCEPT + ENDLESS],
    // 60000 PUSHINT PUSHCONT { NOP } REPEAT: it would end, far beyond.
    ["accepts, and would end", `${ACCEPT}8200ea609100e4`],
    ["sets a limit itself", NO_LIMIT + ENDLESS],
    ["accepts and sets a limit itself", ACCEPT + NO_LIMIT + ENDLESS],
    ["commits before", `f80f${ACCEPT}${ENDLESS}`],
    ["runs a machine inside", nesting("", 0)],
    ["runs a machine inside with gas of its own", nesting("", 128)],
    ["runs a machine inside with limits of its own", nesting("833b833b", 8 + 64 + 128)],
  ])("[I12] is over at that of one transaction when it %s", (_what, code) => {
    const answer = ask(contractOf(code));
    expect(answer).toMatchObject({ type: "getMethod", exitCode: OUT_OF_GAS, gasUsed: BigInt(TRANSACTION_GAS_MAX) });
  });
});

describe("a method's time", () => {
  it("[I12] ends it as its gas does, and the next question is answered at once", () => {
    const endless = contractOf(ACCEPT + ENDLESS);
    for (let i = 0; i < 2; i++) {
      let looks = 0;
      const answer = ask(endless, { isOver: () => ++looks > 100 });
      expect(looks).toBe(101);
      expect(answer).toMatchObject({ exitCode: OUT_OF_GAS, gasUsed: BigInt(TRANSACTION_GAS_MAX) });
      expect(itemsOf(answer)).toEqual([int(BigInt(TRANSACTION_GAS_MAX))]);
      if (i === 0) expect(ask(contractOf("f22a"))).toMatchObject({ exitCode: 42 });
    }
  });
});

describe("what a method sees of the limit", () => {
  it("is nothing: arguments, number, exit code, gas and stack are as without", () => {
    const echo = ask(contractOf("00"), { stack: [int(7n)], methodId: 99_000 });
    expect(echo).toMatchObject({ exitCode: 0, gasUsed: 23n });
    expect(itemsOf(echo)).toEqual([int(7n), int(99_000n)]);
    expect(itemsOf(ask(contractOf("30")))).toEqual([]);
    expect(ask(contractOf("f22a"))).toMatchObject({ exitCode: 42, gasUsed: 76n });
    expect(ask(contractOf("db31"))).toMatchObject({ exitCode: 1, gasUsed: 26n });
  });

  it("is nothing: its own code, its data, and gas counted from nothing", () => {
    // MYCODE; PUSHCTR c4; GASCONSUMED
    const contract = contractOf("f82aed44f807");
    const [, code, data, gas] = itemsOf(ask(contract));
    expect([code, data].map((item) => item?.type === "cell" && item.cell.hash())).toEqual([
      contract.init.code.hash(),
      contract.init.data.hash(),
    ]);
    expect(gas).toEqual(int(78n));
  });
});

describe("what a message would do", () => {
  it("[I12] ends at the gas of one transaction, whatever it accepts", () => {
    for (const code of [ACCEPT + ENDLESS, ACCEPT + NO_LIMIT + ENDLESS]) {
      const contract = contractOf(code);
      const answer = emulate(contract, accountOf(contract, "deployed"), null);
      assert(answer.type === "emulated", "it would be in a block");
      const { gasUsed, exitCode } = viewTransaction(new BocView(answer.transaction));
      expect([gasUsed, exitCode]).toEqual([TRANSACTION_GAS_MAX, OUT_OF_GAS]);
    }
  });

  it("[I12] is not told when its time is over, and the next question is answered at once", () => {
    const endless = contractOf(ACCEPT + ENDLESS);
    const plain = contractOf(ACCEPT);
    for (let i = 0; i < 2; i++) {
      let looks = 0;
      const answer = emulate(endless, accountOf(endless, "deployed"), null, () => ++looks > 100);
      expect(looks).toBe(101);
      expect(answer).toMatchObject({ type: "refused", rejection: { code: "tooLong" } });
      if (i === 0) expect(emulate(plain, accountOf(plain, "deployed"), null).type).toBe("emulated");
    }
  });

  it.each<[string, Standing, bigint, "own" | "foreign" | "none", RegExp]>([
    ["no account", "absent", 0n, "none", /too little money/],
    ["no account, and its code comes along", "absent", 0n, "own", /too little money/],
    ["money but no code", "funded", RICH, "none", /no code/],
    ["money, and another contract's code comes along", "funded", RICH, "foreign", /no code/],
    ["code but no money", "deployed", 0n, "none", /too little money/],
  ])("[M3] is nothing, as no contract runs, where there is %s", (_what, standing, coins, given, text) => {
    const contract = contractOf(ACCEPT);
    const init = { own: contract.init, foreign: contractOf("00").init, none: null }[given];
    const answer = emulate(contract, accountOf(contract, standing, coins), init);
    expect(answer).toMatchObject({ type: "refused", rejection: { code: "computeSkipped" } });
    assert(answer.type === "refused", "it is refused");
    expect(answer.rejection.text).toMatch(text);
    expect(answer.rejection.exitCode).toBeUndefined();
  });

  it("[M3] is nothing, as no contract runs, where a state init comes along that no account may have", () => {
    const contract = contractOf(ACCEPT);
    const noLibraries = beginCell().storeUint(0xffff, 16).endCell();
    const init = beginCell().storeUint(0, 2).storeMaybeRef(contract.init.code).storeMaybeRef(contract.init.data);
    const head = beginCell().storeUint(0b10, 2).storeAddress(null).storeAddress(addressOf(contract.id)).storeCoins(0);
    const cell = head.storeUint(0b11, 2).storeRef(init.storeMaybeRef(noLibraries)).storeBit(false).endCell();
    const query = { type: "emulate", message: writeCell(cell), ignoresSignatures: true } as const;
    const accounts = { get: () => accountOf(contract, "funded") };
    expect(answerQuery(emulator, query, accounts, { nowS: NOW_S, isOver: NEVER_OVER })).toMatchObject({
      rejection: { code: "computeSkipped", text: expect.stringContaining("state init that no") as unknown },
    });
  });

  it.each([
    ["ends with exit code 0", "00", 0],
    ["throws 0", "f200", 0],
    ["throws", "f22a", 42],
    ["runs out of its credit", ENDLESS, OUT_OF_GAS],
  ])("[M3] is refused with its exit code by a contract that %s without accepting", (_what, code, exitCode) => {
    const contract = contractOf(code);
    const answer = emulate(contract, accountOf(contract, "deployed"), null);
    expect(answer).toMatchObject({ type: "refused", rejection: { code: "notAccepted", exitCode } });
  });

  it("is told to whom the code comes along with the money that is there", () => {
    const contract = contractOf(ACCEPT);
    expect(emulate(contract, accountOf(contract, "funded"), contract.init).type).toBe("emulated");
  });
});
