import type { KeeperId } from "@sealwright/types";
import type { Conditions } from "../world/conditions.js";
import type { LivingNode } from "../world/livingNode.js";
import type { Links } from "../world/links.js";

import type { SimRandom } from "../world/simRandom.js";

/** What can go wrong around honest keepers: machines, disks, clocks, links. */
export const FAULT_NAMES = [
  "crash",
  "powerCut",
  "partition",
  "oneWayCut",
  "slowLinks",
  "badLinks",
  "clockJump",
  "pause",
  "slowDisk",
  "fullDisk",
  "slowMachine",
  "deafSigner",
] as const;
/** One of `FAULT_NAMES`. */
export type FaultName = (typeof FAULT_NAMES)[number];

/** One fault of a plan: plain data, so that a plan can be printed, shrunk and replayed. */
export interface PlannedFault {
  readonly type: FaultName;
  readonly atMs: number;
  readonly forMs: number;
  /** Places in the BK set. */
  readonly keepers: readonly number[];
  /** What it means is the fault's own. */
  readonly amount: number;
}

/** What a fault may lay hands on. */
export interface FaultTarget {
  readonly links: Links;
  readonly random: SimRandom;
  readonly idOf: (place: number) => KeeperId;
  conditionsOf(place: number): Conditions;
  nodeOf(place: number): LivingNode | undefined;
  crash(place: number): void;
  restart(place: number): void;
  /** For kinds that happen `whenTold`. */
  happened(type: FaultName): void;
}

export type DrawnFault = Pick<PlannedFault, "forMs" | "keepers" | "amount">;

export interface FaultKind {
  readonly type: FaultName;
  draw(random: SimRandom, keeperCount: number): DrawnFault;
  /** Whether it has happened when it has begun, or perhaps not, or later: then it is told when it does. */
  readonly happens: "whenItBegins" | "whenTold";
  /** @returns ends the fault; harmless to call when its keeper has crashed or come back meanwhile */
  begin(target: FaultTarget, fault: PlannedFault): () => void;
}
