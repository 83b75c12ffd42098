import type { CheckedEvidence, Offence } from "@sealwright/consensus";
import type { AggregatedAttestation, Evidence, Height, KeeperId, SignedNack } from "@sealwright/types";
import type { WitnessedBlock } from "./witnessState.js";

/** What a witness sees. Only what was checked is remembered; the rest is compared with what is remembered. */
export type WitnessEvent =
  | { readonly type: "blockSeen"; readonly block: WitnessedBlock; readonly from: KeeperId }
  | { readonly type: "blockChecked"; readonly block: WitnessedBlock }
  | { readonly type: "voteSeen"; readonly vote: AggregatedAttestation; readonly from: KeeperId }
  | { readonly type: "votesChecked"; readonly votes: AggregatedAttestation }
  /** With good signatures; `height` is the block's. */
  | { readonly type: "nackChecked"; readonly nack: SignedNack; readonly height: Height }
  /** Carried by a block: compared, not remembered. */
  | { readonly type: "nackSeen"; readonly nack: SignedNack }
  /** `from` is null for what a block carried. */
  | { readonly type: "evidenceReceived"; readonly evidence: Evidence; readonly from: KeeperId | null }
  | { readonly type: "evidenceChecked"; readonly key: string; readonly valid: boolean }
  | { readonly type: "finalMoved"; readonly height: Height };

/** What a witness asks for; an arrow names the event that answers. */
export type WitnessEffect =
  /** -> evidenceChecked */
  | { readonly type: "checkEvidence"; readonly key: string; readonly checked: CheckedEvidence }
  /** Proved: store it, then tell everybody. */
  | { readonly type: "keepEvidence"; readonly evidence: Evidence; readonly offence: Offence }
  | { readonly type: "penalize"; readonly peer: KeeperId; readonly cause: "badEvidence"; readonly detail: string };
