import type { Decision, Digest, Refusal } from "./decision.js";

/** Ethereum's two slashable kinds in the minimal form of EIP-3076: floors that only rise. BLS signatures need no keeping. */
export type BeaconRecord =
  | { readonly type: "block"; readonly slot: bigint; readonly digest: Digest | null }
  | {
      readonly type: "attestation";
      readonly source: bigint;
      readonly target: bigint;
      readonly digest: Digest | null;
    };
type BlockRecord = Extract<BeaconRecord, { type: "block" }>;
type AttestationRecord = Extract<BeaconRecord, { type: "attestation" }>;

/** A request always knows what it signs. */
export type BeaconClaim = BeaconRecord & { readonly digest: Digest };

/** The highest block and attestation of one Ethereum key; null for none. */
export interface BeaconMarks {
  readonly block: BlockRecord | null;
  readonly attestation: AttestationRecord | null;
}

export const NO_BEACON_MARKS: BeaconMarks = { block: null, attestation: null };

/** Why a block's slot or a vote's epochs are refused. */
export const BEACON_REFUSAL_CODES = [
  "slotNotAboveRecorded",
  "sourceAboveTarget",
  "sourceBelowRecorded",
  "targetNotAboveRecorded",
] as const;
/** One of `BEACON_REFUSAL_CODES`. */
export type BeaconRefusalCode = (typeof BEACON_REFUSAL_CODES)[number];

/**
 * Slots rise strictly; targets rise strictly and sources never fall, so no vote can surround or be surrounded.
 * The very same bytes as the last ones are allowed again.
 */
export function decideBeacon(marks: BeaconMarks, claim: BeaconClaim): Decision<BeaconRecord, BeaconRefusalCode> {
  if (isRepeated(marks, claim)) return { kind: "again", record: null, signature: null };
  if (claim.type === "block") {
    if (marks.block === null || claim.slot > marks.block.slot) return { kind: "sign", record: claim };
    return refuse("slotNotAboveRecorded", { slot: String(marks.block.slot), digest: marks.block.digest });
  }
  if (claim.source > claim.target) return refuse("sourceAboveTarget", { source: null, target: null });
  const last = marks.attestation;
  if (last === null) return { kind: "sign", record: claim };
  if (claim.source < last.source) return refuse("sourceBelowRecorded", attestationWords(last));
  if (claim.target <= last.target) return refuse("targetNotAboveRecorded", attestationWords(last));
  return { kind: "sign", record: claim };
}

/** The same numbers and the same bytes: the numbers too, since here they do not come from the bytes. */
function isRepeated({ block, attestation }: BeaconMarks, claim: BeaconClaim): boolean {
  if (claim.type === "block") return block?.slot === claim.slot && block.digest === claim.digest;
  if (attestation?.digest !== claim.digest) return false;
  return attestation.source === claim.source && attestation.target === claim.target;
}

/** Every number on its own takes the maximum: what an import may bring in any order. */
export function applyBeacon(marks: BeaconMarks, record: BeaconRecord): BeaconMarks {
  if (record.type === "block") {
    const mark = marks.block;
    return mark === null || record.slot > mark.slot ? { ...marks, block: record } : marks;
  }
  const last = marks.attestation;
  if (last === null) return { ...marks, attestation: record };
  // Also for equal numbers: the digest that was first stays, or other bytes would pass as "the same again".
  if (record.source <= last.source && record.target <= last.target) return marks;
  if (record.source >= last.source && record.target >= last.target) return { ...marks, attestation: record };
  // Crossing numbers come from an import only: the floor of both, which belongs to no signed bytes.
  return {
    ...marks,
    attestation: {
      type: "attestation",
      source: max(record.source, last.source),
      target: max(record.target, last.target),
      digest: null,
    },
  };
}

export function recordsOfBeacon(marks: BeaconMarks): BeaconRecord[] {
  return [marks.block, marks.attestation].filter((record) => record !== null);
}

const STOP_ONE = "and if another program signs with this key, stop one of the two";
const MESSAGES: Readonly<Record<BeaconRefusalCode, string>> = {
  slotNotAboveRecorded: `a block is recorded at this slot or above it: ask for the recorded one again or for a later slot, ${STOP_ONE}`,
  sourceAboveTarget: "the vote's source is above its target, as in no sound vote: repair the client",
  sourceBelowRecorded: `a vote with a higher source is recorded, and this one could surround it: ask for a vote with that source or a later one, ${STOP_ONE}`,
  targetNotAboveRecorded: `a vote is recorded at this target or above it: ask for the recorded one again or for a later target, ${STOP_ONE}`,
};

function refuse(code: BeaconRefusalCode, recorded: Refusal["recorded"]): Decision<BeaconRecord, BeaconRefusalCode> {
  return { kind: "refused", refusal: { code, message: MESSAGES[code], recorded } };
}

function attestationWords(record: AttestationRecord): Refusal["recorded"] {
  return { source: String(record.source), target: String(record.target), digest: record.digest };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
