import { type BlockBody, type Receipt, sha256Hex, toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { BLOCK_STAGES, BLOCK_STATUSES, type BlockHeadline, type BlockRecord } from "../backend/records.js";
import { aggregateJson, AggregateSchema } from "./attestationJson.js";
import { headerJson, HeaderSchema } from "./headerJson.js";
import { Decimal, Hex32, HexBytes, nullable, ThreadIdText, UnixMs } from "./scalars.js";

export const BlockHeadlineSchema = Type.Object({
  blockId: Hex32,
  threadId: ThreadIdText,
  height: Decimal,
  term: Decimal,
  parentId: Hex32,
  producer: Hex32,
  timeMs: UnixMs,
  envelopeHash: Hex32,
  stateRoot: Hex32,
  status: Type.Enum([...BLOCK_STATUSES]),
  sizeBytes: Type.Integer(),
  messageCount: Type.Integer(),
});
/** A block in a list: its header and what is counted of its body. */
export type BlockHeadlineJson = Static<typeof BlockHeadlineSchema>;

const ReceiptSchema = Type.Object({
  messageHash: Hex32,
  code: Type.Integer({ description: "0 = done" }),
  gasUsed: Type.Integer(),
  detail: HexBytes,
});

export const BlockSchema = Type.Object({
  blockId: Hex32,
  envelopeHash: Hex32,
  status: Type.Enum([...BLOCK_STATUSES]),
  sizeBytes: Type.Integer(),
  header: HeaderSchema,
  signature: HexBytes,
  certificate: Type.Union([AggregateSchema, Type.Null()], { description: "This block's own quorum, once known here." }),
  timeline: Type.Array(Type.Object({ stage: Type.Enum([...BLOCK_STAGES]), atMs: UnixMs })),
  counts: Type.Object({
    messages: Type.Integer(),
    outbound: Type.Integer(),
    receipts: Type.Integer(),
    attestations: Type.Integer(),
    refs: Type.Integer(),
    accusations: Type.Integer(),
    stateUpdateBytes: Type.Integer(),
  }),
  messages: Type.Array(Type.Object({ hash: Hex32, sizeBytes: Type.Integer() })),
  receipts: Type.Array(ReceiptSchema),
  outbound: Type.Array(Type.Object({ source: Hex32, destination: Hex32, sizeBytes: Type.Integer() })),
  attestations: Type.Array(AggregateSchema, { description: "Carried by this block, for its ancestors." }),
  refs: Type.Array(
    Type.Object({ threadId: ThreadIdText, from: Type.String(), to: Type.String(), provedHeight: nullable(Decimal) }),
  ),
  switchCertificate: nullable(Type.Object({ term: Decimal, signers: Type.Array(Type.Integer()) })),
});
/** Answer of `/v1/blocks/:id` and `/v1/blocks/:thread/:height`. */
export type BlockJson = Static<typeof BlockSchema>;

export const BlockListSchema = Type.Object({
  blocks: Type.Array(BlockHeadlineSchema),
  next: nullable(Decimal),
});
/** Answer of `/v1/blocks`; `next` is the height where the following page begins, null at the head. */
export type BlockListJson = Static<typeof BlockListSchema>;

export function blockHeadlineJson(headline: BlockHeadline): BlockHeadlineJson {
  const { header } = headline;
  return {
    blockId: headline.id,
    threadId: header.threadId,
    height: String(header.height),
    term: String(header.term),
    parentId: header.parentId,
    producer: header.producer,
    timeMs: header.timeMs,
    envelopeHash: headline.envelopeHash,
    stateRoot: toHex(header.stateRoot),
    status: headline.status,
    sizeBytes: headline.sizeBytes,
    messageCount: headline.messageCount,
  };
}

/** Cost: one hash per external message. */
export function blockJson(record: BlockRecord): BlockJson {
  const { block } = record;
  return {
    blockId: block.id,
    envelopeHash: block.envelopeHash,
    status: record.status,
    sizeBytes: block.bytes.length,
    header: headerJson(block.header),
    signature: toHex(block.signature),
    certificate: record.certificate === null ? null : aggregateJson(record.certificate),
    timeline: record.timeline.map(({ stage, atMs }) => ({ stage, atMs })),
    ...bodyJson(block.body),
  };
}

type BodyJson = Pick<
  BlockJson,
  "counts" | "messages" | "receipts" | "outbound" | "attestations" | "refs" | "switchCertificate"
>;

function bodyJson(body: BlockBody): BodyJson {
  const { externals, outbound, receipts, attestations, refs, switchCertificate } = body;
  return {
    counts: {
      messages: externals.length,
      outbound: outbound.length,
      receipts: receipts.length,
      attestations: attestations.length,
      refs: refs.length,
      accusations: body.accusations.length,
      stateUpdateBytes: body.stateUpdate.length,
    },
    messages: externals.map((bytes) => ({ hash: sha256Hex(bytes), sizeBytes: bytes.length })),
    receipts: receipts.map(receiptJson),
    outbound: outbound.map(({ source, destination, body: bytes }) => ({
      source,
      destination,
      sizeBytes: bytes.length,
    })),
    attestations: attestations.map(aggregateJson),
    refs: refs.map((ref) => ({
      threadId: ref.threadId,
      from: `${ref.from.height}/${ref.from.position}`,
      to: `${ref.to.height}/${ref.to.position}`,
      provedHeight: ref.proof.headers[0] === undefined ? null : String(ref.proof.headers[0].height),
    })),
    switchCertificate:
      switchCertificate === null
        ? null
        : { term: String(switchCertificate.term), signers: switchCertificate.locks.map((lock) => lock.signer) },
  };
}

function receiptJson(receipt: Receipt): Static<typeof ReceiptSchema> {
  const { messageHash, code, gasUsed, detail } = receipt;
  return { messageHash, code, gasUsed, detail: toHex(detail) };
}
