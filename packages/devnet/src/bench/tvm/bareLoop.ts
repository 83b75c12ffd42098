import { beginCell, Cell, loadMessage, loadTransaction, storeMessage } from "@ton/core";
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
 */
export class BareLoop {
  readonly #emulator: TvmEmulator;
  readonly #steps: readonly Step[];
  readonly #accounts: Map<string, string>;
  #next = 0;

  private constructor(emulator: TvmEmulator, work: TvmWorkload) {
    this.#emulator = emulator;
    this.#steps = record(work, emulator);
    this.#accounts = genesisAccounts(work);
  }

  static async create(work: TvmWorkload): Promise<BareLoop> {
    return new BareLoop(await TvmEmulator.create(), work);
  }

  get left(): number {
    return this.#steps.length - this.#next;
  }

  /** Makes the next calls of the work. */
  run(transactions: number): void {
    const end = Math.min(this.#steps.length, this.#next + transactions);
    for (; this.#next < end; this.#next++) {
      const { account, message } = this.#steps[this.#next]!;
      const done = this.#emulator.runTransaction({
        shardAccount: this.#accounts.get(account)!,
        message,
        context: CONTEXT,
      });
      if (done.type === "done") this.#accounts.set(account, done.shardAccount);
    }
  }
}

/** Every call that the work makes, found by making them once. */
function record(work: TvmWorkload, emulator: TvmEmulator): readonly Step[] {
  const accounts = genesisAccounts(work);
  const steps: Step[] = [];
  for (const bytes of work.messages) {
    const boc = Buffer.from(bocOfEnvelope(bytes));
    const waiting = [boc.toString("base64")];
    for (let message = waiting.shift(); message !== undefined; message = waiting.shift()) {
      const account = destinationOf(message);
      const done = emulator.runTransaction({ shardAccount: accounts.get(account)!, message, context: CONTEXT });
      assert(done.type === "done", "every contract accepts its messages");
      accounts.set(account, done.shardAccount);
      steps.push({ account, message });
      const { outMessages } = loadTransaction(Cell.fromBase64(done.transaction).beginParse());
      waiting.push(
        ...outMessages.values().map((out) => beginCell().store(storeMessage(out)).endCell().toBoc().toString("base64")),
      );
    }
  }
  return steps;
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
