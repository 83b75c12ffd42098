import type { BlockFacts, ThreadRules } from "@sealwright/consensus";
import { type BlockId, height, type Height, type KeeperId, type SwitchCertificate, type Term } from "@sealwright/types";
import type { WaitingAccusation } from "./waitingAccusation.js";
import type { BuildBudget } from "./buildBudget.js";
import type { BuildOrder } from "./producerEffect.js";
import type { Sealing, UnderSeal } from "./sealDraft.js";
import type { TailBlock } from "./sealedTail.js";
import type { UnsealedBlock } from "./unsealedBlock.js";

/** Fixed for one thread while the node runs. */
export interface ProducerConfig {
  readonly rules: ThreadRules;
  readonly self: KeeperId;
  /** An idle thread seals this often. */
  readonly productionTimeoutMs: number;
  /** Under load blocks follow each other no faster. */
  readonly minBlockIntervalMs: number;
  /** Every so many heights a block asks every node to keep a snapshot. */
  readonly shareStateEvery: number;
}

/** What outlives every change of phase. */
export interface ProducerBase {
  readonly config: ProducerConfig;
  /** Not carried by a sealed block yet; at most as many as one may carry. */
  readonly accusations: readonly WaitingAccusation[];
  /** The last final block, as far as this producer was told. */
  readonly finalHeight: Height;
}

/** The one answer to "are we producing?". */
export type ProducerState = Parked | Starting | WaitingForParent | Producing | Stopping;

/** Another keeper produces, or nobody told this one to. */
export interface Parked extends ProducerBase {
  readonly phase: "parked";
}

/** Finds out what it can continue in its term. */
export interface Starting extends ProducerBase {
  readonly phase: "starting";
  readonly term: Term;
}

/** The block to continue is not applied here yet. */
export interface WaitingForParent extends ProducerBase {
  readonly phase: "waitingForParent";
  readonly term: Term;
  readonly parentId: BlockId;
}

/** Finishes the block that is being sealed, then does what it was told last. */
export interface Stopping extends ProducerBase {
  readonly phase: "stopping";
  readonly sealing: UnderSeal;
  /** The term to look for a start in then; null: it rests. */
  readonly next: Term | null;
}

/** Blocks are built ahead, and one at a time is sealed. */
export interface Producing extends ProducerBase {
  readonly phase: "producing";
  readonly term: Term;
  /** The block that it was told to continue. */
  readonly startedFrom: BlockId;
  /** Still to be put into the first block of the term; null when that block exists or none is needed. */
  readonly switchCertificate: SwitchCertificate | null;
  /** The last sealed block, or the parent to start from. */
  readonly tip: BlockFacts;
  /** Own blocks that are not settled yet, ascending. */
  readonly tail: readonly TailBlock[];
  /** Sealed blocks that are not final yet and hold messages, ascending heights. */
  readonly openWork: readonly Height[];
  /** Built ahead, ascending; the first one is sealed next. */
  readonly unsealed: readonly UnsealedBlock[];
  readonly building: (Pick<BuildOrder, "parent" | "height"> & { readonly sinceMs: number }) | null;
  readonly budget: BuildBudget;
  readonly sealing: Sealing;
  readonly messagesWaiting: number;
  readonly importsWaiting: boolean;
  /** Monotonic. */
  readonly lastSealMs: number;
  readonly lastBuildMs: number;
  readonly nextTickMs: number;
  /** A builder that failed or was lost is not asked before: it may fail at once, again and again. */
  readonly restUntilMs: number;
  /** Why the first unsealed block is held back; null when nothing holds it. */
  readonly hold: { readonly blockId: BlockId; readonly reason: "majorityMissing" | "quorumMissing" } | null;
}

/** How far the builder may run ahead of the sealer (protocol §10). */
export const UNSEALED_MAX = 30;

/** Parked, with nothing built. */
export function initialProducerState(config: ProducerConfig): ProducerState {
  return { phase: "parked", config, accusations: [], finalHeight: height(0) };
}
