import { assert, err, ok, type Result } from "@sealwright/types";

/** Why an integer is no DAL attestation in canonical form. */
export interface DalBitsetError {
  readonly code: "badDalBitset";
  readonly reason: string;
}

/** Slot indexes, ascending and without repetition. */
export type DalSlots = readonly number[];

/** More slots than any network has; bounds what an integer from outside can cost. */
export const DAL_SLOTS_MAX = 256;
/** More lags than any protocol has: decoding is bounded by it. */
export const DAL_LAGS_MAX = 64;
const CHUNK_BITS = 8n;
const CHUNK_SLOTS = 7;
const LAST_CHUNK = 1n;

/** Up to protocol 024: bit i says that slot i is attested. */
export function encodeDalSlots(slots: DalSlots): bigint {
  assertSlots(slots);
  return slots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
}

/** The inverse of `encodeDalSlots`, for a network of `slotCount` slots. */
export function decodeDalSlots(bits: bigint, slotCount: number): Result<DalSlots, DalBitsetError> {
  assert(slotCount > 0 && slotCount <= DAL_SLOTS_MAX, "slotCount is a protocol constant within its limit");
  if (bits < 0n || bits >> BigInt(slotCount) !== 0n) return refuse(`a bit outside of ${slotCount} slots`);
  return ok(slotsOf(bits, slotCount));
}

/**
 * From protocol 025 on: one bit for each lag that attests anything, then for each such lag chunks of eight bits. Bit 0
 * of a chunk says that it is the last one of its lag, bits 1 to 7 are seven slots.
 * @param lags per attestation lag its slots, possibly none; at most `DAL_LAGS_MAX`
 */
export function encodeDalLags(lags: readonly DalSlots[]): bigint {
  assert(lags.length <= DAL_LAGS_MAX, "too many lags");
  let bits = 0n;
  let position = BigInt(lags.length);
  lags.forEach((slots, lag) => {
    if (slots.length === 0) return;
    bits |= 1n << BigInt(lag);
    const chunks = chunksOf(slots);
    chunks.forEach((chunk, index) => {
      bits |= ((chunk << 1n) | (index === chunks.length - 1 ? LAST_CHUNK : 0n)) << position;
      position += CHUNK_BITS;
    });
  });
  return bits;
}

/**
 * The inverse of `encodeDalLags`. Strict: an empty last chunk, a slot outside the network and bits behind the last chunk
 * are refused, so that one attestation has one form.
 */
export function decodeDalLags(bits: bigint, lagCount: number, slotCount: number): Result<DalSlots[], DalBitsetError> {
  assert(lagCount > 0 && lagCount <= DAL_LAGS_MAX, "lagCount is a protocol constant within its limit");
  assert(slotCount > 0 && slotCount <= DAL_SLOTS_MAX, "slotCount is a protocol constant within its limit");
  if (bits < 0n) return refuse("negative");
  let rest = bits >> BigInt(lagCount);
  const lags: DalSlots[] = [];
  for (let lag = 0; lag < lagCount; lag++) {
    if (((bits >> BigInt(lag)) & 1n) === 0n) {
      lags.push([]);
      continue;
    }
    const taken = takeLag(rest, slotCount);
    if (!taken.ok) return taken;
    lags.push(taken.value.slots);
    rest = taken.value.rest;
  }
  return rest === 0n ? ok(lags) : refuse("bits behind the last chunk");
}

/**
 * The bitset as the weight of a BLS attestation hashes it: little-endian, padded with zeros to whole groups of eight
 * bytes, nothing at all for 0. The padding is part of the consensus rule.
 */
export function dalBitsetBytes(bits: bigint): Uint8Array {
  assert(bits >= 0n, "a bitset is never negative");
  const words: bigint[] = [];
  for (let rest = bits; rest > 0n; rest >>= 64n) words.push(BigInt.asUintN(64, rest));
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setBigUint64(index * 8, word, true));
  return bytes;
}

function takeLag(bits: bigint, slotCount: number): Result<{ slots: number[]; rest: bigint }, DalBitsetError> {
  const slots: number[] = [];
  let rest = bits;
  for (let first = 0; first < slotCount; first += CHUNK_SLOTS) {
    const chunk = (rest >> 1n) & 0x7fn;
    const last = (rest & LAST_CHUNK) !== 0n;
    rest >>= CHUNK_BITS;
    slots.push(...slotsOf(chunk, CHUNK_SLOTS).map((slot) => first + slot));
    if (!last) continue;
    if (chunk === 0n) return refuse("an empty last chunk");
    return (slots.at(-1) ?? 0) < slotCount ? ok({ slots, rest }) : refuse(`a slot outside of ${slotCount}`);
  }
  return refuse("a lag without a last chunk");
}

function chunksOf(slots: DalSlots): bigint[] {
  assertSlots(slots);
  const chunks = new Array<bigint>(Math.floor(Math.max(...slots) / CHUNK_SLOTS) + 1).fill(0n);
  for (const slot of slots) {
    const index = Math.floor(slot / CHUNK_SLOTS);
    chunks[index] = (chunks[index] ?? 0n) | (1n << BigInt(slot % CHUNK_SLOTS));
  }
  return chunks;
}

function slotsOf(bits: bigint, count: number): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < count; slot++) if (((bits >> BigInt(slot)) & 1n) === 1n) slots.push(slot);
  return slots;
}

function assertSlots(slots: DalSlots): void {
  assert(
    slots.every((slot) => Number.isInteger(slot) && slot >= 0 && slot < DAL_SLOTS_MAX),
    `slots are 0..${DAL_SLOTS_MAX - 1}`,
  );
}

function refuse(reason: string): Result<never, DalBitsetError> {
  return err({ code: "badDalBitset", reason });
}
