import { err, ok, type Result } from "@sealwright/types";
import { applyRecord, type Marks, noMarks, parseScopeText, type ScopeText } from "../marks.js";
import { checkHeader, decodeEntries, type LogEntry, readFrame, SECTOR_BYTES } from "./logFormat.js";

/** What a log says: the marks, and where the next frame goes. */
export interface LogContents {
  readonly marks: Map<ScopeText, Marks>;
  /** Index of each scope in this log. */
  readonly indexes: Map<ScopeText, number>;
  readonly nextSeq: bigint;
  readonly endOffset: number;
  /** A commit that was under way when the process or machine died; nothing had been signed for it. */
  readonly tornBytes: number;
}

export type LogCorruption =
  | { readonly code: "notAMarkLog" }
  | { readonly code: "unsupportedVersion"; readonly version: number }
  /** A damaged place with sound frames after it: never a torn tail. */
  | { readonly code: "corruptedLog"; readonly offset: number; readonly reason: string };

/** Pure. Repairs nothing: a torn tail is only measured. */
export function readLog(file: Buffer): Result<LogContents, LogCorruption> {
  const header = checkHeader(file);
  if (!header.ok) return header;
  const marks = new Map<ScopeText, Marks>();
  const indexes = new Map<ScopeText, number>();
  const scopes: ScopeText[] = [];
  let offset = SECTOR_BYTES;
  let seq = 0n;
  for (let frame = readFrame(file, offset); frame !== null; frame = readFrame(file, offset)) {
    if (frame.seq !== seq)
      return err({ code: "corruptedLog", offset, reason: `frame ${frame.seq} stands where ${seq} belongs` });
    const entries = decodeEntries(frame.payload);
    if (!entries.ok) return err({ code: "corruptedLog", offset, reason: entries.error.reason });
    for (const entry of entries.value) {
      const reason = applyEntry(entry, { marks, indexes, scopes });
      if (reason !== null) return err({ code: "corruptedLog", offset, reason });
    }
    offset += frame.sizeBytes;
    seq += 1n;
  }
  const later = findFrameAfter(file, offset);
  if (later !== null)
    return err({ code: "corruptedLog", offset, reason: `unreadable here, but a sound frame follows at ${later}` });
  return ok({ marks, indexes, nextSeq: seq, endOffset: offset, tornBytes: usedBytes(file, offset) });
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

function findFrameAfter(file: Buffer, offset: number): number | null {
  for (let at = offset + SECTOR_BYTES; at < file.length; at += SECTOR_BYTES) {
    if (readFrame(file, at) !== null) return at;
  }
  return null;
}

/** Bytes from `offset` to the last sector that is not all zeros. */
function usedBytes(file: Buffer, offset: number): number {
  const zeros = Buffer.alloc(SECTOR_BYTES);
  for (let end = file.length; end > offset; end -= SECTOR_BYTES) {
    const sector = file.subarray(Math.max(offset, end - SECTOR_BYTES), end);
    if (sector.compare(zeros, 0, sector.length) !== 0) return end - offset;
  }
  return 0;
}
