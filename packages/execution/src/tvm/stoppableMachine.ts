import type { Cell } from "@ton/core";
import { writeCell } from "./bagOfCells.js";
import type { CompiledMachine } from "./compiledMachine.js";
import { emulate, type Emulation, type EmulationCall } from "./emulation.js";
import { EmulatorInstance, VERBOSITY } from "./emulatorInstance.js";
import { FRAME_GAS, frameOf, type MethodEnd, withoutFrame } from "./methodFrame.js";
import { TVM_CONFIG } from "./tvmConfig.js";

export interface GetMethodCall {
  readonly code: Cell;
  readonly data: Cell;
  readonly stack: Cell;
  readonly methodId: number;
  /** `0:` and 64 hex digits. */
  readonly address: string;
  readonly balance: bigint;
  readonly nowS: number;
  /** Whatever the method accepts or sets. */
  readonly gasMax: bigint;
  /** 32 bytes. */
  readonly randomSeed: Uint8Array;
}

export type GetMethodAnswer = MethodEnd | { readonly type: "failed"; readonly reason: string };

/** As the emulator writes it. */
type RawGetMethodAnswer =
  | { readonly success: true; readonly stack: string; readonly gas_used: string; readonly vm_exit_code: number }
  | { readonly success: false; readonly error: string };

/**
 * Calls of the binary to itself while one contract runs. A method that uses all its gas makes a million of them. One that
 * leaves a tuple which holds the same tuple twice, and so on, costs little, and writing down what it left never ends.
 */
const CALLS_MAX = 2_000_000;
/** Between two questions whether the time is over. The costliest instructions take some microseconds a call. */
const CALLS_A_LOOK = 16;

/** What ran was stopped somewhere in the middle: the machine is of no use any more. */
export class MachineStopped extends Error {
  override readonly name = "MachineStopped";
}

interface Watch {
  callsLeft: number;
  isOver: () => boolean;
}

const NEVER_OVER = (): boolean => false;

/** Runs what is asked of contracts, methods and messages that no block holds, and can be stopped while it does. */
export class StoppableMachine {
  readonly #instance: EmulatorInstance;
  readonly #config: number;
  readonly #emulator: number;
  readonly #watch: Watch;

  private constructor(instance: EmulatorInstance, watch: Watch) {
    this.#instance = instance;
    this.#config = instance.write(TVM_CONFIG);
    this.#emulator = instance.createEmulator(TVM_CONFIG);
    this.#watch = watch;
  }

  static async open(binary: CompiledMachine): Promise<StoppableMachine> {
    const watch: Watch = { callsLeft: Infinity, isOver: NEVER_OVER };
    const look = (): void => {
      const left = --watch.callsLeft;
      if (left < 0 || (left % CALLS_A_LOOK === 0 && watch.isOver())) throw new MachineStopped();
    };
    return new StoppableMachine(await EmulatorInstance.open(binary, look), watch);
  }

  /** @throws MachineStopped */
  runMethod(call: GetMethodCall, isOver: () => boolean): GetMethodAnswer {
    const { module } = this.#instance;
    const parameters = JSON.stringify({
      code: base64Of(frameOf(call.code, call.gasMax)),
      data: base64Of(call.data),
      verbosity: VERBOSITY,
      libs: "",
      address: call.address,
      unixtime: call.nowS,
      balance: call.balance.toString(),
      rand_seed: Buffer.from(call.randomSeed).toString("hex"),
      gas_limit: FRAME_GAS.toString(),
      method_id: call.methodId,
      debug_enabled: false,
    });
    const answer = this.#watched(isOver, () =>
      this.#instance.call<RawGetMethodAnswer>([parameters, base64Of(call.stack)], ([given, items]) =>
        module._run_get_method(given!, items!, this.#config),
      ),
    );
    if (!answer.success) return { type: "failed", reason: answer.error };
    const raw = { exitCode: answer.vm_exit_code, gasUsed: BigInt(answer.gas_used), stack: answer.stack };
    return withoutFrame(raw, call.gasMax);
  }

  /** @throws MachineStopped */
  runTransaction(call: EmulationCall, isOver: () => boolean): Emulation {
    return this.#watched(isOver, () => emulate(this.#instance, this.#emulator, call));
  }

  #watched<Answer>(isOver: () => boolean, run: () => Answer): Answer {
    Object.assign(this.#watch, { callsLeft: CALLS_MAX, isOver } satisfies Watch);
    const answer = run();
    Object.assign(this.#watch, { callsLeft: Infinity, isOver: NEVER_OVER } satisfies Watch);
    return answer;
  }
}

function base64Of(cell: Cell): string {
  const bytes = writeCell(cell);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
