import {
  type ByteReader,
  ByteWriter,
  compareBytes,
  decode,
  type DecodeError,
  err,
  ok,
  type Result,
} from "@sealwright/types";
import type { Level, Round } from "../ids.js";
import { readLevel, readRound } from "./fields.js";

/** What makes one block of a level better than another, as the header's fitness list says it. */
export interface Fitness {
  readonly level: Level;
  /** Round of the preattestation quorum that the payload carries; null when it was proposed freely. */
  readonly lockedRound: Round | null;
  readonly predecessorRound: Round;
  readonly round: Round;
}

/** Why a list of elements is no fitness of today's consensus. */
export type FitnessError =
  | { readonly code: "notFitness"; readonly reason: string }
  | { readonly code: "roundNotAboveLockedRound"; readonly round: Round; readonly lockedRound: Round };

const VERSION = 0x02;
const ELEMENTS = 5;
/** Sum of element lengths and their length words; today's longest list has 37. */
export const FITNESS_BYTES_MAX = 128;

/** The five elements of the header: version, level, locked round or nothing, minus one minus predecessor round, round. */
export function fitnessElements(fitness: Fitness): Uint8Array[] {
  return [
    Uint8Array.of(VERSION),
    word(fitness.level),
    fitness.lockedRound === null ? new Uint8Array() : word(fitness.lockedRound),
    word(~fitness.predecessorRound >>> 0),
    word(fitness.round),
  ];
}

/** The inverse of `fitnessElements`; lists of older protocols are refused. */
export function parseFitness(elements: readonly Uint8Array[]): Result<Fitness, FitnessError> {
  const [version, levelBytes, lockedBytes, predecessorBytes, roundBytes] = elements;
  if (elements.length !== ELEMENTS || !version || !levelBytes || !lockedBytes || !predecessorBytes || !roundBytes) {
    return err({ code: "notFitness", reason: `${elements.length} elements instead of ${ELEMENTS}` });
  }
  if (version.length !== 1 || version[0] !== VERSION) return err({ code: "notFitness", reason: "unknown version" });
  const level = decode(levelBytes, readLevel);
  const lockedRound = lockedBytes.length === 0 ? ok(null) : decode(lockedBytes, readRound);
  const predecessorRound = decode(predecessorBytes, readComplement);
  const round = decode(roundBytes, readRound);
  if (!level.ok) return refuse("level", level.error);
  if (!lockedRound.ok) return refuse("locked round", lockedRound.error);
  if (!predecessorRound.ok) return refuse("predecessor round", predecessorRound.error);
  if (!round.ok) return refuse("round", round.error);
  if (lockedRound.value !== null && round.value <= lockedRound.value) {
    return err({ code: "roundNotAboveLockedRound", round: round.value, lockedRound: lockedRound.value });
  }
  return ok({
    level: level.value,
    lockedRound: lockedRound.value,
    predecessorRound: predecessorRound.value,
    round: round.value,
  });
}

/**
 * The shell's order: the shorter list is smaller, then element by element the shorter one, then bytes. So a locked block
 * beats an unlocked one, and a lower predecessor round beats a higher one.
 * @returns negative, zero or positive, as sorting takes it
 */
export function compareFitness(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const order = compareElements(a[i] ?? new Uint8Array(), b[i] ?? new Uint8Array());
    if (order !== 0) return order;
  }
  return 0;
}

/** The form that the protocol keeps for itself: no version, the locked round as an option of 00 or 01, plain rounds. */
export function encodeProtocolFitness(fitness: Fitness): Uint8Array {
  return new ByteWriter()
    .u32(fitness.level)
    .option(fitness.lockedRound, (writer, locked) => writer.u32(locked))
    .u32(fitness.predecessorRound)
    .u32(fitness.round)
    .finish();
}

/** The inverse of `encodeProtocolFitness`; a round that is not above the locked one is refused here too. */
export function decodeProtocolFitness(bytes: Uint8Array): Result<Fitness, DecodeError> {
  return decode(bytes, (reader) => {
    const level = readLevel(reader);
    const lockedRound = reader.option(readRound);
    const predecessorRound = readRound(reader);
    const round = readRound(reader);
    if (lockedRound !== null && round <= lockedRound) reader.fail("the round is not above the locked round");
    return { level, lockedRound, predecessorRound, round };
  });
}

function word(value: number): Uint8Array {
  return new ByteWriter(4).u32(value).finish();
}

function readComplement(reader: ByteReader): Round {
  const value = reader.u32();
  if (value <= 0x7fff_ffff) reader.fail("a predecessor round below zero");
  return (~value >>> 0) as Round;
}

function refuse(part: string, error: DecodeError): Result<never, FitnessError> {
  return err({ code: "notFitness", reason: `${part}: ${error.reason}` });
}

function compareElements(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || compareBytes(a, b);
}
