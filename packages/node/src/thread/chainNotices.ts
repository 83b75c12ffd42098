import type { EventLog, NodeEvent } from "@sealwright/api";
import type { AbandonedBlock, ChainNotice, KeeperRunner, WitnessRunner } from "@sealwright/keeper";
import type { BlockProducer } from "@sealwright/producer";
import { assertNever, type BlockId, type Clock, encodeAccusation, type Logger, type Term } from "@sealwright/types";
import { showNotice } from "../evidence/watchThread.js";
import type { ThreadLife } from "../life/threadLife.js";
import type { BlockTally } from "../messages/blockTally.js";
import type { MessageDesk } from "../messages/messageDesk.js";
import { SafetyStop } from "../safetyStop.js";
import type { BlockDiary } from "./blockDiary.js";
import { openChainTo } from "./openChain.js";
import type { ProducerTurns } from "./producerTurns.js";
import type { ThreadOptions } from "./threadOptions.js";

export interface ChainNoticesDependencies {
  /** Asked for late, as the producer is: both are made with ports that lead here. */
  readonly keeper: () => KeeperRunner;
  readonly producer: () => BlockProducer;
  readonly turns: ProducerTurns;
  readonly diary: BlockDiary;
  readonly life: ThreadLife;
  readonly tally: BlockTally;
  readonly witness: WitnessRunner;
  readonly desk: () => MessageDesk;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fail: (error: unknown) => void;
}

/** Brings what the keeper tells of a thread to all whom it concerns: people, clients, the witness, and this node's producer. */
export class ChainNotices {
  readonly #options: ThreadOptions;
  readonly #deps: ChainNoticesDependencies;
  #suspects = 0;
  #nacks = 0;

  constructor(options: ThreadOptions, dependencies: ChainNoticesDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** How often this keeper would have left its term since the start. */
  get suspects(): number {
    return this.#suspects;
  }

  /** How many good Nacks of other keepers came since the start. */
  get nacks(): number {
    return this.#nacks;
  }

  take(notice: ChainNotice): void {
    const { logger, diary, life, turns } = this.#deps;
    const thread = this.#options.rules.threadId;
    showNotice(this.#deps.witness, notice);
    switch (notice.type) {
      case "applied":
        return this.#onApplied(notice);
      case "attested":
        return void diary.noteKnown(notice.blockId, "attested", "attestedMs");
      case "certified":
        this.#deps.producer().dispatch({ type: "certificate", certificate: notice.certificate });
        life.attestedBy(notice.certificate.attestation, notice.certificate.signers);
        return this.#noteChain(notice.blockId, "certified");
      case "prefinal":
        return this.#noteChain(notice.blockId, "prefinal");
      case "suspected":
        this.#suspects++;
        return logger.log("warn", "producer.suspected", { thread, term: notice.term, reason: notice.reason });
      case "termEntered":
        return turns.enter(notice.term);
      case "abandoned":
        return notice.blocks.forEach((abandoned) => this.#onAbandoned(abandoned, notice.term));
      case "followed":
        return notice.blockIds.forEach((id) => diary.noteFollowed(id));
      case "mayProduce":
        return turns.begin(notice);
      case "invalid":
        logger.log("error", "block.invalid", { thread, block: notice.blockId, reason: notice.reason });
        life.delays.count("invalid");
        this.#deps.producer().dispatch({ type: "abandoned", blockIds: [notice.blockId] });
        return void diary.noteKnown(notice.blockId, "invalid", null);
      case "dropped":
        this.#deps.producer().dispatch({ type: "abandoned", blockIds: notice.blockIds });
        return notice.blockIds.forEach((id) => this.#onDropped(id));
      case "nacked":
        return this.#onNacked(notice);
      case "nackRefuted":
        return logger.log("warn", "nack.refuted", { thread, keeper: notice.keeper, block: notice.blockId });
      case "equivocation":
        return logger.log("error", "producer.equivocated", { thread, first: notice.first, second: notice.second.id });
      case "halted":
        return this.#deps.fail(new SafetyStop(thread, notice.reason));
      default:
        return assertNever(notice);
    }
  }

  #onApplied({ block, facts }: ChainNotice & { type: "applied" }): void {
    const { diary, life, tally, clock } = this.#deps;
    const { vote, certificates } = this.#deps.keeper().state;
    diary.note(block, "applied", "appliedMs");
    life.carries(block);
    if (facts.term === vote.currentTerm) tally.noteBlock(block, clock.nowMs());
    // The certificate was here before the block: of a restart, or faster than it.
    if (certificates.has(facts.id)) this.#noteChain(facts.id, "certified");
    const producer = this.#deps.producer();
    if (producer.state.phase === "waitingForParent") producer.dispatch({ type: "parentApplied", blockId: facts.id });
  }

  #onNacked({ nack, height }: ChainNotice & { type: "nacked" }): void {
    const { logger, events, clock } = this.#deps;
    const { threadId, keepers } = this.#options.rules;
    const { blockId } = nack.verdict;
    const keeper = keepers.at(nack.signer).id;
    this.#nacks++;
    logger.log("warn", "block.nacked", { thread: threadId, keeper, block: blockId });
    events.append({ type: "block.nacked", atMs: clock.nowMs(), threadId, height, blockId, keeperId: keeper });
    const accusation = encodeAccusation({ type: "nack", nack });
    this.#deps.producer().dispatch({ type: "accusation", accusation, height });
  }

  #onAbandoned({ block, isPromised }: AbandonedBlock, term: Term): void {
    const { diary, desk, fail } = this.#deps;
    diary.noteKnown(block.id, "abandoned", null);
    diary.tell("block.abandoned", block);
    if (isPromised) desk().noteAbandoned(block, term).catch(fail);
  }

  #onDropped(blockId: BlockId): void {
    const { diary, life, desk } = this.#deps;
    diary.noteKnown(blockId, "abandoned", null);
    life.delays.count("abandoned");
    desk().noteDropped(blockId);
  }

  /** A quorum vouches for a block and for every ancestor of it. */
  #noteChain(blockId: BlockId, stage: "certified" | "prefinal"): void {
    for (const block of openChainTo(this.#deps.keeper().state, blockId)) this.#deps.diary.noteVouched(block, stage);
  }
}
