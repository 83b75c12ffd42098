import { err, ok, type Result } from "@sealwright/types";
import type { MarkRecord, MarkScope } from "../marks.js";
import type { StoreFailure, WatermarkStore } from "../watermarkStore.js";

/** What a file says about one scope. */
export interface ImportedMarks {
  readonly scope: MarkScope;
  readonly records: readonly MarkRecord[];
}

/** The whole file is refused: `path` names the place in it. */
export interface BadImport {
  readonly code: "badImport";
  readonly path: string;
  readonly message: string;
}

/**
 * Raises a store to what a file says; nothing is lowered, whatever stands in the file. Only while no forge uses the
 * store: a file store is locked by its opener anyway.
 * @returns how many scopes were raised or confirmed
 */
export async function importMarks(
  store: WatermarkStore,
  imported: readonly ImportedMarks[],
): Promise<Result<number, StoreFailure>> {
  for (const { scope, records } of imported) {
    const raised = await store.raise(scope, records);
    if (!raised.ok) return err(raised.error);
  }
  return ok(imported.length);
}

export function badImport(path: string, message: string): { readonly ok: false; readonly error: BadImport } {
  return err({ code: "badImport", path, message });
}

/** Throws `ImportProblem` inside a parser; `parseImport` turns it into a result. */
export class ImportProblem extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Runs a parser over JSON text of at most `sizeMax` characters. */
export function parseImport<T>(text: string, parse: (json: unknown) => T): Result<T, BadImport> {
  if (text.length > IMPORT_CHARS_MAX) return badImport("", `more than ${IMPORT_CHARS_MAX} characters`);
  try {
    return ok(parse(JSON.parse(text)));
  } catch (error) {
    if (error instanceof ImportProblem) return badImport(error.path, error.message);
    if (error instanceof SyntaxError) return badImport("", `not JSON: ${error.message}`);
    throw error;
  }
}

const IMPORT_CHARS_MAX = 256 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

export function objectAt(value: unknown, path: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ImportProblem(path, "an object is expected");
  return value as Json;
}

/** Absent and null count as empty: files of other tools have both. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ImportProblem(path, "a list is expected");
  return value as readonly unknown[];
}

export function textAt(value: unknown, path: string): string {
  if (typeof value !== "string") throw new ImportProblem(path, "a text is expected");
  return value;
}

/** A level or round: a whole number of 31 bits. */
export function i31At(value: unknown, path: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7fff_ffff)
    throw new ImportProblem(path, "a number from 0 to 2^31 - 1 is expected");
  return value as number;
}

/** An unsigned 64-bit number as a decimal text. */
export function u64At(value: unknown, path: string): bigint {
  const text = textAt(value, path);
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) throw new ImportProblem(path, "a decimal number as text is expected");
  const number = BigInt(text);
  if (number > 0xffff_ffff_ffff_ffffn) throw new ImportProblem(path, "the number does not fit 64 bits");
  return number;
}
