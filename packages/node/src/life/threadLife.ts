import type { EventLog, NodeEvent } from "@sealwright/api";
import type { ProducerState } from "@sealwright/producer";
import type { Attestation, Clock, Logger, SealedBlock, SignedAttestation, SignerIndex } from "@sealwright/types";
import type { ThreadOptions } from "../thread/threadOptions.js";
import { BlockTrace } from "./blockTrace.js";
import { DelayCounts } from "./delayCounts.js";
import { delayOf } from "./delayOf.js";

export interface ThreadLifeDependencies {
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What people can ask of a thread's blocks: who did what when, and why one was late. Nothing depends on it. */
export class ThreadLife {
  readonly trace: BlockTrace;
  readonly delays = new DelayCounts();
  readonly #options: ThreadOptions;
  readonly #deps: ThreadLifeDependencies;

  constructor(options: ThreadOptions, dependencies: ThreadLifeDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.trace = new BlockTrace(dependencies);
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

  /** A checked block carries quorums of others. */
  carries({ id, body }: SealedBlock): void {
    for (const { attestation, signers } of body.attestations) {
      this.trace.carried(attestation.blockId, id);
      this.attestedBy(attestation, signers);
    }
  }

  /** Says of a block that became final late why it did: as event, in the log, and in the metrics. */
  finished({ id, header }: SealedBlock): void {
    const traced = this.trace.get(id);
    if (traced === null) return;
    const delay = delayOf(traced, this.trace.get(traced.parentId), this.#options.settings.productionTimeoutMs);
    // What was made while this keeper was away says nothing of the network.
    if (delay === null || delay.reason === "noRecord") return;
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
