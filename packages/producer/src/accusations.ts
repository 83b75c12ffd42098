import { decodeAccusation, type Height, limits } from "@sealwright/types";
import type { ProducerBase } from "./producerState.js";
import type { WaitingAccusation } from "./waitingAccusation.js";

/**
 * One that no block may hold, too late, held already, or more than one can carry, stays where it is kept: gossip told
 * everybody already.
 */
export function takeAccusation<S extends ProducerBase>(state: S, { bytes, height }: WaitingAccusation): S {
  const { accusations } = state;
  const isOfUse =
    bytes.length <= limits.ACCUSATION_BYTES_MAX &&
    accusations.length < limits.ACCUSATIONS_PER_BLOCK_MAX &&
    height > state.finalHeight &&
    !accusations.some((waiting) => isSame(waiting.bytes, bytes)) &&
    decodeAccusation(bytes).ok;
  return isOfUse ? { ...state, accusations: [...accusations, { bytes, height }] } : state;
}

/** What is final is settled, and what was said of it is late. */
export function finalMoved<S extends ProducerBase>(state: S, height: Height): S {
  if (height <= state.finalHeight) return state;
  return {
    ...state,
    finalHeight: height,
    accusations: state.accusations.filter((waiting) => waiting.height > height),
  };
}

/** Those that a block carries wait no longer. */
export function withoutCarried(
  accusations: readonly WaitingAccusation[],
  carried: readonly Uint8Array[],
): readonly WaitingAccusation[] {
  return accusations.filter(({ bytes }) => !carried.some((each) => isSame(each, bytes)));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
