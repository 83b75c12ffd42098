import { producerOf, type ThreadRules } from "@sealwright/consensus";
import {
  chainTo,
  type ChainNotice,
  type KeeperEffect,
  type KeeperInput,
  type KeeperState,
  newestApplied,
  step,
} from "@sealwright/keeper";
import { initialProducerState, type ProducerEffect, type ProducerInput, type StartParams } from "@sealwright/producer";
import { ProducerWorld } from "@sealwright/producer/testing";
import {
  type AggregatedAttestation,
  type Attestation,
  type BlockId,
  type Height,
  type KeeperId,
  type SealedBlock,
  type SignedAttestation,
  signerIndex,
  type Term,
  type ThreadStatus,
} from "@sealwright/types";
import type { PooledBlock } from "./blockPool.js";
import { WALL_MS } from "./smallKeeper.js";

const SIGNATURE = new Uint8Array(96).fill(7);
const STEP_MS = 200;
const PACE = { productionTimeoutMs: 330, minBlockIntervalMs: 20, shareStateEvery: 200 };

/** An honest node: the real steps of its keeper and of its producer, and the final chain that it can serve. */
export interface CalmNode {
  readonly self: KeeperId;
  readonly clockMs: number;
  keeper: KeeperState;
  readonly producer: ProducerWorld;
  readonly finals: Map<Height, SealedBlock>;
  /** Terms whose producer it is and in which it seals nothing: it did already, or somebody in its name. */
  readonly barred: ReadonlySet<number>;
  /** Terms that it entered since the beginning. */
  termsEntered: number;
}

/** Honest nodes among whom every message arrives at once and in order, every edge answers, and the liars are silent. */
export class CalmNetwork {
  readonly nodes: CalmNode[] = [];
  /** Blocks that honest producers sealed here. */
  readonly sealed = new Set<BlockId>();
  nowMs = 0;
  readonly #rules: ThreadRules;
  readonly #open: (() => void)[] = [];

  constructor(rules: ThreadRules) {
    this.#rules = rules;
  }

  add(keeper: KeeperState, final: PooledBlock, options: Pick<CalmNode, "clockMs" | "barred">): CalmNode {
    const { self } = keeper.config;
    const producer = new ProducerWorld(this.#rules, final.facts);
    producer.state = initialProducerState({ rules: this.#rules, self, ...PACE });
    const finals = new Map([...final.chain].map(({ facts, block }) => [facts.height, block]));
    const node: CalmNode = { self, keeper, producer, finals, termsEntered: 0, ...options };
    this.nodes.push(node);
    return node;
  }

  /** Every link comes up. */
  connect(): void {
    for (const node of this.nodes) {
      for (const peer of this.nodes) {
        if (peer !== node) this.tell(node, { type: "peerConnected", peer: peer.self });
      }
    }
    this.settle();
  }

  /** A little time goes by. */
  pass(): void {
    this.nowMs += STEP_MS;
    for (const node of this.nodes) {
      this.tell(node, { type: "tick" });
      this.#produce(node, { type: "wake" });
    }
    this.settle();
  }

  startProducer(node: CalmNode, params: StartParams): void {
    this.#produce(node, { type: "start", params });
  }

  tell(node: CalmNode, input: KeeperInput): void {
    this.#open.push(() => {
      const result = step(node.keeper, { ...input, atMs: node.clockMs + this.nowMs, unixMs: WALL_MS + this.nowMs });
      node.keeper = result.state;
      for (const effect of result.effects) this.#perform(node, effect);
    });
  }

  /** Everything that was said is heard, and what follows from it. */
  settle(): void {
    for (let next = this.#open.shift(); next !== undefined; next = this.#open.shift()) next();
  }

  #others(node: CalmNode, to: KeeperId | null): CalmNode[] {
    return this.nodes.filter((other) => other !== node && (to === null || other.self === to));
  }

  #perform(node: CalmNode, effect: KeeperEffect): void {
    const from = node.self;
    switch (effect.type) {
      case "checkSignatures":
        return this.tell(node, { type: "signaturesChecked", blockId: effect.block.id, valid: true });
      case "execute":
        return this.tell(node, { type: "executed", blockId: effect.block.id, outcome: { type: "valid" } });
      case "commit":
        return this.tell(node, { type: "committed", commit: effect.commit });
      case "forgeVote":
        return this.tell(node, {
          type: "voteForged",
          attestation: effect.attestation,
          outcome: { type: "signed", signature: SIGNATURE },
        });
      case "forgeLock":
        return this.tell(node, {
          type: "lockForged",
          term: effect.term,
          outcome: { type: "signed", signature: SIGNATURE },
        });
      case "aggregateLocks":
        return this.tell(node, { type: "locksAggregated", term: effect.term, signature: SIGNATURE, bad: [] });
      case "completeCertificate":
        return this.tell(node, {
          type: "certificateCompleted",
          blockId: effect.attestation.blockId,
          certificate: sum(effect.attestation, effect.votes),
        });
      case "sendVote":
        for (const other of this.nodes)
          if (other.self === effect.to) this.#produce(other, { type: "vote", vote: effect.vote });
        return;
      case "sendSuspect":
        for (const other of this.#others(node, effect.to))
          this.tell(other, { type: "suspectReceived", peer: from, term: effect.term });
        return;
      case "sendYield":
        for (const other of this.#others(node, effect.to))
          this.tell(other, { type: "yieldReceived", peer: from, term: effect.term });
        return;
      case "sendLock":
        for (const other of this.#others(node, effect.to)) {
          if (effect.lock.qc !== null) this.#certify(other, effect.lock.qc, from);
          this.tell(other, { type: "lockReceived", peer: from, lock: effect.lock });
        }
        return;
      case "sendStatus":
        for (const other of this.#others(node, effect.to))
          this.tell(other, { type: "statusReceived", peer: from, status: statusOf(node.keeper) });
        return;
      case "requestBlocks":
        for (const other of this.#others(node, effect.to)) this.#serve(other, node, effect.fromHeight, effect.tipId);
        return;
      case "finalize":
        for (const { block } of effect.run.chain.slice(0, effect.run.finalCount))
          node.finals.set(block.header.height, block);
        return this.#produce(node, { type: "final", height: node.keeper.final.height });
      case "notify":
        return this.#onNotice(node, effect.notice);
      case "penalize":
      case "releaseStates":
      // Where all verify and execution succeeds, nobody draws a ticket or doubts a block.
      case "acknowledge":
      case "applyUpdate":
      case "drawTicket":
      case "forgeNack":
      case "sendNack":
      case "wakeAfter":
        return;
    }
  }

  #certify(node: CalmNode, certificate: AggregatedAttestation, from: KeeperId): void {
    this.tell(node, { type: "certificateVerified", certificate, from });
  }

  #onNotice(node: CalmNode, notice: ChainNotice): void {
    if (notice.type === "certified") this.#produce(node, { type: "certificate", certificate: notice.certificate });
    if (notice.type === "dropped") this.#produce(node, { type: "abandoned", blockIds: notice.blockIds });
    if (notice.type === "mayProduce") this.#onMayProduce(node, notice);
    if (notice.type !== "termEntered") return;
    node.termsEntered++;
    const { state } = node.producer;
    if (state.phase === "producing" && state.term < notice.term) this.#produce(node, { type: "stop" });
  }

  #onMayProduce(node: CalmNode, { term, parent, certificate }: ChainNotice & { type: "mayProduce" }): void {
    if (node.barred.has(Number(term))) return;
    this.startProducer(node, { term, parent, switchCertificate: certificate, tail: [], certificates: [], draft: null });
  }

  /** Any keeper serves what it holds, final or not. */
  #serve(server: CalmNode, to: CalmNode, fromHeight: Height, tipId: BlockId | null): void {
    const { blocks, vote, certificates, final } = server.keeper;
    const highest = vote.highestQc?.attestation.blockId ?? null;
    const tip = [tipId, highest].find((id) => id !== null && blocks.has(id)) ?? null;
    const above = tip === null ? [] : (chainTo(server.keeper, tip) ?? []).map(({ block }) => block);
    const below = [...server.finals.values()].filter(({ header }) => header.height <= final.height);
    for (const block of [...below, ...above]) {
      if (block.header.height < fromHeight) continue;
      this.tell(to, { type: "candidate", block, origin: { type: "peer", peer: server.self } });
    }
    const certificate = (tip === null ? undefined : certificates.get(tip)) ?? vote.highestQc;
    if (certificate !== null) this.#certify(to, certificate, server.self);
  }

  #produce(node: CalmNode, input: ProducerInput): void {
    node.producer.atMs = this.nowMs;
    for (const effect of node.producer.dispatch(input)) this.#performProducer(node, effect);
    node.producer.effects.length = 0;
  }

  #performProducer(node: CalmNode, effect: ProducerEffect): void {
    const later = (input: ProducerInput): void => void this.#open.push(() => this.#produce(node, input));
    switch (effect.type) {
      case "build":
        return later({ type: "built", unsealed: node.producer.builtFor(effect.order), messagesWaiting: 0 });
      case "recordSeal":
        return later({ type: "sealRecorded", blockId: effect.block.id });
      case "signSeal":
        return later({ type: "sealSigned", blockId: effect.claim.blockId, signature: SIGNATURE });
      case "publish":
        this.sealed.add(effect.block.id);
        this.tell(node, { type: "candidate", block: effect.block, origin: { type: "own" } });
        return this.#broadcast(node, effect.block);
      case "announceAgain":
        return this.#broadcast(node, effect.block);
      case "aggregate": {
        const { blockId, target } = effect.attestation;
        const aggregate = sum(effect.attestation, effect.votes);
        return later({ type: "aggregated", blockId, target, aggregate, bad: [] });
      }
      case "relayCertificate":
        for (const other of this.nodes) this.#certify(other, effect.certificate, node.self);
        return;
      case "findStart":
        // Nobody restarts here: whose chain broke has no other one of its own.
        return later({ type: "startFound", term: effect.term, outcome: { type: "nothing" } });
      case "penalizeSigner":
      case "discard":
      case "wakeAt":
      case "withdraw":
      case "interrupted":
      case "stopped":
      case "commandIgnored":
        return;
    }
  }

  #broadcast(node: CalmNode, block: SealedBlock): void {
    for (const other of this.#others(node, null))
      this.tell(other, { type: "candidate", block, origin: { type: "peer", peer: node.self } });
  }

  /** The honest node that produces in `term`, if there is one. */
  producerOf(term: Term): CalmNode | null {
    const id = producerOf(this.#rules.seed, term, this.#rules.keepers);
    return this.nodes.find(({ self }) => self === id) ?? null;
  }
}

function statusOf(state: KeeperState): ThreadStatus {
  const { final, vote, config } = state;
  const { height, id: blockId } = newestApplied(state);
  return {
    threadId: config.rules.threadId,
    finalHeight: final.height,
    finalId: final.id,
    currentTerm: vote.currentTerm,
    highestQc: vote.highestQc,
    tip: { height, blockId },
  };
}

function sum(attestation: Attestation, votes: readonly SignedAttestation[]): AggregatedAttestation {
  const signers = votes.map(({ signer }) => signer).sort((a, b) => a - b);
  return { attestation, signers: signers.map(signerIndex), signature: SIGNATURE };
}
