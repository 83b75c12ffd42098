import type { NodeEvent } from "@sealwright/api";
import type { BlsScheme } from "@sealwright/crypto";
import type { Executor } from "@sealwright/execution";
import type { MemoryNetwork } from "@sealwright/network/testing";
import type { KeeperId, Term, ThreadId } from "@sealwright/types";
import type { FaultName } from "../faults/fault.js";
import type { Witness } from "../witness/witness.js";
import type { LivingNode } from "./livingNode.js";
import type { SimGenesis } from "./simGenesis.js";
import type { SimRandom } from "./simRandom.js";
import type { Trace } from "./trace.js";
import type { VirtualTime } from "./virtualTime.js";

/** What a simulated node needs of the world around it. */
export interface SimWorld {
  readonly time: VirtualTime;
  readonly network: MemoryNetwork;
  readonly genesis: SimGenesis;
  /** Shared by all keepers. */
  readonly executor: Executor;
  readonly scheme: BlsScheme;
  readonly witness: Witness;
  readonly trace: Trace;
  readonly random: SimRandom;
  nameOf(keeper: KeeperId): string;
  /** A planned fault that waited for its moment happened. */
  noteFault(type: FaultName): void;
  /** An honest keeper did something observable. */
  noteFrame(node: LivingNode, to: KeeperId, frame: Uint8Array): void;
  /** A frame reaches an honest keeper. */
  noteHeard(node: LivingNode, frame: Uint8Array): void;
  noteEvent(node: LivingNode, event: NodeEvent): void;
  noteInvalid(node: LivingNode, blockId: string, reason: string): void;
  noteBlame(by: KeeperId, peer: KeeperId, reason: string): void;
  /** An honest keeper suspects the producer of the term before this one of leaving messages out. */
  noteCensorship(by: LivingNode, threadId: ThreadId, term: Term): void;
  /** A proof of misbehaviour that stands for itself. */
  noteOffence(by: KeeperId, accused: KeeperId, kind: string): void;
  /** Runs a check of the witness; what it throws ends the run, and does not reach the keeper. */
  watch(check: () => void): void;
  /** The node is dead from here on, and comes back later. */
  powerCut(node: LivingNode): void;
  /** Something that may never happen did. */
  fail(error: unknown, context: string): void;
}
