import { type Static, Type } from "typebox";
import type { BlockRef, ProducerHint } from "../backend/message.js";
import { Decimal, Hex32, nullable, ThreadIdText } from "./scalars.js";

export const BlockRefSchema = Type.Object({
  threadId: ThreadIdText,
  height: Decimal,
  term: Decimal,
  blockId: Hex32,
});
/** A block's place and id. */
export type BlockRefJson = Static<typeof BlockRefSchema>;

export function blockRefJson(ref: BlockRef): BlockRefJson {
  return { threadId: ref.threadId, height: String(ref.height), term: String(ref.term), blockId: ref.blockId };
}

export const ProducerSchema = Type.Object({
  keeperId: Hex32,
  apiUrl: nullable(Type.String({ description: "where that keeper's API listens, when known" })),
});
/** Who produces a thread now, and where its API is, if that is known. */
export type ProducerJson = Static<typeof ProducerSchema>;

export function producerJson(producer: ProducerHint): ProducerJson {
  return { keeperId: producer.keeperId, apiUrl: producer.apiUrl };
}
