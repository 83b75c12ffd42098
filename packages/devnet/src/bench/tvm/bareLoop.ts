import { beginCell, Cell, loadMessage, loadTransaction, storeMessage } from "@ton/ton";
import { bocOfEnvelope, ENTRY_KIND, TvmEmulator } from "@sealwright/execution";
import { assert, toHex } from "@sealwright/types";
import { WORK_BEGINS_MS, type TvmWorkload } from "./tvmWorkload.js";

/** One call of the virtual machine: base64 of a message's cell, and the account that gets it. */
interface Step {
  readonly account: string;
  readonly message: string;
}

const CONTEXT = { nowS: WORK_BEGINS_MS / 1_000, lt: 1n, randomSeed: new Uint8Array(32) };

/**
 * The machine alone, as fast as it can be called: the messages of the work and those that they cause, each account's
 * state handed from one call to the next, nothing read, nothing checked, nothing hashed, no block.
 * @returns transactions a second, after `warmUp` messages
 */
export async function runBareLoop(work: TvmWorkload, warmUp: number): Promise<number> {
  const emulator = await TvmEmulator.create();
  const { steps, warmUpSteps } = record(work, warmUp, emulator);
  const accounts = genesisAccounts(work);
  const run = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const { account, message } = steps[i]!;
      const done = emulator.runTransaction(accounts.get(account)!, message, CONTEXT);
      if (done.type === "done") accounts.set(account, done.shardAccount);
    }
  };
  run(0, warmUpSteps);
  const startMs = performance.now();
  run(warmUpSteps, steps.length);
  return ((steps.length - warmUpSteps) / (performance.now() - startMs)) * 1_000;
}

/** Every call that the work makes, found by making them once. */
function record(
  work: TvmWorkload,
  warmUp: number,
  emulator: TvmEmulator,
): { readonly steps: readonly Step[]; readonly warmUpSteps: number } {
  const accounts = genesisAccounts(work);
  const steps: Step[] = [];
  let warmUpSteps = 0;
  for (const [i, bytes] of work.messages.entries()) {
    if (i === warmUp) warmUpSteps = steps.length;
    const boc = Buffer.from(bocOfEnvelope(bytes));
    const waiting = [boc.toString("base64")];
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      const account = destinationOf(message);
      const done = emulator.runTransaction(accounts.get(account)!, message, CONTEXT);
      assert(done.type === "done", "every contract accepts its messages");
      accounts.set(account, done.shardAccount);
      steps.push({ account, message });
      const { outMessages } = loadTransaction(Cell.fromBase64(done.transaction).beginParse());
      waiting.push(
        ...outMessages.values().map((out) => beginCell().store(storeMessage(out)).endCell().toBoc().toString("base64")),
      );
    }
  }
  return { steps, warmUpSteps };
}

function destinationOf(message: string): string {
  const { info } = loadMessage(Cell.fromBase64(message).beginParse());
  assert(info.type !== "external-out", "somebody gets the message");
  return info.dest.hash.toString("hex");
}

/** By id, in hex. */
function genesisAccounts({ genesis }: Pick<TvmWorkload, "genesis">): Map<string, string> {
  const accounts = new Map<string, string>();
  for (const { key, value } of genesis) {
    if (key[0] !== ENTRY_KIND.account || value === null) continue;
    accounts.set(toHex(key.subarray(1)), Buffer.from(value).toString("base64"));
  }
  return accounts;
}
