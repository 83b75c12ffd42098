import type { Keeper } from "@sealwright/node";
import type { KeeperId } from "@sealwright/types";
import type { Conditions } from "./conditions.js";
import type { NodeClock } from "./nodeClock.js";

/** A simulated node between two crashes, as the world around it sees it. */
export interface LivingNode {
  readonly self: KeeperId;
  readonly clock: NodeClock;
  readonly conditions: Conditions;
  readonly isAlive: boolean;
  readonly isHonest: boolean;
  /** A write failed: the node is about to stop. */
  readonly hasDiskFailed: boolean;
  /** The keeper once it runs; null while it still opens its disk. */
  readonly keeper: Keeper | null;
  /** The power goes: what was not synced is lost, and nothing of this life happens any more. */
  crash(): void;
  /** Past all rules and spies, as only a liar sends. */
  sendRaw(to: KeeperId, frame: Uint8Array): void;
  trace(what: string): void;
}
