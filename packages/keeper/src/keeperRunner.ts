import {
  type AggregatedAttestation,
  assertNever,
  type BlockId,
  type Clock,
  type KeeperId,
  type SignedNack,
  type Timer,
} from "@sealwright/types";
import { compareRank } from "@sealwright/consensus";
import type { KeeperEffect } from "./keeperEffect.js";
import type { KeeperEvent } from "./keeperEvent.js";
import type { KeeperPorts } from "./keeperPorts.js";
import type { KeeperState } from "./keeperState.js";
import { step } from "./step.js";
import { NACKS_FETCHING_MAX } from "./verifying/nacking.js";
import { nackToCheck } from "./verifying/nackToCheck.js";

/** An event without its time: the runner stamps it when it happens. */
export type KeeperInput = KeeperEvent extends infer E
  ? E extends KeeperEvent
    ? Omit<E, "atMs" | "unixMs">
    : never
  : never;

/** Certificates of one peer under check at a time: each costs a pairing, and a flood must not fill the queue of all. */
const CHECKS_PER_PEER_MAX = 8;

/** How often waits are looked at again: resending votes, missing parents, blocks ahead of the clock. */
const TICK_MS = 100;

/** Feeds events to the pure `step`, one at a time, and performs the effects. Holds the keeper's only mutable state. */
export class KeeperRunner {
  #state: KeeperState;
  readonly #ports: KeeperPorts;
  readonly #clock: Clock;
  readonly #queue: KeeperInput[] = [];
  /** Certificates being checked and who sent each, so that the same one from many peers costs one check. */
  readonly #checking = new Map<BlockId, KeeperId>();
  /** Nacks being checked, by signer and block. */
  readonly #checkingNacks = new Map<string, KeeperId>();
  readonly #wakes = new Set<Timer>();
  #draining = false;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(state: KeeperState, dependencies: { readonly ports: KeeperPorts; readonly clock: Clock }) {
    this.#state = state;
    this.#ports = dependencies.ports;
    this.#clock = dependencies.clock;
  }

  get state(): KeeperState {
    return this.#state;
  }

  start(): void {
    this.#armTimer();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const wake of this.#wakes) wake.cancel();
  }

  /** Never throws for what a peer sent; re-entrant calls wait their turn. */
  dispatch(input: KeeperInput): void {
    if (this.#stopped) return;
    this.#queue.push(input);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#draining = false;
    }
  }

  /** A relayed certificate: cheap comparisons first, the signature check only when it could matter. */
  offerCertificate(certificate: AggregatedAttestation, from: KeeperId): void {
    const { threadId, blockId, height } = certificate.attestation;
    const { final, certificates, config } = this.#state;
    if (threadId !== config.rules.threadId) return this.#ports.penalize(from, "badCertificate", blockId);
    if (height <= final.height || certificates.has(blockId) || this.#checking.has(blockId)) return;
    // What is dropped here comes again: carried by the next block, or with the sender's next status.
    const underCheck = [...this.#checking.values()].filter((sender) => sender === from).length;
    if (underCheck >= CHECKS_PER_PEER_MAX) return;
    this.#checking.set(blockId, from);
    this.#follow(this.#ports.checkCertificate(certificate), (valid) => {
      this.#checking.delete(blockId);
      if (valid) this.dispatch({ type: "certificateVerified", certificate, from });
      else this.#ports.penalize(from, "badCertificate", blockId);
    });
  }

  /** A Nack that came over its signer's link: what is cheap first, its signatures only when it could matter. */
  offerNack(nack: SignedNack, from: KeeperId): void {
    const worth = nackToCheck(this.#state, nack);
    if (worth.type === "ignore") return;
    if (worth.type === "refuse") return this.#ports.penalize(from, "badNack", worth.reason);
    const key = `${nack.signer}:${nack.verdict.blockId}`;
    const underCheck = [...this.#checkingNacks.values()].filter((sender) => sender === from).length;
    if (this.#checkingNacks.has(key) || underCheck >= NACKS_FETCHING_MAX) return;
    this.#checkingNacks.set(key, from);
    this.#follow(this.#ports.checkNack(nack), (valid) => {
      this.#checkingNacks.delete(key);
      if (valid) this.dispatch({ type: "nackVerified", nack });
      else this.#ports.penalize(from, "badSignature", "nack");
    });
  }

  /** Whether this keeper still waits for blocks that others have. */
  isBehind(): boolean {
    const { vote, final, blocks } = this.#state;
    if (vote.highestQc === null) return false;
    const { attestation } = vote.highestQc;
    return compareRank(attestation, final) > 0 && !blocks.has(attestation.blockId);
  }

  #step(input: KeeperInput): void {
    const event = { ...input, atMs: this.#clock.monotonicMs(), unixMs: this.#clock.nowMs() } as KeeperEvent;
    const result = step(this.#state, event);
    this.#state = result.state;
    for (const effect of result.effects) this.#perform(effect);
  }

  #perform(effect: KeeperEffect): void {
    const ports = this.#ports;
    switch (effect.type) {
      case "checkSignatures": {
        const blockId = effect.block.id;
        return this.#follow(ports.checkSignatures(effect.block), (valid) =>
          this.dispatch({ type: "signaturesChecked", blockId, valid }),
        );
      }
      case "execute": {
        const blockId = effect.block.id;
        return this.#follow(ports.execute(effect.block), (outcome) =>
          this.dispatch({ type: "executed", blockId, outcome }),
        );
      }
      case "drawTicket": {
        const { blockId } = effect;
        return this.#follow(ports.drawTicket(blockId), (outcome) =>
          this.dispatch({ type: "ticketDrawn", blockId, outcome }),
        );
      }
      case "applyUpdate": {
        const blockId = effect.block.id;
        return this.#follow(ports.applyUpdate(effect.block), (outcome) =>
          this.dispatch({ type: "updateApplied", blockId, outcome }),
        );
      }
      case "acknowledge":
        return ports.acknowledge(effect.to, effect.verdict, effect.ticket);
      case "forgeNack": {
        const { blockId } = effect.verdict;
        return this.#follow(ports.forgeNack(effect.verdict, effect.reason), (outcome) =>
          this.dispatch({ type: "nackForged", blockId, outcome }),
        );
      }
      case "sendNack":
        return ports.sendNack(effect.to, effect.nack);
      case "wakeAfter":
        return this.#wakeAfter(effect.forMs);
      case "commit":
        return this.#follow(ports.commit(effect.blocks, effect.vote), () =>
          this.dispatch({ type: "committed", commit: effect.commit }),
        );
      case "forgeVote": {
        const { attestation } = effect;
        return this.#follow(ports.forgeVote(attestation, effect.highestQc), (outcome) =>
          this.dispatch({ type: "voteForged", attestation, outcome }),
        );
      }
      case "forgeLock": {
        const { term } = effect;
        return this.#follow(ports.forgeLock(term, effect.qc), (outcome) =>
          this.dispatch({ type: "lockForged", term, outcome }),
        );
      }
      case "sendSuspect":
        return ports.sendSuspect(effect.to, effect.term);
      case "sendYield":
        return ports.sendYield(effect.to, effect.term);
      case "sendLock":
        return ports.sendLock(effect.to, effect.lock);
      case "aggregateLocks": {
        const { term } = effect;
        return this.#follow(ports.aggregateLocks(effect.locks), ({ signature, bad }) =>
          this.dispatch({ type: "locksAggregated", term, signature, bad }),
        );
      }
      case "completeCertificate": {
        const { blockId } = effect.attestation;
        return this.#follow(ports.completeCertificate(effect.attestation, effect.votes), (certificate) =>
          this.dispatch({ type: "certificateCompleted", blockId, certificate }),
        );
      }
      case "sendVote":
        return ports.sendVote(effect.to, effect.vote);
      case "finalize":
        return ports.finalize(effect.run);
      case "sendStatus":
        return ports.sendStatus(effect.to);
      case "requestBlocks":
        return ports.requestBlocks(effect.to, effect.fromHeight, effect.tipId);
      case "penalize":
        return ports.penalize(effect.peer, effect.cause, effect.detail);
      case "notify":
        return ports.notify(effect.notice);
      case "releaseStates":
        return ports.releaseStates(effect.blockIds);
      default:
        return assertNever(effect);
    }
  }

  /** An edge that fails instead of answering guards nothing any more: the node stops rather than carry on. */
  #follow<T>(outcome: Promise<T>, then: (value: T) => void): void {
    outcome.then(then).catch((error: unknown) => {
      if (!this.#stopped) this.#ports.fail(error);
    });
  }

  #wakeAfter(forMs: number): void {
    const timer = this.#clock.setTimer(forMs, () => {
      this.#wakes.delete(timer);
      this.dispatch({ type: "verifyWindowOver" });
    });
    this.#wakes.add(timer);
  }

  #armTimer(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => {
      this.dispatch({ type: "tick" });
      if (!this.#stopped) this.#armTimer();
    });
  }
}
