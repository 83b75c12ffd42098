import { Cell, loadMessage } from "@ton/core";

/** What a message between contracts carries. */
export interface SentValue {
  /** Nanotons, with the part of its fee that is due where it arrives. */
  readonly value: bigint;
  readonly isBounced: boolean;
}

const NOTHING: SentValue = { value: 0n, isBounced: false };

/**
 * By TON's own library, which executes nothing here: an audit that reads messages as the engine does would share its
 * mistakes. Bytes that are no message carry nothing, and the sum of an audit then lacks what they should.
 */
export function sentValueOf(body: Uint8Array): SentValue {
  try {
    const { info } = loadMessage(Cell.fromBoc(Buffer.from(body))[0]!.beginParse());
    if (info.type !== "internal") return NOTHING;
    return { value: info.value.coins + info.forwardFee + info.ihrFee, isBounced: info.bounced };
  } catch {
    return NOTHING;
  }
}
