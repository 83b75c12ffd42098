import createModule from "@ton/sandbox/dist/executor/emulator-emscripten.js";
import code from "@ton/sandbox/dist/executor/emulator-emscripten.wasm.js";
import { assert } from "@sealwright/types";
import type { EmulatorModule } from "./emulatorModule.js";
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

/** What the binary calls the two functions that read and move its stack pointer. */
interface StackExports {
  /** @param to an address; the stack grows downwards from there */
  readonly Ra: (to: number) => void;
  readonly Ta: () => number;
}

/**
 * The module's own stack has 64 KiB and no guard: about 300 nested cells write over its data, and the results of one
 * keeper differ from those of another, or the machine dies. Cells may nest 512 levels, tuples that a method leaves some
 * thousand.
 */
const STACK_BYTES = 8 * 1024 * 1024;
/** The module takes it for granted. */
const STACK_ALIGNMENT = 16;

function moveStack(module: EmulatorModule, { Ra: moveTo, Ta: current }: StackExports): void {
  const lowest = module._malloc(STACK_BYTES);
  assert(lowest !== 0, "the emulator has memory for a stack");
  const top = lowest + STACK_BYTES - ((lowest + STACK_BYTES) % STACK_ALIGNMENT);
  moveTo(top);
  assert(current() === top, "the emulator's binary is the one whose functions are known");
}

/**
 * The TON virtual machine and transaction executor, compiled from the reference implementation to WebAssembly. One
 * instance serves one thread: it is synchronous and, for equal inputs, gives equal bytes on every machine. The module is
 * called directly, not through the class that wraps it: that one answers with promises, and execution must not wait.
 */
export class TvmEmulator {
  readonly #module: EmulatorModule;
  readonly #config: number;
  readonly #emulator: number;

  private constructor(module: EmulatorModule) {
    this.#module = module;
    this.#config = this.#write(TVM_CONFIG);
    this.#emulator = module._create_emulator(this.#config, VERBOSITY);
    assert(this.#emulator !== 0, "the emulator takes the network's configuration");
  }

  static async create(): Promise<TvmEmulator> {
    const binary = await WebAssembly.compile(Buffer.from(code.EmulatorEmscriptenWasm, "base64"));
    const instances: WebAssembly.Instance[] = [];
    const module = await createModule({
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(binary, imports);
        instances.push(instance);
        done(instance, binary);
        return instance.exports;
      },
    });
    moveStack(module, instances[0]!.exports as StackExports);
    return new TvmEmulator(module);
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
    const answer = this.#call<RawAnswer>([shardAccount, message, parameters], ([account, text, given]) =>
      this.#module._emulate_with_emulator(this.#emulator, NO_LIBRARIES, account!, text!, given!),
    );
    if (answer.success) return { type: "done", transaction: answer.transaction, shardAccount: answer.shard_account };
    if (answer.external_not_accepted === true) return { type: "notAccepted", exitCode: answer.vm_exit_code ?? null };
    return { type: "failed", reason: answer.error };
  }

  runGetMethod(call: GetMethodCall): GetMethodAnswer {
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
    const answer = this.#call<RawGetMethodAnswer>([parameters, call.stack], ([given, stack]) =>
      this.#module._run_get_method(given!, stack!, this.#config),
    );
    if (!answer.success) return { type: "failed", reason: answer.error };
    return { type: "done", exitCode: answer.vm_exit_code, gasUsed: BigInt(answer.gas_used), stack: answer.stack };
  }

  #call<Answer>(texts: readonly string[], run: (pointers: readonly number[]) => number): Answer {
    const pointers = texts.map((text) => this.#write(text));
    const answered = run(pointers);
    const text = this.#module.UTF8ToString(answered);
    for (const pointer of [...pointers, answered]) this.#module._free(pointer);
    const { output, fail, message } = JSON.parse(text) as { output?: Answer; fail?: boolean; message?: string };
    assert(output !== undefined && fail !== true, `the emulator answers: ${message ?? text}`);
    return output;
  }

  #write(text: string): number {
    const bytes = this.#module.lengthBytesUTF8(text) + 1;
    const pointer = this.#module._malloc(bytes);
    assert(pointer !== 0, "the emulator has memory for its input");
    this.#module.stringToUTF8(text, pointer, bytes);
    return pointer;
  }
}
