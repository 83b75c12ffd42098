import { beginCell, Cell } from "@ton/core";
import { assert } from "@sealwright/types";
import { ExecutionError } from "../threadExecution.js";
import { compiledMachine } from "./compiledMachine.js";
import { EmulatorInstance } from "./emulatorInstance.js";
import { type GetMethodAnswer, type GetMethodCall, MethodMachine, MethodStopped } from "./methodMachine.js";
import { outOfGas } from "./methodFrame.js";
import { TVM_CONFIG } from "./tvmConfig.js";

/** What a transaction may know of its surroundings: all of it follows from the block. */
export interface EmulationContext {
  /** Unix seconds. */
  readonly nowS: number;
  /** At least; the transaction's is later than that of the account and of the message. */
  readonly lt: bigint;
  /** 32 bytes. */
  readonly randomSeed: Uint8Array;
  /** Every signature counts as good; never in a block. */
  readonly ignoresSignatures?: boolean;
}

/** All cells as base64 of a bag of cells. */
export type Emulation =
  | { readonly type: "done"; readonly transaction: string; readonly shardAccount: string }
  /** The contract ran and did not accept the external message: nothing happened. */
  | { readonly type: "notAccepted"; readonly exitCode: number }
  /**
   * The contract did not run. `noCode`: none stands there, and none for this address came along. `notTaken`: nothing can
   * pay for taking the message, or its state init is none that an account may have.
   */
  | { readonly type: "skipped"; readonly reason: "noCode" | "notTaken" }
  /** The emulator could not read its input. */
  | { readonly type: "failed"; readonly reason: string };

/** As the emulator writes it. */
type RawAnswer =
  | { readonly success: true; readonly transaction: string; readonly shard_account: string }
  | {
      readonly success: false;
      readonly external_not_accepted: true;
      readonly vm_exit_code: number;
      readonly vm_log: string;
    }
  | { readonly success: false; readonly external_not_accepted: false; readonly error: string };

/** What runs contracts. */
export type TvmMachine = Pick<TvmEmulator, "runTransaction" | "runGetMethod">;

const VERBOSITY = 0;
const NO_LIBRARIES = 0;

/** In the emulator's words, without a code of its own. */
const NOT_TAKEN = /rejected by account .* before smart-contract execution/;

const NOTHING: GetMethodCall = {
  code: Cell.EMPTY,
  data: Cell.EMPTY,
  stack: beginCell().storeUint(0, 24).endCell(),
  methodId: 0,
  address: `0:${"0".repeat(64)}`,
  balance: 0n,
  nowS: 0,
  gasMax: 1_000n,
  randomSeed: new Uint8Array(32),
};
const NEVER_OVER = (): boolean => false;

/** One runs methods, and one stands by: whoever asks after a method that was stopped does not wait for another. */
const METHOD_MACHINES = 2;

/**
 * The TON virtual machine and transaction executor, compiled from the reference implementation to WebAssembly. One
 * instance serves one thread: it is synchronous and, for equal inputs, gives equal bytes on every machine. The module is
 * called directly, not through the class that wraps it: that one answers with promises, and execution must not wait.
 */
export class TvmEmulator {
  readonly #binary: WebAssembly.Module;
  readonly #blocks: EmulatorInstance;
  readonly #emulator: number;
  /** Apart from what executes blocks, because they can be lost; the first one is used. */
  readonly #methods: MethodMachine[] = [];

  private constructor(binary: WebAssembly.Module, blocks: EmulatorInstance) {
    this.#binary = binary;
    this.#blocks = blocks;
    this.#emulator = blocks.module._create_emulator(blocks.write(TVM_CONFIG), VERBOSITY);
    assert(this.#emulator !== 0, "the emulator takes the network's configuration");
  }

  /** @param code compiled here when left out */
  static async create(code?: WebAssembly.Module): Promise<TvmEmulator> {
    const binary = code ?? (await compiledMachine());
    const emulator = new TvmEmulator(binary, await EmulatorInstance.open(binary, null));
    for (let i = 0; i < METHOD_MACHINES; i++) await emulator.#openMethods();
    // Code is made ready for the processor when it runs first, which takes longer than methods may run.
    emulator.#methods[0]?.run(NOTHING, NEVER_OVER);
    return emulator;
  }

  /**
   * Runs one message on one account.
   * @param shardAccount base64 of the account's cell
   * @param message base64 of the message's cell
   */
  runTransaction(shardAccount: string, message: string, context: EmulationContext): Emulation {
    const parameters = JSON.stringify({
      utime: context.nowS,
      lt: context.lt.toString(),
      rand_seed: Buffer.from(context.randomSeed).toString("hex"),
      ignore_chksig: context.ignoresSignatures === true,
      debug_enabled: false,
    });
    const answer = this.#blocks.call<RawAnswer>([shardAccount, message, parameters], ([account, text, given]) =>
      this.#blocks.module._emulate_with_emulator(this.#emulator, NO_LIBRARIES, account!, text!, given!),
    );
    if (answer.success) return { type: "done", transaction: answer.transaction, shardAccount: answer.shard_account };
    if (!answer.external_not_accepted)
      return NOT_TAKEN.test(answer.error)
        ? { type: "skipped", reason: "notTaken" }
        : { type: "failed", reason: answer.error };
    // A machine that ran has said so, if only that it came to the end of its code; the exit code alone does not tell.
    if (answer.vm_log === "") return { type: "skipped", reason: "noCode" };
    return { type: "notAccepted", exitCode: answer.vm_exit_code };
  }

  /**
   * A method that is not done when its gas or its time is over has run out of gas.
   * @param isOver asked often while the method runs
   */
  runGetMethod(call: GetMethodCall, isOver: () => boolean): GetMethodAnswer {
    const [machine] = this.#methods;
    if (machine === undefined) throw new ExecutionError("overloaded", "the machine that runs methods is made anew");
    try {
      return machine.run(call, isOver);
    } catch (error) {
      if (!(error instanceof MethodStopped)) throw error;
      this.#methods.shift();
      void this.#openMethods();
      return outOfGas(call.gasMax);
    }
  }

  async #openMethods(): Promise<void> {
    this.#methods.push(await MethodMachine.open(this.#binary));
  }
}
