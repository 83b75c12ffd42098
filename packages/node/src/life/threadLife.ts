import type { EventLog, NodeEvent } from "@sealwright/api";
import { certificatesIn } from "@sealwright/consensus";
import type { ProducerState } from "@sealwright/producer";
import type { Attestation, Clock, Logger, SealedBlock, SignedAttestation, SignerIndex } from "@sealwright/types";
import type { ThreadOptions } from "../thread/threadOptions.js";
import { BlockTrace } from "./blockTrace.js";
import { DelayCounts } from "./delayCounts.js";
import { type DelayMeasure, delayOf, type ParentTime, wasAway } from "./delayOf.js";
import { Presence } from "./presence.js";

export interface ThreadLifeDependencies {
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What people can ask of a thread's blocks: who did what when, and why one was late. Nothing depends on it. */
export class ThreadLife {
  readonly trace: BlockTrace;
  readonly delays = new DelayCounts();
  /** Since when this node saw all that came. */
  readonly presence: Presence;
  readonly #options: ThreadOptions;
  readonly #deps: ThreadLifeDependencies;

  constructor(options: ThreadOptions, dependencies: ThreadLifeDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.trace = new BlockTrace(dependencies);
    this.presence = new Presence(dependencies);
  }

  get measure(): DelayMeasure {
    return { tickMs: this.#options.settings.productionTimeoutMs, sinceMs: this.presence.sinceMs };
  }

  /** An attestation came, unchecked. It is what a held block waits for, so this is when a hold is seen. */
  voteArrived({ attestation, signer }: SignedAttestation, producer: ProducerState): void {
    this.trace.voteArrived(attestation.blockId, signer);
    if (producer.phase !== "producing" || producer.hold === null) return;
    const held = producer.unsealed[0];
    if (held !== undefined) this.trace.held(held.height, held.term, producer.hold.reason);
  }

  /** Good attestations of a block: checked one by one, or named by a certificate. */
  attestedBy({ blockId }: Attestation, signers: readonly SignerIndex[]): void {
    const { keepers } = this.#options.rules;
    for (const signer of signers) this.trace.voted(blockId, signer, keepers.at(signer).id);
  }

  /** A checked block names who attested others: among its attestations, and in its switch certificate. */
  carries(block: SealedBlock): void {
    const certificates = certificatesIn(this.#options.rules.keepers, block);
    for (const { attestation, signers } of [...block.body.attestations, ...certificates])
      this.attestedBy(attestation, signers);
  }

  /** Says of a block that became final late why it did: as event, in the log, and in the metrics. */
  finished({ id, header }: SealedBlock, parent: ParentTime): void {
    const traced = this.trace.get(id);
    // What was made while this keeper was away was told by those who were there.
    if (traced === null || wasAway(traced, this.presence.sinceMs)) return;
    const delay = delayOf(traced, parent, this.measure);
    if (delay === null) return;
    const { clock, events, logger } = this.#deps;
    this.delays.count(delay.reason);
    events.append({
      type: "block.late",
      atMs: clock.nowMs(),
      block: traced.block,
      producer: header.producer,
      ...delay,
    });
    logger.log("debug", "block.late", { thread: header.threadId, height: header.height, block: id, ...delay });
  }
}
