import type { NetworkId, ThreadId } from "@sealwright/types";
import type { PublicKeyHex, TezosKeyHash } from "../keyId.js";
import {
  applyBeacon,
  BEACON_REFUSAL_CODES,
  type BeaconClaim,
  type BeaconMarks,
  type BeaconRecord,
  type BeaconRefusalCode,
  decideBeacon,
  NO_BEACON_MARKS,
  recordsOfBeacon,
} from "./beaconMarks.js";
import type { Decision } from "./decision.js";
import {
  applySealwright,
  decideSealwright,
  NO_SEALWRIGHT_MARKS,
  recordsOfSealwright,
  SEALWRIGHT_REFUSAL_CODES,
  type SealwrightClaim,
  type SealwrightMarks,
  type SealwrightRecord,
  type SealwrightRefusalCode,
} from "./sealwrightMarks.js";
import {
  applyTezos,
  decideTezos,
  NO_TEZOS_MARKS,
  recordsOfTezos,
  TEZOS_REFUSAL_CODES,
  type TezosClaim,
  type TezosMarks,
  type TezosRecord,
  type TezosRefusalCode,
} from "./tezosMarks.js";

/** Which marks a claim is held against: never shared between networks, keys or threads. */
export type MarkScope =
  | {
      readonly chain: "sealwright";
      readonly networkId: NetworkId;
      readonly threadId: ThreadId;
      readonly key: PublicKeyHex;
    }
  | { readonly chain: "tezos"; readonly chainId: string; readonly key: TezosKeyHash }
  | { readonly chain: "beacon"; readonly genesisRoot: string; readonly key: PublicKeyHex };

/** One guarded request, as the watermarks see it. */
export type Claim =
  | { readonly scope: Extract<MarkScope, { chain: "sealwright" }>; readonly claim: SealwrightClaim }
  | { readonly scope: Extract<MarkScope, { chain: "tezos" }>; readonly claim: TezosClaim }
  | { readonly scope: Extract<MarkScope, { chain: "beacon" }>; readonly claim: BeaconClaim };

/** All that a scope has promised. */
export type Marks =
  | { readonly chain: "sealwright"; readonly marks: SealwrightMarks }
  | { readonly chain: "tezos"; readonly marks: TezosMarks }
  | { readonly chain: "beacon"; readonly marks: BeaconMarks };

/** One thing that raises marks, as stores keep it. */
export type MarkRecord =
  | { readonly chain: "sealwright"; readonly record: SealwrightRecord }
  | { readonly chain: "tezos"; readonly record: TezosRecord }
  | { readonly chain: "beacon"; readonly record: BeaconRecord };

/** Every reason of a watermark to refuse, of any chain. */
export type WatermarkRefusalCode = SealwrightRefusalCode | TezosRefusalCode | BeaconRefusalCode;
/** The same, by chain. */
export const WATERMARK_CODES = {
  sealwright: SEALWRIGHT_REFUSAL_CODES,
  tezos: TEZOS_REFUSAL_CODES,
  beacon: BEACON_REFUSAL_CODES,
} as const satisfies Record<MarkScope["chain"], readonly WatermarkRefusalCode[]>;
export type MarkDecision = Decision<MarkRecord, WatermarkRefusalCode>;

export function noMarks(chain: MarkScope["chain"]): Marks {
  switch (chain) {
    case "sealwright":
      return { chain, marks: NO_SEALWRIGHT_MARKS };
    case "tezos":
      return { chain, marks: NO_TEZOS_MARKS };
    case "beacon":
      return { chain, marks: NO_BEACON_MARKS };
  }
}

/** Pure. @param marks of the claim's scope; another chain's marks are our bug and throw */
export function decide(marks: Marks, { scope, claim }: Claim): MarkDecision {
  if (scope.chain === "sealwright" && marks.chain === "sealwright")
    return wrap("sealwright", decideSealwright(marks.marks, claim as SealwrightClaim));
  if (scope.chain === "tezos" && marks.chain === "tezos")
    return wrap("tezos", decideTezos(marks.marks, claim as TezosClaim));
  if (scope.chain === "beacon" && marks.chain === "beacon")
    return wrap("beacon", decideBeacon(marks.marks, claim as BeaconClaim));
  throw new TypeError(`marks of ${marks.chain} do not answer for ${scope.chain}`);
}

export function applyRecord(marks: Marks, { chain, record }: MarkRecord): Marks {
  if (chain === "sealwright" && marks.chain === chain) return { chain, marks: applySealwright(marks.marks, record) };
  if (chain === "tezos" && marks.chain === chain) return { chain, marks: applyTezos(marks.marks, record) };
  if (chain === "beacon" && marks.chain === chain) return { chain, marks: applyBeacon(marks.marks, record) };
  throw new TypeError(`a record of ${chain} does not belong to marks of ${marks.chain}`);
}

/** The records that make these marks again from nothing. */
export function recordsOf(marks: Marks): MarkRecord[] {
  switch (marks.chain) {
    case "sealwright":
      return recordsOfSealwright(marks.marks).map((record) => ({ chain: "sealwright", record }));
    case "tezos":
      return recordsOfTezos(marks.marks).map((record) => ({ chain: "tezos", record }));
    case "beacon":
      return recordsOfBeacon(marks.marks).map((record) => ({ chain: "beacon", record }));
  }
}

/** The record that keeps a signature beside the claim that it was made for; null where signatures are unique anyway. */
export function signatureRecord({ scope, claim }: Claim, signature: Uint8Array): MarkRecord | null {
  return scope.chain === "tezos" ? { chain: "tezos", record: { ...(claim as TezosClaim), signature } } : null;
}

/** One text per scope, the key last: what logs and tables call it. */
export type ScopeText = string;

/** The same text for the same scope, in every version: it is on disk. */
export function scopeText(scope: MarkScope): ScopeText {
  switch (scope.chain) {
    case "sealwright":
      return `sealwright/${scope.networkId}/${scope.threadId}/${scope.key}`;
    case "tezos":
      return `tezos/${scope.chainId}/${scope.key}`;
    case "beacon":
      return `beacon/${scope.genesisRoot}/${scope.key}`;
  }
}

/** @returns null when the text is not one that `scopeText` makes */
export function parseScopeText(text: ScopeText): MarkScope | null {
  const [chain, network, third, fourth, ...rest] = text.split("/");
  if (network === undefined || third === undefined || rest.length > 0) return null;
  if (chain === "sealwright" && fourth !== undefined) {
    return { chain, networkId: network as NetworkId, threadId: third as ThreadId, key: fourth as PublicKeyHex };
  }
  if (fourth !== undefined) return null;
  if (chain === "tezos") return { chain, chainId: network, key: third as TezosKeyHash };
  if (chain === "beacon") return { chain, genesisRoot: network, key: third as PublicKeyHex };
  return null;
}

function wrap<R>(chain: MarkScope["chain"], decision: Decision<R, WatermarkRefusalCode>): MarkDecision {
  if (decision.kind === "refused") return decision;
  if (decision.record === null) return decision as MarkDecision;
  const record = { chain, record: decision.record } as MarkRecord;
  return decision.kind === "sign" ? { kind: "sign", record } : { ...decision, record };
}
