import { Cell } from "@ton/core";
import { assertNever } from "@sealwright/types";
import type { AccountReader } from "../engine.js";
import type { EngineAnswer, EngineQuery } from "../executor.js";
import { type Rejection, rejection } from "../rejection.js";
import { readCell } from "./bagOfCells.js";
import type { Emulation } from "./emulation.js";
import type { TvmMachine } from "./emulator.js";
import type { GetMethodCall } from "./stoppableMachine.js";
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
  { nowS, isOver }: { readonly nowS: number; readonly isOver: () => boolean },
): EngineAnswer {
  switch (query.type) {
    case "getMethod":
      return runGetMethod(emulator, query, accounts.get(query.account), { nowS, isOver });
    case "emulate":
      return emulate(emulator, query, accounts, { nowS, isOver });
    default:
      return assertNever(query);
  }
}

/** Why a contract does not take an external message, in words for its sender. */
export function refusalAtTheDoor(emulated: Exclude<Emulation, { type: "done" }>): Rejection {
  switch (emulated.type) {
    case "notAccepted": {
      const { exitCode } = emulated;
      const text = `the contract did not accept the external message: it ended with exit code ${exitCode}`;
      return { ...rejection("notAccepted", text), exitCode };
    }
    case "skipped":
      return rejection("computeSkipped", SKIPPED[emulated.reason]);
    case "failed":
      return rejection("notAccepted", "the virtual machine cannot read the message");
    default:
      return assertNever(emulated);
  }
}

const SKIPPED: Readonly<Record<Extract<Emulation, { type: "skipped" }>["reason"], string>> = {
  noCode: "there is no code at this address: send the state init that it was made of with the message",
  notTaken:
    "the message cannot be taken in: too little money at this address to pay for it, so send it some first, or a state init that no account may have",
};

function runGetMethod(
  emulator: TvmMachine,
  { account: id, methodId, stack }: Extract<EngineQuery, { type: "getMethod" }>,
  account: TvmAccount | null,
  { nowS, isOver }: { readonly nowS: number; readonly isOver: () => boolean },
): EngineAnswer {
  const contract = account?.contract ?? null;
  if (account === null || contract === null || contract.code === null)
    return refused("unknownAccount", "no contract stands at this address");
  const cell = readCell(stack);
  if (cell === null) return refused("malformed", "the stack is no bag of cells");
  const call: GetMethodCall = {
    code: contract.code,
    data: contract.data ?? Cell.EMPTY,
    stack: cell,
    methodId,
    address: addressOf(id).toRawString(),
    balance: account.balance,
    nowS,
    gasMax: BigInt(TRANSACTION_GAS_MAX),
    randomSeed: NO_SEED,
  };
  const answer = emulator.runGetMethod(call, isOver);
  if (answer.type === "failed") return refused("malformed", answer.reason);
  const { exitCode, gasUsed, stack: left } = answer;
  return { type: "getMethod", exitCode, gasUsed, stack: left };
}

function emulate(
  emulator: TvmMachine,
  { message: boc, ignoresSignatures }: Extract<EngineQuery, { type: "emulate" }>,
  accounts: AccountReader<TvmAccount>,
  { nowS, isOver }: { readonly nowS: number; readonly isOver: () => boolean },
): EngineAnswer {
  const parsed = parseExternal(boc);
  if (!parsed.ok) return { type: "refused", rejection: parsed.error };
  const { account, message } = parsed.value;
  const context = { nowS, lt: 1n, randomSeed: NO_SEED, ignoresSignatures };
  const shardAccount = accounts.get(account)?.base64 ?? NO_ACCOUNT;
  const emulated = emulator.tryTransaction({ shardAccount, message, context }, isOver);
  if (emulated === null) return refused("tooLong", "the message was not executed in the time that a question has");
  if (emulated.type === "done")
    return { type: "emulated", transaction: new Uint8Array(Buffer.from(emulated.transaction, "base64")) };
  return { type: "refused", rejection: refusalAtTheDoor(emulated) };
}

function refused(code: Rejection["code"], text: string): EngineAnswer {
  return { type: "refused", rejection: rejection(code, text) };
}
