import { assertNever, err, ok, type Result } from "@sealwright/types";
import { applyRecord, type Marks, noMarks, parseScopeText, type ScopeText } from "../marks.js";
import { readFirstFrame } from "./firstLogFormat.js";
import { checkHeader, decodeEntries, type FrameFound, type LogEntry, readFrame } from "./logFormat.js";
import { SECTOR_BYTES, usedBytes } from "./sectors.js";

/** What a log says: the marks, and where the next frame goes. */
export interface LogContents {
  /** Of its format; a log of an earlier one is written anew before it is used. */
  readonly version: 1 | 2;
  readonly marks: Map<ScopeText, Marks>;
  /** Index of each scope in this log. */
  readonly indexes: Map<ScopeText, number>;
  readonly nextSeq: bigint;
  readonly endOffset: number;
  /** A commit that was under way when the process or machine died; nothing had been signed for it. */
  readonly tornBytes: number;
}

/** Why a log of watermarks is not believed. What a crash leaves is none of these. */
export type LogCorruption =
  | { readonly code: "notAMarkLog" }
  | { readonly code: "unsupportedVersion"; readonly version: number }
  /** Not what a loss of power leaves: something that was written whole is there no more, or not as it was. */
  | { readonly code: "corruptedLog"; readonly offset: number; readonly reason: string };

/** Pure. Repairs nothing: a torn tail is only measured. */
export function readLog(file: Buffer): Result<LogContents, LogCorruption> {
  const header = checkHeader(file);
  if (!header.ok) return header;
  const read = header.value === 1 ? readFirstFrame : readFrame;
  const building: Building = { marks: new Map(), indexes: new Map(), scopes: [] };
  let offset = SECTOR_BYTES;
  let seq = 0n;
  let found = read(file, offset);
  for (; found.kind === "sound"; found = read(file, offset)) {
    const reason = found.seq === seq ? applyPayload(found.payload, building) : outOfOrder(found.seq, seq);
    if (reason !== null) return err({ code: "corruptedLog", offset, reason });
    offset += found.sizeBytes;
    seq += 1n;
  }
  const tornBytes = usedBytes(file, offset);
  const reason = notTorn(found, seq, tornBytes) ?? laterFrame(file, { offset, endOffset: offset + tornBytes }, read);
  if (reason !== null) return err({ code: "corruptedLog", offset, reason });
  const { marks, indexes } = building;
  return ok({ version: header.value, marks, indexes, nextSeq: seq, endOffset: offset, tornBytes });
}

/** @returns why what stands behind the last sound frame is not the commit that was under way, or null */
function notTorn(found: Exclude<FrameFound, { kind: "sound" }>, seq: bigint, tornBytes: number): string | null {
  switch (found.kind) {
    case "none":
      return null;
    case "torn":
      if (found.seq !== seq) return outOfOrder(found.seq, seq);
      return tornBytes > found.sizeBytes ? "more than one commit is missing" : null;
    case "damaged":
      return found.reason;
    default:
      return assertNever(found);
  }
}

function outOfOrder(found: bigint, expected: bigint): string {
  return `frame ${found} stands where ${expected} belongs`;
}

interface Building {
  readonly marks: Map<ScopeText, Marks>;
  readonly indexes: Map<ScopeText, number>;
  readonly scopes: ScopeText[];
}

/** @returns what is wrong with the entry, or null */
function applyEntry(entry: LogEntry, { marks, indexes, scopes }: Building): string | null {
  if (entry.type === "scope") {
    const scope = parseScopeText(entry.scope);
    if (scope === null) return `unknown scope ${entry.scope}`;
    if (entry.index !== scopes.length) return `scope ${entry.index} where ${scopes.length} belongs`;
    scopes.push(entry.scope);
    indexes.set(entry.scope, entry.index);
    marks.set(entry.scope, noMarks(scope.chain));
    return null;
  }
  const scope = scopes[entry.index];
  const known = scope === undefined ? undefined : marks.get(scope);
  if (scope === undefined || known === undefined) return `record of the undefined scope ${entry.index}`;
  if (known.chain !== entry.record.chain) return `record of ${entry.record.chain} in a scope of ${known.chain}`;
  marks.set(scope, applyRecord(known, entry.record));
  return null;
}

function applyPayload(payload: Uint8Array, building: Building): string | null {
  const entries = decodeEntries(payload);
  if (!entries.ok) return entries.error.reason;
  for (const entry of entries.value) {
    const reason = applyEntry(entry, building);
    if (reason !== null) return reason;
  }
  return null;
}

/**
 * A commit was asked for only when the one before it was whole: what follows it proves that it was.
 * @param torn where what is not read begins, and where only zeros follow
 */
function laterFrame(
  file: Buffer,
  torn: { readonly offset: number; readonly endOffset: number },
  read: typeof readFrame,
): string | null {
  for (let at = torn.offset + SECTOR_BYTES; at < torn.endOffset; at += SECTOR_BYTES) {
    const { kind } = read(file, at);
    if (kind === "sound" || kind === "torn") return `unreadable here, but a frame follows at ${at}`;
  }
  return null;
}
