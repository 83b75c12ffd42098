import { assertNever } from "@sealwright/types";
import { type Static, Type } from "typebox";
import type { MessageTransition, NodeEvent } from "../events/nodeEvent.js";
import { BlockDelaySchema } from "./blockLifeJson.js";
import { blockRefJson, BlockRefSchema } from "./blockRefJson.js";
import { MessageStatusSchema } from "./messageJson.js";
import { Decimal, Hex32, nullable, ThreadIdText, UnixMs } from "./scalars.js";

export const BlockEventSchema = Type.Object({
  type: Type.Enum(["block.sealed", "block.certified", "block.prefinal", "block.final", "block.abandoned"]),
  atMs: UnixMs,
  block: BlockRefSchema,
  producer: Hex32,
  messages: Type.Array(Hex32),
});

export const BlockDelayEventSchema = Type.Object({
  type: Type.Literal("block.late"),
  atMs: UnixMs,
  block: BlockRefSchema,
  producer: Hex32,
  ...BlockDelaySchema.properties,
});

export const NackEventSchema = Type.Object({
  type: Type.Literal("block.nacked"),
  atMs: UnixMs,
  threadId: ThreadIdText,
  height: Decimal,
  blockId: Hex32,
  keeperId: Hex32,
});

export const MessageStatusEventSchema = Type.Object({
  type: Type.Literal("message.status"),
  atMs: UnixMs,
  threadId: ThreadIdText,
  messages: Type.Array(Hex32),
  status: MessageStatusSchema,
  block: Type.Optional(BlockRefSchema),
  rejection: Type.Optional(Type.Object({ code: Type.String(), reason: Type.String() })),
  abandonedInTerm: Type.Optional(Decimal),
  expiresAtMs: Type.Optional(UnixMs),
});

export const ThreadEventSchema = Type.Object({
  type: Type.Literal("thread.term"),
  atMs: UnixMs,
  threadId: ThreadIdText,
  term: Decimal,
  producer: Hex32,
});

export const KeeperEventSchema = Type.Object({
  type: Type.Enum(["keeper.connected", "keeper.disconnected", "keeper.evidence"]),
  atMs: UnixMs,
  keeperId: Hex32,
});

/** Events are lost to this subscriber: it must read anew what it follows. */
export const GapEventSchema = Type.Object({
  type: Type.Literal("gap"),
  reason: Type.Enum(["tooOld", "otherRun"]),
  missed: nullable(Type.Integer()),
});
/** Events are lost to this subscriber: it must read anew what it follows. */
export type GapEventJson = Static<typeof GapEventSchema>;

export const EventSchema = Type.Union([
  BlockEventSchema,
  BlockDelayEventSchema,
  NackEventSchema,
  MessageStatusEventSchema,
  ThreadEventSchema,
  KeeperEventSchema,
  GapEventSchema,
]);
/** A `BlockEvent` on the wire. */
export type BlockEventJson = Static<typeof BlockEventSchema>;
/** A `BlockDelayEvent` on the wire. */
export type BlockDelayEventJson = Static<typeof BlockDelayEventSchema>;
/** A `NackEvent` on the wire. */
export type NackEventJson = Static<typeof NackEventSchema>;
/** A `MessageStatusEvent` on the wire, with the fields of its state beside `status`. */
export type MessageStatusEventJson = Static<typeof MessageStatusEventSchema>;
/** A `ThreadEvent` on the wire. */
export type ThreadEventJson = Static<typeof ThreadEventSchema>;
/** A `KeeperEvent` on the wire. */
export type KeeperEventJson = Static<typeof KeeperEventSchema>;
/** The `data` of one server-sent event of `/v1/events`; its `id` is the cursor. */
export type EventJson =
  BlockEventJson | BlockDelayEventJson | NackEventJson | MessageStatusEventJson | ThreadEventJson | KeeperEventJson;

export function eventJson(event: NodeEvent): EventJson {
  switch (event.type) {
    case "block.sealed":
    case "block.certified":
    case "block.prefinal":
    case "block.final":
    case "block.abandoned":
      return { ...event, block: blockRefJson(event.block), messages: [...event.messages] };
    case "block.late": {
      const { type, atMs, producer, reason, lateMs } = event;
      return { type, atMs, block: blockRefJson(event.block), producer, reason, lateMs };
    }
    case "block.nacked":
      return { ...event, height: String(event.height) };
    case "message.status": {
      const { type, atMs, threadId, messages, state } = event;
      return { type, atMs, threadId, messages: [...messages], status: state.status, ...transitionJson(state) };
    }
    case "thread.term":
      return { ...event, term: String(event.term) };
    case "keeper.connected":
    case "keeper.disconnected":
    case "keeper.evidence":
      return { ...event };
    default:
      return assertNever(event);
  }
}

function transitionJson(state: MessageTransition): Partial<MessageStatusEventJson> {
  switch (state.status) {
    case "queued":
      return {
        ...(state.abandonedInTerm === null ? {} : { abandonedInTerm: String(state.abandonedInTerm) }),
        ...(state.refusal === undefined ? {} : { rejection: { ...state.refusal } }),
      };
    case "included":
    case "prefinal":
    case "final":
      return { block: blockRefJson(state.block) };
    case "rejected":
      return { block: blockRefJson(state.block), rejection: { code: state.code, reason: state.reason } };
    case "expired":
      return { expiresAtMs: state.expiresAtMs };
    default:
      return assertNever(state);
  }
}
