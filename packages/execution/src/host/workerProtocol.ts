import {
  type AccountId,
  type BlockId,
  ByteReader,
  ByteWriter,
  type ImportCursor,
  limits,
  type OutboundMessage,
  readCursor,
  readOutboundMessage,
  readReceipt,
  type Receipt,
  type Result,
  type ThreadId,
  type UnixMs,
  writeCursor,
  writeOutboundMessage,
  writeReceipt,
} from "@sealwright/types";
import type { BlockContext, EngineAnswer, EngineQuery, ImportError, ImportRange, Totals, Trace } from "../executor.js";
import type { Rejection } from "../rejection.js";
import type {
  AccountView,
  ApplyFault,
  ApplyRequest,
  BuildRequest,
  BuiltBlock,
  ExecutionErrorCode,
  ExecutionFault,
  MessageResult,
  StateRef,
  VerifyRequest,
} from "../threadExecution.js";
import { buffersOf, packBytes, type PackedBytes, unpackBytes } from "./packedBytes.js";

/** What the caller's thread asks of the worker. Lists of messages travel packed and are moved, not copied. */
export type Job =
  | { readonly type: "beginLoad" }
  | { readonly type: "addEntries"; readonly keys: PackedBytes; readonly values: PackedBytes }
  | { readonly type: "finishLoad"; readonly atBlock: BlockId }
  | { readonly type: "admit"; readonly messages: PackedBytes; readonly nowMs: UnixMs }
  /** `number` ascends: its time may be ended by it. */
  | { readonly type: "build"; readonly number: number; readonly request: Packed<BuildRequest, "messages"> }
  | { readonly type: "bind"; readonly build: number; readonly blockId: BlockId }
  | { readonly type: "verify"; readonly request: Packed<VerifyRequest, "externals"> }
  | { readonly type: "applyUpdate"; readonly request: ApplyRequest }
  | { readonly type: "finalize"; readonly blockId: BlockId }
  | { readonly type: "release"; readonly refs: readonly StateRef[] }
  | { readonly type: "holds"; readonly ref: StateRef }
  | { readonly type: "account"; readonly id: AccountId; readonly at: BlockId | undefined }
  | { readonly type: "totals"; readonly at: BlockId | undefined }
  | { readonly type: "query"; readonly query: EngineQuery; readonly at: BlockId | undefined; readonly nowMs: UnixMs }
  | { readonly type: "cursors"; readonly at: StateRef; readonly sources: readonly ThreadId[] };

/** Executed blocks bring along what they left: the caller has it at hand before it asks. */
export type WithTraces<Value> = Value & { readonly traces: readonly Trace[] };

/** What each job's answer holds. */
export interface Answers {
  readonly beginLoad: null;
  readonly addEntries: null;
  readonly finishLoad: { readonly stateRoot: Uint8Array };
  /** Only what was refused, by index. */
  readonly admit: readonly (readonly [number, Rejection])[];
  readonly build: Result<WithTraces<PackedBlock>, { readonly code: "badImport"; readonly error: ImportError }>;
  readonly bind: null;
  readonly verify: Result<WithTraces<{ stateRoot: Uint8Array }>, ExecutionFault>;
  readonly applyUpdate: Result<{ stateRoot: Uint8Array }, ApplyFault>;
  readonly finalize: null;
  readonly release: null;
  readonly holds: boolean;
  readonly account: AccountView;
  readonly totals: Totals;
  readonly query: EngineAnswer;
  readonly cursors: readonly ImportCursor[];
}

export interface NumberedJob {
  readonly number: number;
  readonly job: Job;
}

export type NumberedAnswer =
  | { readonly number: number; readonly value: Answers[Job["type"]] }
  | { readonly number: number; readonly error: { readonly code: ExecutionErrorCode; readonly message: string } };

type Packed<Request extends { readonly imports: readonly ImportRange[] }, Messages extends keyof Request> = Omit<
  Request,
  "imports" | Messages
> & {
  readonly messages: PackedBytes;
  readonly imports: readonly PackedRange[];
};

type PackedRange = Omit<ImportRange, "messages"> & { readonly messages: Uint8Array<ArrayBuffer> };

/** Externals go back as places in the request; receipts and outbound messages in their block encoding. */
type PackedBlock = Omit<BuiltBlock, "externals" | "outbound" | "receipts" | "results"> & {
  readonly outbound: Uint8Array<ArrayBuffer>;
  readonly receipts: Uint8Array<ArrayBuffer>;
  /** Per offered message: see `RESULT`. */
  readonly results: Uint8Array<ArrayBuffer>;
  /** Of the skipped ones, in order. */
  readonly rejections: readonly Rejection[];
};

const RESULT = { included: 0, skipped: 1, left: 2 } as const satisfies Record<MessageResult["type"], number>;
const INBOUND_BYTES_MIN = 12 + 64 + 4;
const OUTBOUND_BYTES_MIN = 64 + 4;
const RECEIPT_BYTES_MIN = 32 + 2 + 4 + 4;

export function packBuild({ imports, messages, ...rest }: BuildRequest): {
  request: Packed<BuildRequest, "messages">;
  moved: ArrayBuffer[];
} {
  const context = ownContext(rest.context);
  const packed = { ...rest, context, imports: imports.map(packRange), messages: packBytes(messages) };
  return { request: packed, moved: movedOf(packed) };
}

export function unpackBuild({ imports, messages, ...rest }: Packed<BuildRequest, "messages">): BuildRequest {
  return { ...rest, imports: imports.map(unpackRange), messages: unpackBytes(messages) };
}

export function packVerify({ imports, externals, ...rest }: VerifyRequest): {
  request: Packed<VerifyRequest, "externals">;
  moved: ArrayBuffer[];
} {
  const { gasUsed, stateRoot, roots } = rest.claim;
  const claim = {
    gasUsed,
    stateRoot: stateRoot.slice(),
    roots: {
      outbound: roots.outbound.slice(),
      receipts: roots.receipts.slice(),
      stateUpdate: roots.stateUpdate.slice(),
    },
  };
  const context = ownContext(rest.context);
  const packed = { ...rest, claim, context, imports: imports.map(packRange), messages: packBytes(externals) };
  return { request: packed, moved: movedOf(packed) };
}

export function unpackVerify({ imports, messages, ...rest }: Packed<VerifyRequest, "externals">): VerifyRequest {
  return { ...rest, imports: imports.map(unpackRange), externals: unpackBytes(messages) };
}

export function packApply(request: ApplyRequest): ApplyRequest {
  const { stateUpdate, stateRoot, context } = request;
  return { ...request, stateUpdate: stateUpdate.slice(), stateRoot: stateRoot.slice(), context: ownContext(context) };
}

export function packBlock(block: BuiltBlock): PackedBlock {
  const { externals: _externals, outbound, receipts, results, ...rest } = block;
  return {
    ...rest,
    outbound: encodeList(outbound, writeOutboundMessage),
    receipts: encodeList(receipts, writeReceipt),
    results: Uint8Array.from(results, (result) => RESULT[result.type]),
    rejections: results.flatMap((result) => (result.type === "skipped" ? [result.rejection] : [])),
  };
}

/** @param offered the messages of the request, which the caller kept */
export function unpackBlock(block: PackedBlock, offered: readonly Uint8Array[]): BuiltBlock {
  const { rejections, results: codes, ...rest } = block;
  const outbound: OutboundMessage[] = new ByteReader(block.outbound).list(
    limits.OUTBOUND_PER_BLOCK_MAX,
    OUTBOUND_BYTES_MIN,
    readOutboundMessage,
  );
  const receipts: Receipt[] = new ByteReader(block.receipts).list(
    limits.RECEIPTS_PER_BLOCK_MAX,
    RECEIPT_BYTES_MIN,
    readReceipt,
  );
  const externals = offered.filter((_message, i) => codes[i] === RESULT.included);
  const ofExternals = receipts.slice(receipts.length - externals.length).values();
  const ofSkipped = rejections.values();
  const results = Array.from(codes, (code) => resultOf(code, ofExternals, ofSkipped));
  return { ...rest, externals, outbound, receipts, results };
}

/** Its bytes alone, see `ownContext`. */
export function ownQuery(query: EngineQuery): EngineQuery {
  if (query.type === "getMethod") return { ...query, stack: query.stack.slice() };
  return { ...query, message: query.message.slice() };
}

/** A view would take the whole buffer behind it along, and that is often a frame of megabytes. */
function ownContext(context: BlockContext): BlockContext {
  return { ...context, randomnessSeed: context.randomnessSeed.slice() };
}

function resultOf(code: number, receipts: Iterator<Receipt>, rejections: Iterator<Rejection>): MessageResult {
  if (code === RESULT.included) return { type: "included", receipt: taken(receipts) };
  return code === RESULT.skipped ? { type: "skipped", rejection: taken(rejections) } : { type: "left" };
}

function taken<T>(items: Iterator<T>): T {
  const next = items.next();
  if (next.done === true) throw new RangeError("a result without its receipt or rejection");
  return next.value;
}

function packRange({ messages, ...rest }: ImportRange): PackedRange {
  const bytes = encodeList(messages, (writer, { at, message }) => {
    writeCursor(writer, at);
    writeOutboundMessage(writer, message);
  });
  return { ...rest, messages: bytes };
}

function unpackRange({ messages, ...rest }: PackedRange): ImportRange {
  const reader = new ByteReader(messages);
  const read = (): ImportRange["messages"][number] => ({
    at: readCursor(reader),
    message: readOutboundMessage(reader),
  });
  return {
    ...rest,
    messages: reader.list(limits.OUTBOUND_PER_BLOCK_MAX * limits.REFS_PER_BLOCK_MAX, INBOUND_BYTES_MIN, read),
  };
}

function movedOf(packed: { readonly messages: PackedBytes; readonly imports: readonly PackedRange[] }): ArrayBuffer[] {
  return [...buffersOf(packed.messages), ...packed.imports.map((range) => range.messages.buffer)];
}

function encodeList<T>(items: readonly T[], write: (writer: ByteWriter, item: T) => void): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ByteWriter(items.length * 64 + 16).list(items, write).finish());
}
