import {
  type AttestationTarget,
  type BlockId,
  type ByteReader,
  ByteWriter,
  decode,
  type DecodeError,
  type EnvelopeHash,
  height,
  type Result,
  term,
  type Term,
} from "@sealwright/types";
import type { BeaconRecord } from "./beaconMarks.js";
import type { Digest } from "./decision.js";
import type { MarkRecord } from "./marks.js";
import type { Rank } from "./rank.js";
import type { SealwrightRecord } from "./sealwrightMarks.js";
import type { TezosMarkKind, TezosRecord } from "./tezosMarks.js";

const SIGNATURE_BYTES_MAX = 4_096;
/** Types on disk: never renumber, only add. */
const TAG = {
  sealwrightBlock: 1,
  sealwrightAttestation: 2,
  sealwrightLock: 3,
  sealwrightFloor: 4,
  tezosBlock: 16,
  tezosPreattestation: 17,
  tezosAttestation: 18,
  beaconBlock: 32,
  beaconAttestation: 33,
} as const;

export function writeRecord(writer: ByteWriter, { chain, record }: MarkRecord): void {
  switch (chain) {
    case "sealwright":
      return writeSealwright(writer, record);
    case "tezos":
      return writeTezos(writer, record);
    case "beacon":
      return writeBeacon(writer, record);
  }
}

export function encodeRecord(record: MarkRecord): Uint8Array {
  const writer = new ByteWriter(192);
  writeRecord(writer, record);
  return writer.finish();
}

export function decodeRecord(bytes: Uint8Array): Result<MarkRecord, DecodeError> {
  return decode(bytes, readRecord);
}

export function readRecord(reader: ByteReader): MarkRecord {
  const tag = reader.u8();
  switch (tag) {
    case TAG.sealwrightBlock:
      return sealwright({
        type: "block",
        rank: readRank(reader),
        first: reader.bool(),
        blockId: readHash(reader) as BlockId,
        digest: readHash(reader),
      });
    case TAG.sealwrightAttestation:
      return sealwright(readAttestationRecord(reader));
    case TAG.sealwrightLock:
      return sealwright({
        type: "lock",
        term: readTerm(reader),
        highestQc: readRank(reader),
        qcBlockId: readHash(reader) as BlockId,
        digest: readHash(reader),
      });
    case TAG.sealwrightFloor:
      return sealwright({
        type: "floor",
        block: reader.option(readRank),
        attested: reader.option(readRank),
        attestedForgottenTo: reader.option(readRank),
        firstOfTerm: reader.option(readTerm),
        lockTerm: reader.option(readTerm),
        highestQc: reader.option(readRank),
      });
    case TAG.tezosBlock:
      return { chain: "tezos", record: readTezos(reader, "block") };
    case TAG.tezosPreattestation:
      return { chain: "tezos", record: readTezos(reader, "preattestation") };
    case TAG.tezosAttestation:
      return { chain: "tezos", record: readTezos(reader, "attestation") };
    case TAG.beaconBlock:
      return { chain: "beacon", record: { type: "block", slot: reader.u64(), digest: reader.option(readHash) } };
    case TAG.beaconAttestation:
      return {
        chain: "beacon",
        record: { type: "attestation", source: reader.u64(), target: reader.u64(), digest: reader.option(readHash) },
      };
    default:
      return reader.fail(`unknown record type ${tag}`);
  }
}

function sealwright(record: SealwrightRecord): MarkRecord {
  return { chain: "sealwright", record };
}

function writeSealwright(writer: ByteWriter, record: SealwrightRecord): void {
  switch (record.type) {
    case "block":
      writeRank(writer.u8(TAG.sealwrightBlock), record.rank);
      writer.bool(record.first).hex(record.blockId).hex(record.digest);
      return;
    case "attestation":
      writeRank(writer.u8(TAG.sealwrightAttestation), record.rank);
      writer
        .bool(record.target === "fallback")
        .hex(record.blockId)
        .hex(record.envelopeHash);
      writer.option(record.highestQc, writeRank).hex(record.digest);
      return;
    case "lock":
      writeRank(writer.u8(TAG.sealwrightLock).u64(record.term), record.highestQc);
      writer.hex(record.qcBlockId).hex(record.digest);
      return;
    case "floor":
      writer.u8(TAG.sealwrightFloor).option(record.block, writeRank).option(record.attested, writeRank);
      writer.option(record.attestedForgottenTo, writeRank).option(record.firstOfTerm, writeTerm);
      writer.option(record.lockTerm, writeTerm).option(record.highestQc, writeRank);
  }
}

function readAttestationRecord(reader: ByteReader): SealwrightRecord {
  const rank = readRank(reader);
  const target: AttestationTarget = reader.bool() ? "fallback" : "primary";
  const blockId = readHash(reader) as BlockId;
  const envelopeHash = readHash(reader) as EnvelopeHash;
  const highestQc = reader.option(readRank);
  return { type: "attestation", rank, target, blockId, envelopeHash, highestQc, digest: readHash(reader) };
}

const TEZOS_TAG = {
  block: TAG.tezosBlock,
  preattestation: TAG.tezosPreattestation,
  attestation: TAG.tezosAttestation,
} as const;

function writeTezos(writer: ByteWriter, record: TezosRecord): void {
  writer.u8(TEZOS_TAG[record.type]).u32(record.level).u32(record.round);
  writer
    .option(record.digest, (w, digest) => w.hex(digest))
    .option(record.signature, (w, signature) => w.bytes(signature));
}

function readTezos(reader: ByteReader, type: TezosMarkKind): TezosRecord {
  return {
    type,
    level: reader.u32(),
    round: reader.u32(),
    digest: reader.option(readHash),
    signature: reader.option(readSignature),
  };
}

function writeBeacon(writer: ByteWriter, record: BeaconRecord): void {
  if (record.type === "block") writer.u8(TAG.beaconBlock).u64(record.slot);
  else writer.u8(TAG.beaconAttestation).u64(record.source).u64(record.target);
  writer.option(record.digest, (w, digest) => w.hex(digest));
}

function writeRank(writer: ByteWriter, rank: Rank): void {
  writer.u64(rank.term).u64(rank.height);
}

function readRank(reader: ByteReader): Rank {
  return { term: readTerm(reader), height: height(reader.u64()) };
}

function writeTerm(writer: ByteWriter, value: Term): void {
  writer.u64(value);
}

function readTerm(reader: ByteReader): Term {
  return term(reader.u64());
}

function readHash(reader: ByteReader): Digest {
  return reader.hex(32);
}

/** A copy: a view would keep the whole file's buffer alive. */
function readSignature(reader: ByteReader): Uint8Array {
  return reader.bytes(SIGNATURE_BYTES_MAX).slice();
}
