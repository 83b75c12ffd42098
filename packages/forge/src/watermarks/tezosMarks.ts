import type { Decision, Digest, Refusal } from "./decision.js";

/** Tezos kinds; each has a mark of its own, and DAL content makes no fourth. */
export type TezosMarkKind = "block" | "preattestation" | "attestation";

/** Level and round of one kind, with the digest of what was signed there; null when only the place is known. */
export interface TezosRecord {
  readonly type: TezosMarkKind;
  readonly level: number;
  readonly round: number;
  readonly digest: Digest | null;
  readonly signature: Uint8Array | null;
}

/** A request always knows what it signs. */
export type TezosClaim = TezosRecord & { readonly digest: Digest; readonly signature: null };

/** The last record of each kind for one (chain, key). */
export interface TezosMarks {
  readonly block: TezosRecord | null;
  readonly preattestation: TezosRecord | null;
  readonly attestation: TezosRecord | null;
}

export const NO_TEZOS_MARKS: TezosMarks = { block: null, preattestation: null, attestation: null };

/** Other bytes at the recorded place, or a place below it. */
export const TEZOS_REFUSAL_CODES = ["previouslySigned", "belowWatermark"] as const;
/** One of `TEZOS_REFUSAL_CODES`. */
export type TezosRefusalCode = (typeof TEZOS_REFUSAL_CODES)[number];

const WITH_ARTICLE = {
  block: "a block",
  preattestation: "a preattestation",
  attestation: "an attestation",
} as const satisfies Record<TezosMarkKind, string>;
const ASK_THE_SAME =
  "ask for the recorded one again or for a later place, and if another program signs with this key, stop one of the two";
const ASK_ABOVE =
  "ask for a place above the recorded one, and if the asker's node is behind its chain, let it catch up first";

/** A higher level, or the same level and a higher round; or the very same bytes again. */
export function decideTezos(marks: TezosMarks, claim: TezosClaim): Decision<TezosRecord, TezosRefusalCode> {
  const mark = marks[claim.type];
  if (mark === null || comparePlace(claim, mark) > 0) return { kind: "sign", record: claim };
  const same = comparePlace(claim, mark) === 0;
  if (same && mark.digest === claim.digest) return { kind: "again", record: null, signature: mark.signature };
  return {
    kind: "refused",
    refusal: {
      code: same ? "previouslySigned" : "belowWatermark",
      message: same
        ? `another ${claim.type} is recorded at level ${mark.level}, round ${mark.round}, and two there are double signing: ${ASK_THE_SAME}`
        : `${WITH_ARTICLE[claim.type]} is recorded at level ${mark.level}, round ${mark.round}, above the one that is asked for: ${ASK_ABOVE}`,
      recorded: recordWords(mark),
    },
  };
}

/** Never lowers a mark; a signature joins the record that it belongs to. */
export function applyTezos(marks: TezosMarks, record: TezosRecord): TezosMarks {
  const mark = marks[record.type];
  if (mark === null || comparePlace(record, mark) > 0) return { ...marks, [record.type]: record };
  if (record.signature !== null && mark.digest === record.digest && mark.signature === null) {
    return { ...marks, [record.type]: record };
  }
  return marks;
}

export function recordsOfTezos(marks: TezosMarks): TezosRecord[] {
  return [marks.block, marks.preattestation, marks.attestation].filter((record) => record !== null);
}

/** Negative when `a` lies below `b`, 0 at one place. */
export function comparePlace(a: TezosRecord, b: TezosRecord): number {
  return a.level - b.level || a.round - b.round;
}

function recordWords(record: TezosRecord): Refusal["recorded"] {
  return { kind: record.type, level: String(record.level), round: String(record.round), digest: record.digest };
}
