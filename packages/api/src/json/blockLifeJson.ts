import { type Static, Type } from "typebox";
import { type BlockDelay, type BlockLife, DELAY_REASONS, type HeightLives } from "../backend/blockLife.js";
import { BLOCK_STAGES, BLOCK_STATUSES } from "../backend/records.js";
import { blockRefJson, BlockRefSchema } from "./blockRefJson.js";
import { Decimal, Hex32, ThreadIdText, UnixMs } from "./scalars.js";

export const BlockDelaySchema = Type.Object({
  reason: Type.Enum([...DELAY_REASONS]),
  lateMs: Type.Integer({ description: "how much longer than allowed the named step took" }),
});
/** Why a block is late or missing: `reason` is one of `DELAY_REASONS`. */
export type BlockDelayJson = Static<typeof BlockDelaySchema>;

const BlockLifeSchema = Type.Object({
  block: BlockRefSchema,
  parentId: Hex32,
  producer: Hex32,
  status: Type.Enum([...BLOCK_STATUSES]),
  timeline: Type.Array(Type.Object({ stage: Type.Enum([...BLOCK_STAGES]), atMs: UnixMs })),
  votes: Type.Array(
    Type.Object({
      keeperId: Hex32,
      atMs: Type.Union([UnixMs, Type.Null()], { description: "null: known from a certificate alone" }),
    }),
  ),
  carriedBy: Type.Union([Hex32, Type.Null()], { description: "The block on the chain that carried its quorum." }),
  delay: Type.Union([BlockDelaySchema, Type.Null()], { description: "null: in time so far" }),
});
/** One block of a `HeightLivesJson`: who did what when, as the asked node saw it. */
export type BlockLifeJson = Static<typeof BlockLifeSchema>;

export const HeightLivesSchema = Type.Object({
  threadId: ThreadIdText,
  height: Decimal,
  keeperId: Type.String({ description: "who tells this: 64 hex digits" }),
  blocks: Type.Array(BlockLifeSchema, { description: "The one on this keeper's chain first." }),
  missing: Type.Union([BlockDelaySchema, Type.Null()], { description: "Why there is none." }),
});
/** Answer of `/v1/blocks/:thread/:height/timeline`. */
export type HeightLivesJson = Static<typeof HeightLivesSchema>;

export function heightLivesJson({ threadId, height, blocks, missing }: HeightLives, keeperId: string): HeightLivesJson {
  return {
    threadId,
    height: String(height),
    keeperId,
    blocks: blocks.map(lifeJson),
    missing: delayJson(missing),
  };
}

function lifeJson(life: BlockLife): BlockLifeJson {
  const { block, parentId, producer, status, timeline, votes, carriedBy, delay } = life;
  return {
    block: blockRefJson(block),
    parentId,
    producer,
    status,
    timeline: timeline.map(({ stage, atMs }) => ({ stage, atMs })),
    votes: votes.map(({ keeperId, atMs }) => ({ keeperId, atMs })),
    carriedBy,
    delay: delayJson(delay),
  };
}

function delayJson(delay: BlockDelay | null): BlockDelayJson | null {
  return delay === null ? null : { reason: delay.reason, lateMs: delay.lateMs };
}
