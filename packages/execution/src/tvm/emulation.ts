import type { EmulatorInstance } from "./emulatorInstance.js";

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

/** One message to one account. */
export interface EmulationCall {
  /** Base64 of the account's cell. */
  readonly shardAccount: string;
  /** Base64 of the message's cell. */
  readonly message: string;
  readonly context: EmulationContext;
}

const NO_LIBRARIES = 0;

/** In the emulator's words, without a code of its own. */
const NOT_TAKEN = /rejected by account .* before smart-contract execution/;

/** @param emulator the handle of one that was made in this instance, with a configuration */
export function emulate(
  instance: EmulatorInstance,
  emulator: number,
  { shardAccount, message, context }: EmulationCall,
): Emulation {
  const parameters = JSON.stringify({
    utime: context.nowS,
    lt: context.lt.toString(),
    rand_seed: Buffer.from(context.randomSeed).toString("hex"),
    ignore_chksig: context.ignoresSignatures === true,
    debug_enabled: false,
  });
  const answer = instance.call<RawAnswer>([shardAccount, message, parameters], ([account, text, given]) =>
    instance.module._emulate_with_emulator(emulator, NO_LIBRARIES, account!, text!, given!),
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
