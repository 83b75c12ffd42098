import type { LoadCounts } from "../load/loadPlan.js";
import type { Quantiles } from "../load/quantiles.js";
import type { FaultReport } from "./faultReports.js";
import type { DevnetUrls } from "../network/devnetUrls.js";
import type { NodeFigures } from "./nodeFigures.js";

/** What a devnet says of itself at its end; fields are added, never renamed. */
export interface DevnetReport {
  readonly sealwright: string;
  readonly nodes: number;
  readonly threads: readonly {
    /** 68 hex digits. */
    readonly id: string;
    readonly finalizedHeight: number;
    /** The lowest height that all nodes still have, 1 unless one of them pruned. */
    readonly comparedFrom: number;
    /** Final blocks from there on. */
    readonly blocks: number;
    /** Different blocks that some node gave up. */
    readonly forks: number;
  }[];
  readonly messages: LoadCounts;
  readonly finalityMs: Quantiles;
  readonly throughputPerS: number;
  /** `violations` are texts that begin with the rule, such as "I3: …". */
  readonly invariants: {
    readonly checked: number;
    readonly violations: readonly string[];
    readonly perRule: Readonly<Record<string, number>>;
  };
  /** What was done to the network on purpose, in order. */
  readonly faults: readonly FaultReport[];
  /**
   * Block ids at every final height, and state roots, are the same on all nodes that could be asked at the end; those
   * that were cut off then may lag. False also when nothing could be compared, as when only one of several answered.
   */
  readonly nodesAgree: boolean;
  /** False when the first blocks were not there any more, or no node had all: then nobody could add up the money. */
  readonly booksAreWhole: boolean;
  readonly startToFirstFinalMs: number;
  /** Zeros of a node that could not be asked at the end. */
  readonly perNode: readonly NodeFigures[];
  readonly network: { readonly name: string; readonly networkId: string; readonly executor: string };
  readonly endpoints: DevnetUrls;
  readonly loadPerS: number;
  readonly durationMs: number;
  readonly rejections: Readonly<Record<string, number>>;
  readonly sendDelayMs: Quantiles;
}

/** Whether a run may call itself good: nothing violated, nothing lost, all nodes the same. */
export function isGood({ messages, invariants, nodesAgree }: DevnetReport): boolean {
  return invariants.violations.length === 0 && messages.lost === 0 && messages.unsettled === 0 && nodesAgree;
}
