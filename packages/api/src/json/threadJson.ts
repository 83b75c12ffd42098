import { threadIndexOf } from "@sealwright/types";
import { type Static, Type } from "typebox";
import type { BlockRef } from "../backend/message.js";
import type { ThreadRecord } from "../backend/records.js";
import { type BlockRefJson, blockRefJson, BlockRefSchema, producerJson, ProducerSchema } from "./blockRefJson.js";
import { Decimal, nullable, ThreadIdText, UnixMs } from "./scalars.js";

export const ThreadSchema = Type.Object({
  threadId: ThreadIdText,
  index: Type.Integer(),
  prefix: Type.Integer({ description: "Accounts whose first prefixLength bits equal this belong to the thread." }),
  prefixLength: Type.Integer(),
  term: Decimal,
  producer: ProducerSchema,
  head: nullable(BlockRefSchema),
  prefinal: nullable(BlockRefSchema),
  final: nullable(BlockRefSchema),
  headTimeMs: nullable(UnixMs),
  queueLength: Type.Integer(),
});
/** Answer of `/v1/threads/:thread`. */
export type ThreadJson = Static<typeof ThreadSchema>;

export const ThreadListSchema = Type.Object({ threads: Type.Array(ThreadSchema) });

export function threadJson(thread: ThreadRecord): ThreadJson {
  return {
    threadId: thread.threadId,
    index: threadIndexOf(thread.threadId),
    prefix: thread.prefix,
    prefixLength: thread.prefixLength,
    term: String(thread.term),
    producer: producerJson(thread.producer),
    head: refOrNull(thread.head),
    prefinal: refOrNull(thread.prefinal),
    final: refOrNull(thread.final),
    headTimeMs: thread.headTimeMs,
    queueLength: thread.queueLength,
  };
}

function refOrNull(ref: BlockRef | null): BlockRefJson | null {
  return ref === null ? null : blockRefJson(ref);
}
