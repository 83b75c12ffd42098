import type { Brand } from "@sealwright/types";
import type { Payload, Text } from "./text/text.js";

export type BlockHash = Payload<"blockHash">;
export type BlockHashText = Text<"blockHash">;
export type OperationHash = Payload<"operationHash">;
export type OperationHashText = Text<"operationHash">;
/** Root over the operations of one validation pass. */
export type OperationListHash = Payload<"operationListHash">;
/** Root over the four lists of a block: the header's operations hash. */
export type OperationListListHash = Payload<"operationListListHash">;
export type ProtocolHash = Payload<"protocolHash">;
export type ContextHash = Payload<"contextHash">;
/** What a vote names: stays the same when a block is proposed again in a later round. */
export type BlockPayloadHash = Payload<"blockPayloadHash">;
export type NonceHash = Payload<"nonceHash">;
/** Four bytes in front of everything that is signed for one chain. */
export type ChainId = Payload<"chainId">;
export type ChainIdText = Text<"chainId">;

/** Height of a block, 0..2^31-1. */
export type Level = Brand<number, "tezos Level">;
/** Attempt at a level, 0..2^31-1. */
export type Round = Brand<number, "tezos Round">;
/** Place in the committee of a level, 0..65535; a delegate votes with its first one. */
export type Slot = Brand<number, "tezos Slot">;

export const I32_MAX = 0x7fff_ffff;
const U16_MAX = 0xffff;

/** Checked constructors: they throw RangeError, because a number out of range is our bug; decoders check before. */
export function level(value: number): Level {
  return checked("Level", value, I32_MAX) as Level;
}

/** Throws `RangeError` unless it is a whole number from 0 to 2^31 - 1. */
export function round(value: number): Round {
  return checked("Round", value, I32_MAX) as Round;
}

/** Throws `RangeError` unless it is a whole number from 0 to 65,535. */
export function slot(value: number): Slot {
  return checked("Slot", value, U16_MAX) as Slot;
}

function checked(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${name} must be 0..${max}, got ${value}`);
  return value;
}
