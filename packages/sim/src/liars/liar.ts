import type { KeeperId } from "@sealwright/types";
import type { LivingNode } from "../world/livingNode.js";

/**
 * A byzantine keeper: it runs the real software, and somebody stands at its cable who holds its keys. It may send
 * anything, but it cannot sign for others.
 */
export interface Liar {
  /** A second machine with the same key, on a disk of its own, that comes and goes with the first. */
  readonly twin?: Omit<Liar, "twin">;
  /** Its node runs (again). */
  begin?(node: LivingNode): void;
  /** @returns what leaves instead of `frame` */
  sending?(to: KeeperId, frame: Uint8Array): readonly Uint8Array[];
  /** Before its node gets the frame. */
  heard?(from: KeeperId, frame: Uint8Array): void;
  /** @returns what its node gets instead of `frame`; null: nothing */
  hearing?(from: KeeperId, frame: Uint8Array): Uint8Array | null;
}
