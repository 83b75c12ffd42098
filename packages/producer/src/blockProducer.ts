import {
  type BuildCulprit,
  type BuildRequest,
  type BuiltBlock,
  ExecutionError,
  type Rejection,
  rejection,
  type ThreadExecution,
} from "@sealwright/execution";
import {
  assert,
  assertNever,
  type BlockId,
  type Clock,
  type Height,
  type ImportCursor,
  limits,
  type MessageHash,
  type Ref,
  type ThreadId,
  type Timer,
} from "@sealwright/types";
import type { MessageQueue, QueuedMessage } from "./messageQueue.js";
import { OfferSize } from "./offerSize.js";
import type { BuildOrder, ProducerEffect } from "./producerEffect.js";
import type { ProducerEvent } from "./producerEvent.js";
import type { ImportOffer, ProducerPorts, SealOutcome } from "./producerPorts.js";
import { initialProducerState, type ProducerConfig, type ProducerState } from "./producerState.js";
import { step } from "./step.js";

/** An event without its time: the producer stamps it when it happens. */
export type ProducerInput = ProducerEvent extends infer E
  ? E extends ProducerEvent
    ? Omit<E, "atMs" | "unixMs">
    : never
  : never;

/** What its keeper tells a producer to do. */
export type ProducerCommand = Extract<ProducerInput, { type: "prepare" | "start" | "stop" }>;

/** What a producer needs from outside; all of it may be yours. */
export interface BlockProducerDependencies {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly ports: ProducerPorts;
  readonly clock: Clock;
}

/** External bytes of one block; with receipts and updates the whole stays below the block limit. */
const EXTERNAL_BYTES_PER_BLOCK_MAX = 3 * 1024 * 1024;

type BuildOutcome =
  | { readonly type: "built"; readonly built: BuiltBlock }
  | { readonly type: "failed" }
  /** The builder ended, perhaps because of what it was given. */
  | { readonly type: "died"; readonly culprit: BuildCulprit | null };

/** As long as the first wait for a silent producer: a message that takes longer than this cannot be in a block. */
const MESSAGE_TIME_MAX_MS = 1_000;

const PUT_ASIDE: Record<BuildCulprit["cause"], Rejection> = {
  died: rejection("notAccepted", "executing the message ended the builder"),
  tooLong: rejection("tooLong", `executing the message takes more than ${MESSAGE_TIME_MAX_MS} ms here`),
};

/**
 * Produces the blocks of one thread: builds ahead in the executor, seals in order, collects votes. All decisions are
 * made by the pure `step`; this runner performs them.
 */
export class BlockProducer {
  #state: ProducerState;
  readonly #execution: ThreadExecution;
  readonly #queue: MessageQueue;
  readonly #ports: ProducerPorts;
  readonly #clock: Clock;
  readonly #inbox: ProducerInput[] = [];
  /** Messages of each build that is under way. */
  readonly #underBuild = new Set<readonly QueuedMessage[]>();
  /** Messages that each build consumed, until its block leaves or is given back. */
  readonly #consumed = new Map<number, readonly QueuedMessage[]>();
  /** Messages of own blocks that left and are not final yet. */
  readonly #sent = new Map<BlockId, { readonly height: Height; readonly hashes: readonly MessageHash[] }>();
  readonly #offers = new OfferSize();
  #draining = false;
  #timer: Timer | null = null;
  #closed = false;
  #isEnding = false;
  #hasFailed = false;
  /** Told when production is over, or will not end by itself. */
  #ended: (() => void) | null = null;

  constructor(config: ProducerConfig, dependencies: BlockProducerDependencies) {
    this.#state = initialProducerState(config);
    this.#execution = dependencies.execution;
    this.#queue = dependencies.queue;
    this.#ports = dependencies.ports;
    this.#clock = dependencies.clock;
    this.#execution.onLost(() => this.dispatch({ type: "builderLost" }));
  }

  get state(): ProducerState {
    return this.#state;
  }

  /** A newer command always wins, at any moment, also while the producer waits. */
  command(command: ProducerCommand): void {
    if (!this.#isEnding) this.dispatch(command);
  }

  /** Tells the producer how much waits, after messages or final blocks of other threads arrived. */
  noteWork(importsWaiting: boolean): void {
    if (this.#state.phase !== "producing") return;
    this.dispatch({ type: "workWaiting", messages: this.#queue.length, imports: importsWaiting });
  }

  dispatch(input: ProducerInput): void {
    if (this.#closed) return;
    this.#inbox.push(input);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
    } finally {
      this.#draining = false;
    }
  }

  /**
   * Stops for good: a block that is being sealed leaves first, unless that takes longer than `withinMs` or cannot be any
   * more. What is recorded and did not leave is taken up again by the next start.
   */
  async end(withinMs: number): Promise<void> {
    this.command({ type: "stop" });
    this.#isEnding = true;
    if (this.#state.phase === "stopping" && !this.#closed && !this.#hasFailed)
      await new Promise<void>((resolve) => {
        const deadline = this.#clock.setTimer(withinMs, resolve);
        this.#ended = () => {
          deadline.cancel();
          resolve();
        };
      });
    this.close();
  }

  /** Stops at once; what is recorded but not sealed is taken up again by the next start. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #step(input: ProducerInput): void {
    const event = { ...input, atMs: this.#clock.monotonicMs(), unixMs: this.#clock.nowMs() } as ProducerEvent;
    const result = step(this.#state, event);
    this.#state = result.state;
    for (const effect of result.effects) this.#perform(effect);
    if (input.type === "final") this.#forgetSent(input.height);
    if (this.#state.phase === "parked") this.#rest(result.effects);
  }

  /** Nothing that came back stays where nobody produces. */
  #rest(effects: readonly ProducerEffect[]): void {
    if (effects.some(({ type }) => type === "stopped" || type === "discard")) this.#handBack();
    this.#ended?.();
  }

  #handBack(): void {
    this.#sent.clear();
    const waiting = this.#queue.handOver([...this.#underBuild].flat());
    if (waiting.length > 0) this.#ports.handBack(waiting);
  }

  #perform(effect: ProducerEffect): void {
    const ports = this.#ports;
    switch (effect.type) {
      case "build":
        return this.#startBuild(effect.order);
      case "recordSeal": {
        const blockId = effect.block.id;
        return this.#follow(ports.recordSeal(effect.block, effect.isFirstOfTerm), () =>
          this.dispatch({ type: "sealRecorded", blockId }),
        );
      }
      case "signSeal": {
        const { blockId } = effect.claim;
        return this.#follow(ports.signSeal(effect.claim), (outcome) => this.dispatch(sealEventOf(blockId, outcome)));
      }
      case "publish":
        return this.#publish(effect);
      case "announceAgain":
        return ports.announceAgain(effect.block);
      case "aggregate": {
        const { blockId, target } = effect.attestation;
        return this.#follow(ports.aggregate(effect.attestation, effect.votes), ({ aggregate, bad }) =>
          this.dispatch({ type: "aggregated", blockId, target, aggregate, bad }),
        );
      }
      case "relayCertificate":
        return ports.relayCertificate(effect.certificate);
      case "penalizeSigner":
        return ports.penalizeSigner(effect.signer);
      case "discard":
        return this.#discard(effect.builds);
      case "wakeAt":
        return this.#wakeAt(effect.atMs);
      case "findStart": {
        const { term } = effect;
        return this.#follow(ports.findStart(term), (outcome) => {
          this.dispatch({ type: "startFound", term, outcome });
          this.noteWork(false);
        });
      }
      case "withdraw":
        return this.#withdraw(effect.blockIds);
      case "interrupted":
        return ports.interrupted(effect.reason);
      case "commandIgnored":
        return ports.commandIgnored(effect.command, effect.reason);
      case "stopped":
        return ports.stopped(effect.reason);
      default:
        return assertNever(effect);
    }
  }

  #publish({ block, facts, build, isStateHeld }: ProducerEffect & { type: "publish" }): void {
    if (build !== null && isStateHeld) this.#execution.bind({ build }, block.id);
    if (build !== null) {
      const hashes = (this.#consumed.get(build) ?? []).map(({ hash }) => hash);
      this.#consumed.delete(build);
      if (hashes.length > 0) this.#sent.set(block.id, { height: facts.height, hashes });
    }
    this.#ports.publish(block, facts, isStateHeld);
  }

  #withdraw(blockIds: readonly BlockId[]): void {
    const hashes = blockIds.flatMap((id) => this.#sent.get(id)?.hashes ?? []);
    for (const id of blockIds) this.#sent.delete(id);
    this.#queue.restore(hashes);
    if (hashes.length > 0) this.#noteReturned();
  }

  #forgetSent(finalHeight: Height): void {
    for (const [id, { height }] of this.#sent) if (height <= finalHeight) this.#sent.delete(id);
  }

  /** The messages of a build stay with it until the producer has heard how it ended. */
  #startBuild(order: BuildOrder): void {
    const countMax = this.#offers.countMax(this.#ports.limits().externalsMax);
    const messages = this.#queue.take(countMax, EXTERNAL_BYTES_PER_BLOCK_MAX);
    this.#underBuild.add(messages);
    this.#follow(this.#build(order, messages), (input) => {
      this.#underBuild.delete(messages);
      this.dispatch(input);
      if (input.type === "buildFailed" && this.#state.phase === "parked") this.#handBack();
    });
  }

  async #build(order: BuildOrder, messages: readonly QueuedMessage[]): Promise<ProducerInput> {
    const offers = this.#gatherImports();
    const blockLimits = this.#ports.limits();
    const outcome = await this.#tryBuild({
      parent: order.parent,
      context: this.#ports.contextFor(order),
      limits: blockLimits,
      time: { budgetMs: order.budgetMs, messageMs: MESSAGE_TIME_MAX_MS },
      imports: offers.map((offer) => offer.range),
      messages: messages.map((message) => message.bytes),
    });
    if (outcome.type !== "built") {
      this.#queue.giveBack(messages);
      if (outcome.type === "died") this.#noteDeath(messages, outcome.culprit);
      return { type: "buildFailed" };
    }
    const { built } = outcome;
    this.#offers.built(messages.filter((_, i) => built.results[i]?.type !== "left").map(({ hash }) => hash));
    this.#ports.built?.(order);
    this.#settleResults(messages, built);
    const config = this.#state.config;
    return {
      type: "built",
      messagesWaiting: this.#queue.length,
      unsealed: {
        parent: order.parent,
        height: order.height,
        term: order.term,
        timeMs: order.timeMs,
        randomness: order.randomness,
        refs: refsOf(built, offers),
        built,
        assumptions: { keepers: config.rules.keepers.size, threadsTableHash: config.rules.threadsTableHash },
      },
    };
  }

  /** Execution that died or is overloaded is asked again later; anything else it throws is our own bug. */
  async #tryBuild(request: BuildRequest): Promise<BuildOutcome> {
    try {
      const result = await this.#execution.build(request);
      if (result.ok) return { type: "built", built: result.value };
      this.#ports.importRefused(result.error.error);
      return { type: "failed" };
    } catch (error) {
      if (error instanceof ExecutionError)
        return error.code === "died" ? { type: "died", culprit: error.culprit } : { type: "failed" };
      throw error;
    }
  }

  /** The builder died over these messages: fewer are offered next, until the one that kills it stands alone. */
  #noteDeath(messages: readonly QueuedMessage[], culprit: BuildCulprit | null): void {
    const found = this.#offers.died(
      messages.map(({ hash }) => hash),
      culprit?.index ?? null,
    );
    if (found === null) return;
    this.#queue.refuse(found);
    this.#ports.messageSkipped(found, { type: "skipped", rejection: PUT_ASIDE[culprit?.cause ?? "died"] });
  }

  #gatherImports(): ImportOffer[] {
    return this.#ports
      .importSources()
      .map((source) => this.#ports.offerImports(source, this.#cursorOf(source)))
      .filter((offer) => offer !== null)
      .slice(0, limits.REFS_PER_BLOCK_MAX);
  }

  /** Blocks that are built and not sealed have imported too: the newest ref to a source says how far. */
  #cursorOf(source: ThreadId): ImportCursor {
    const unsealed = this.#state.phase === "producing" ? this.#state.unsealed : [];
    const refs = unsealed.flatMap((block) => block.refs).filter((ref) => ref.threadId === source);
    return refs[refs.length - 1]?.to ?? this.#ports.cursorOf(source);
  }

  /** Included messages stay with the build; skipped ones are told to their clients; those left over come first again. */
  #settleResults(messages: readonly QueuedMessage[], built: BuiltBlock): void {
    assert(built.results.length === messages.length, "execution answers for every message");
    const included: QueuedMessage[] = [];
    const left: QueuedMessage[] = [];
    const skipped: MessageHash[] = [];
    for (const [i, message] of messages.entries()) {
      const result = built.results[i]!;
      if (result.type === "included") included.push(message);
      else if (result.type === "left") left.push(message);
      else {
        skipped.push(message.hash);
        this.#ports.messageSkipped(message.hash, result);
      }
    }
    this.#queue.forget(skipped);
    this.#queue.giveBack(left);
    this.#consumed.set(built.ref.build, included);
  }

  #discard(builds: readonly number[]): void {
    const messages = builds.flatMap((build) => this.#consumed.get(build) ?? []);
    for (const build of builds) this.#consumed.delete(build);
    this.#queue.giveBack(messages);
    this.#execution.release(builds.map((build) => ({ build })));
    if (messages.length > 0) this.#noteReturned();
  }

  #noteReturned(): void {
    if (this.#state.phase === "producing") this.noteWork(this.#state.importsWaiting);
  }

  #wakeAt(atMs: number): void {
    this.#timer?.cancel();
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimer(delayMs, () => this.dispatch({ type: "wake" }));
  }

  #follow<T>(outcome: Promise<T>, then: (value: T) => void): void {
    outcome.then(then).catch((error: unknown) => {
      if (this.#closed) return;
      this.#hasFailed = true;
      this.#ports.fail(error);
      this.#ended?.();
    });
  }
}

function sealEventOf(blockId: BlockId, outcome: SealOutcome): ProducerInput {
  switch (outcome.type) {
    case "signed":
      return { type: "sealSigned", blockId, signature: outcome.signature };
    case "refused":
      return { type: "sealRefused", blockId, code: outcome.code };
    case "failed":
      return { type: "sealFailed", blockId, code: outcome.code };
    default:
      return assertNever(outcome);
  }
}

/** What was imported, with the proof that came with the offer. */
function refsOf(built: BuiltBlock, offers: readonly ImportOffer[]): Ref[] {
  return built.imported.map(({ source, from, to }) => {
    const offer = offers.find((candidate) => candidate.range.source === source);
    assert(offer !== undefined, "what was imported was offered");
    return { threadId: source, from, to, proof: offer.proof };
  });
}
