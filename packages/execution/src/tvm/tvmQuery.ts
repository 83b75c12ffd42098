import { Cell } from "@ton/core";
import { assertNever } from "@sealwright/types";
import type { AccountReader } from "../engine.js";
import type { EngineAnswer, EngineQuery } from "../executor.js";
import { type Rejection, rejection } from "../rejection.js";
import { readCell, writeCell } from "./bagOfCells.js";
import type { TvmMachine } from "./emulator.js";
import { NO_ACCOUNT, type TvmAccount } from "./tvmAccount.js";
import { addressOf } from "./tvmAddress.js";
import { TRANSACTION_GAS_MAX } from "./tvmConfig.js";
import { parseExternal } from "./tvmMessage.js";

/** Outside of blocks a message runs as in one; what it draws by lot does not matter there. */
export const NO_SEED = new Uint8Array(32);

/** A question at a state; nothing that is asked makes it throw. */
export function answerQuery(
  emulator: TvmMachine,
  query: EngineQuery,
  accounts: AccountReader<TvmAccount>,
  nowS: number,
): EngineAnswer {
  switch (query.type) {
    case "getMethod":
      return runGetMethod(emulator, query, accounts.get(query.account), nowS);
    case "emulate":
      return emulate(emulator, query, accounts, nowS);
    default:
      return assertNever(query);
  }
}

/** Why a contract does not take an external message, in words for its sender. */
export function refusalAtTheDoor(exitCode: number | null): Rejection {
  const why = exitCode === null ? "it has no code or no money to run" : `it ended with exit code ${exitCode}`;
  return rejection("notAccepted", `the contract did not accept the external message: ${why}`);
}

function runGetMethod(
  emulator: TvmMachine,
  { account: id, methodId, stack }: Extract<EngineQuery, { type: "getMethod" }>,
  account: TvmAccount | null,
  nowS: number,
): EngineAnswer {
  const contract = account?.contract ?? null;
  if (account === null || contract === null || contract.code === null)
    return refused("unknownAccount", "no contract stands at this address");
  const cell = readCell(stack);
  if (cell === null) return refused("malformed", "the stack is no bag of cells");
  const { code, data } = contract;
  const answer = emulator.runGetMethod({
    code: base64Of(writeCell(code)),
    data: data === null ? EMPTY_CELL : base64Of(writeCell(data)),
    stack: base64Of(writeCell(cell)),
    methodId,
    address: addressOf(id).toRawString(),
    balance: account.balance,
    nowS,
    gasMax: BigInt(TRANSACTION_GAS_MAX),
    randomSeed: NO_SEED,
  });
  if (answer.type === "failed") return refused("malformed", answer.reason);
  const { exitCode, gasUsed } = answer;
  return { type: "getMethod", exitCode, gasUsed, stack: new Uint8Array(Buffer.from(answer.stack, "base64")) };
}

function emulate(
  emulator: TvmMachine,
  { message: boc, ignoresSignatures }: Extract<EngineQuery, { type: "emulate" }>,
  accounts: AccountReader<TvmAccount>,
  nowS: number,
): EngineAnswer {
  const parsed = parseExternal(boc);
  if (!parsed.ok) return { type: "refused", rejection: parsed.error };
  const { account, message } = parsed.value;
  const context = { nowS, lt: 1n, randomSeed: NO_SEED, ignoresSignatures };
  const emulated = emulator.runTransaction(accounts.get(account)?.base64 ?? NO_ACCOUNT, message, context);
  if (emulated.type === "done")
    return { type: "emulated", transaction: new Uint8Array(Buffer.from(emulated.transaction, "base64")) };
  return {
    type: "refused",
    rejection: refusalAtTheDoor(emulated.type === "notAccepted" ? emulated.exitCode : null),
  };
}

function refused(code: Rejection["code"], text: string): EngineAnswer {
  return { type: "refused", rejection: rejection(code, text) };
}

const EMPTY_CELL = base64Of(writeCell(Cell.EMPTY));

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
