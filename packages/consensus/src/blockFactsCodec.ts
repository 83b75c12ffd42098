import {
  type BlockId,
  ByteWriter,
  decode,
  type DecodeError,
  type EnvelopeHash,
  height,
  type KeeperId,
  type Result,
  round,
  seqNo,
  term,
  type ThreadId,
} from "@sealwright/types";
import { BETA_MAX, fallbackDeadline, TARGET_WINDOW } from "./attestationTarget.js";
import { type BlockFacts, type PendingBlock, RECENT_IDS_MAX } from "./blockFacts.js";
import type { ByteReader } from "@sealwright/types";

const FACTS_VERSION = 1;
const MASK_BYTES = 128;
const SAMPLES_MAX = 64;

/** How a node keeps the facts of its last final block, from which it derives those of all later ones after a restart. */
export function encodeBlockFacts(facts: BlockFacts): Uint8Array {
  const writer = new ByteWriter(1_024).u8(FACTS_VERSION);
  writer.hex(facts.id).hex(facts.envelopeHash).hex(facts.threadId).hex(facts.parentId);
  writer.u64(facts.height).u64(facts.seqNo).u64(facts.term).u64(facts.round).hex(facts.producer).u53(facts.timeMs);
  writer.u8(facts.beta).list(facts.window, (w, sample) => w.u8(sample));
  writer.list(facts.settledSamples, (w, sample) => w.u8(sample)).list(facts.pending, writePending);
  writer.option(facts.carried, (w, c) => w.hex(c.id).u64(c.height).hex(c.carrierId).u64(c.carrierHeight));
  writer.list(facts.recentIds, (w, id) => w.hex(id)).u64(facts.lastShareHeight + 1n);
  return writer.finish();
}

/** The inverse of `encodeBlockFacts`; total, whatever the bytes are. */
export function decodeBlockFacts(bytes: Uint8Array): Result<BlockFacts, DecodeError> {
  return decode(bytes, readFacts);
}

function readFacts(reader: ByteReader): BlockFacts {
  if (reader.u8() !== FACTS_VERSION) reader.fail("unknown version of block facts");
  return {
    id: reader.hex(32) as BlockId,
    envelopeHash: reader.hex(32) as EnvelopeHash,
    threadId: reader.hex(34) as ThreadId,
    parentId: reader.hex(32) as BlockId,
    height: height(reader.u64()),
    seqNo: seqNo(reader.u64()),
    term: term(reader.u64()),
    round: round(reader.u64()),
    producer: reader.hex(32) as KeeperId,
    timeMs: reader.time(),
    beta: reader.u8(),
    window: reader.list(TARGET_WINDOW, 1, (r) => r.u8()),
    settledSamples: reader.list(SAMPLES_MAX, 1, (r) => r.u8()),
    pending: reader.list(fallbackDeadline(BETA_MAX) + 1, 64, readPending),
    carried: reader.option((r) => ({
      id: r.hex(32) as BlockId,
      height: height(r.u64()),
      carrierId: r.hex(32) as BlockId,
      carrierHeight: height(r.u64()),
    })),
    recentIds: reader.list(RECENT_IDS_MAX, 32, (r) => r.hex(32) as BlockId),
    lastShareHeight: reader.u64() - 1n,
  };
}

function writePending(writer: ByteWriter, pending: PendingBlock): void {
  writer.hex(pending.id).u64(pending.height).hex(pending.envelopeHash).u8(pending.beta);
  const digits = pending.voters.toString(16);
  writer.bytes(Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex"));
}

function readPending(reader: ByteReader): PendingBlock {
  return {
    id: reader.hex(32) as BlockId,
    height: height(reader.u64()),
    envelopeHash: reader.hex(32) as EnvelopeHash,
    beta: reader.u8(),
    voters: BigInt(`0x0${Buffer.from(reader.bytes(MASK_BYTES)).toString("hex")}`),
  };
}
