import { beginCell, Cell } from "@ton/core";
import type { AccountId } from "@sealwright/types";
import { ExecutionError } from "../threadExecution.js";
import { type CompiledMachine, compiledMachine } from "./compiledMachine.js";
import { doorConfig } from "./doorConfig.js";
import { emulate, type Emulation, type EmulationCall } from "./emulation.js";
import { EmulatorInstance } from "./emulatorInstance.js";
import { type GetMethodAnswer, type GetMethodCall, MachineStopped, StoppableMachine } from "./stoppableMachine.js";
import { outOfGas } from "./methodFrame.js";
import { NO_ACCOUNT } from "./tvmAccount.js";
import { addressOf } from "./tvmAddress.js";
import { TVM_CONFIG } from "./tvmConfig.js";

/** What runs contracts. */
export type TvmMachine = Pick<TvmEmulator, "runTransaction" | "tryAtTheDoor" | "tryTransaction" | "runGetMethod">;

const ZERO_ID = "0".repeat(64) as AccountId;

const NOTHING: GetMethodCall = {
  code: Cell.EMPTY,
  data: Cell.EMPTY,
  stack: beginCell().storeUint(0, 24).endCell(),
  methodId: 0,
  address: addressOf(ZERO_ID).toRawString(),
  balance: 0n,
  nowS: 0,
  gasMax: 1_000n,
  randomSeed: new Uint8Array(32),
};
const NEVER_OVER = (): boolean => false;

/** Money for an account that does not exist: no contract runs. */
const NO_MESSAGE: EmulationCall = {
  shardAccount: NO_ACCOUNT,
  message: beginCell()
    .storeUint(0b0110, 4)
    .storeAddress(addressOf(ZERO_ID))
    .storeAddress(addressOf(ZERO_ID))
    .storeCoins(1n)
    .storeUint(0, 1 + 4 + 4 + 64 + 32 + 2)
    .endCell()
    .toBoc()
    .toString("base64"),
  context: { nowS: 0, lt: 1n, randomSeed: new Uint8Array(32) },
};

/** One is used, and one stands by: whoever asks after a contract that was stopped does not wait for another. */
const STOPPABLE_MACHINES = 2;

/**
 * The TON virtual machine and transaction executor, compiled from the reference implementation to WebAssembly. One
 * instance serves one thread: it is synchronous and, for equal inputs, gives equal bytes on every machine. The module is
 * called directly, not through the class that wraps it: that one answers with promises, and execution must not wait.
 */
export class TvmEmulator {
  readonly #binary: CompiledMachine;
  readonly #blocks: EmulatorInstance;
  readonly #emulator: number;
  readonly #door: number;
  /** Apart from what executes blocks, because they can be lost; the first one is used. */
  readonly #stoppable: StoppableMachine[] = [];

  private constructor(binary: CompiledMachine, blocks: EmulatorInstance) {
    this.#binary = binary;
    this.#blocks = blocks;
    this.#emulator = blocks.createEmulator(TVM_CONFIG);
    this.#door = blocks.createEmulator(doorConfig());
  }

  /** @param code compiled here when left out */
  static async create(code?: CompiledMachine): Promise<TvmEmulator> {
    const binary = code ?? (await compiledMachine());
    const emulator = new TvmEmulator(binary, await EmulatorInstance.open(binary, null));
    for (let i = 0; i < STOPPABLE_MACHINES; i++) await emulator.#openStoppable();
    // Code is made ready for the processor when it runs first, which takes longer than what is asked may run.
    emulator.#stoppable[0]?.runMethod(NOTHING, NEVER_OVER);
    emulator.#stoppable[0]?.runTransaction(NO_MESSAGE, NEVER_OVER);
    return emulator;
  }

  /** Runs one message on one account, in a block. */
  runTransaction(call: EmulationCall): Emulation {
    return emulate(this.#blocks, this.#emulator, call);
  }

  /** Whether the account takes an external message: as in a block, and no further than one gets that nobody pays for. */
  tryAtTheDoor(call: EmulationCall): Emulation {
    return emulate(this.#blocks, this.#door, call);
  }

  /**
   * What a block would make of a message.
   * @param isOver asked often while the contract runs
   * @returns null when its time is over
   */
  tryTransaction(call: EmulationCall, isOver: () => boolean): Emulation | null {
    return this.#ask<Emulation | null>(
      (machine) => machine.runTransaction(call, isOver),
      () => null,
    );
  }

  /**
   * A method that is not done when its gas or its time is over has run out of gas.
   * @param isOver asked often while the method runs
   */
  runGetMethod(call: GetMethodCall, isOver: () => boolean): GetMethodAnswer {
    return this.#ask(
      (machine) => machine.runMethod(call, isOver),
      () => outOfGas(call.gasMax),
    );
  }

  #ask<Answer>(run: (machine: StoppableMachine) => Answer, stopped: () => Answer): Answer {
    const [machine] = this.#stoppable;
    if (machine === undefined) throw new ExecutionError("overloaded", "the machine that runs questions is made anew");
    try {
      return run(machine);
    } catch (error) {
      if (!(error instanceof MachineStopped)) throw error;
      this.#stoppable.shift();
      void this.#openStoppable();
      return stopped();
    }
  }

  async #openStoppable(): Promise<void> {
    this.#stoppable.push(await StoppableMachine.open(this.#binary));
  }
}
