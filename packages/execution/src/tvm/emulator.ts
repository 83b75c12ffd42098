import { assert } from "@sealwright/types";
import { ExecutionError } from "../threadExecution.js";
import { compiledMachine } from "./compiledMachine.js";
import { EmulatorInstance } from "./emulatorInstance.js";
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
  /** The contract did not accept the external message: nothing happened. */
  | { readonly type: "notAccepted"; readonly exitCode: number | null }
  /** The emulator could not read its input. */
  | { readonly type: "failed"; readonly reason: string };

export interface GetMethodCall {
  /** Base64 of bags of cells. */
  readonly code: string;
  readonly data: string;
  readonly stack: string;
  readonly methodId: number;
  /** `0:` and 64 hex digits. */
  readonly address: string;
  readonly balance: bigint;
  readonly nowS: number;
  readonly gasMax: bigint;
  /** 32 bytes. */
  readonly randomSeed: Uint8Array;
}

export type GetMethodAnswer =
  | { readonly type: "done"; readonly exitCode: number; readonly gasUsed: bigint; readonly stack: string }
  | { readonly type: "failed"; readonly reason: string };

/** As the emulator writes it. */
type RawAnswer =
  | { readonly success: true; readonly transaction: string; readonly shard_account: string }
  | {
      readonly success: false;
      readonly error: string;
      readonly external_not_accepted?: boolean;
      readonly vm_exit_code?: number;
    };
type RawGetMethodAnswer =
  | { readonly success: true; readonly stack: string; readonly gas_used: string; readonly vm_exit_code: number }
  | { readonly success: false; readonly error: string };

/** What runs contracts. */
export type TvmMachine = Pick<TvmEmulator, "runTransaction" | "runGetMethod">;

const VERBOSITY = 0;
const NO_LIBRARIES = 0;

/**
 * Calls of the binary to itself while one method runs. A method that uses all its gas makes a million of them. One that
 * leaves a tuple which holds the same tuple twice, and so on, costs little, and writing down what it left never ends.
 */
const METHOD_CALLS_MAX = 2_000_000;

class EndlessMethodError extends Error {
  override readonly name = "EndlessMethodError";
}

/**
 * The TON virtual machine and transaction executor, compiled from the reference implementation to WebAssembly. One
 * instance serves one thread: it is synchronous and, for equal inputs, gives equal bytes on every machine. The module is
 * called directly, not through the class that wraps it: that one answers with promises, and execution must not wait.
 */
export class TvmEmulator {
  readonly #binary: WebAssembly.Module;
  readonly #blocks: EmulatorInstance;
  readonly #emulator: number;
  /** Apart from what executes blocks, because it can be lost; null while a new one is made. */
  #methods: MethodMachine | null = null;

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
    await emulator.#openMethods();
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
    if (answer.external_not_accepted === true) return { type: "notAccepted", exitCode: answer.vm_exit_code ?? null };
    return { type: "failed", reason: answer.error };
  }

  runGetMethod(call: GetMethodCall): GetMethodAnswer {
    const machine = this.#methods;
    if (machine === null) throw new ExecutionError("overloaded", "the machine that runs methods is made anew");
    const parameters = JSON.stringify({
      code: call.code,
      data: call.data,
      verbosity: VERBOSITY,
      libs: "",
      address: call.address,
      unixtime: call.nowS,
      balance: call.balance.toString(),
      rand_seed: Buffer.from(call.randomSeed).toString("hex"),
      gas_limit: call.gasMax.toString(),
      method_id: call.methodId,
      debug_enabled: false,
    });
    try {
      return machine.run(parameters, call.stack);
    } catch (error) {
      if (!(error instanceof EndlessMethodError)) throw error;
      this.#methods = null;
      void this.#openMethods();
      return { type: "failed", reason: error.message };
    }
  }

  async #openMethods(): Promise<void> {
    this.#methods = await MethodMachine.open(this.#binary);
  }
}

class MethodMachine {
  readonly #instance: EmulatorInstance;
  readonly #config: number;
  readonly #calls: { left: number };

  private constructor(instance: EmulatorInstance, calls: { left: number }) {
    this.#instance = instance;
    this.#config = instance.write(TVM_CONFIG);
    this.#calls = calls;
  }

  static async open(binary: WebAssembly.Module): Promise<MethodMachine> {
    const calls = { left: Infinity };
    const watch = (): void => {
      if (--calls.left < 0) throw new EndlessMethodError("what the method leaves is too large to be told");
    };
    return new MethodMachine(await EmulatorInstance.open(binary, watch), calls);
  }

  /** @throws EndlessMethodError; the machine is of no use any more then */
  run(parameters: string, stack: string): GetMethodAnswer {
    const { module } = this.#instance;
    this.#calls.left = METHOD_CALLS_MAX;
    const answer = this.#instance.call<RawGetMethodAnswer>([parameters, stack], ([given, items]) =>
      module._run_get_method(given!, items!, this.#config),
    );
    this.#calls.left = Infinity;
    if (!answer.success) return { type: "failed", reason: answer.error };
    return { type: "done", exitCode: answer.vm_exit_code, gasUsed: BigInt(answer.gas_used), stack: answer.stack };
  }
}
