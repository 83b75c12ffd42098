import type { EvidenceRecord as ShownEvidence, EventLog, NodeEvent } from "@sealwright/api";
import {
  checkEvidence,
  type KeeperSet,
  type Offence,
  offenceKey,
  type SignatureSet,
  type ThreadRules,
} from "@sealwright/consensus";
import type { BlsVerifier } from "@sealwright/crypto";
import { initialWitnessState, WitnessRunner } from "@sealwright/keeper";
import type { Transport } from "@sealwright/network";
import type { EvidenceRecord, Repository } from "@sealwright/store";
import {
  type Clock,
  decodeEvidence,
  encodeAccusation,
  encodeEvidence,
  encodeWireMessage,
  type Evidence,
  type Height,
  type KeeperId,
  type Logger,
  type NetworkId,
  sha256Hex,
  type ThreadId,
  threadOfEvidence,
  unwrap,
} from "@sealwright/types";
import type { ProvedOffence, SlashingHook } from "./slashingHook.js";

export interface EvidenceDeskOptions {
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
}

export interface EvidenceDeskDependencies {
  readonly repository: Repository;
  readonly verifier: BlsVerifier;
  readonly transport: Transport;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slashing: SlashingHook | null;
  /** Tells the thread that it concerns: its producer carries it, and one that it convicts is not waited for. */
  readonly accuse: (offence: Offence, accusation: Uint8Array) => void;
  readonly fail: (error: unknown) => void;
}

/** How much a peer that comes back is told; the rest it hears from others, or proves itself. */
const TOLD_ON_CONNECT_MAX = 32;

/** Evidence of one node: a witness per thread finds and checks it; here it becomes durable, then known to everybody. */
export class EvidenceDesk {
  readonly #options: EvidenceDeskOptions;
  readonly #deps: EvidenceDeskDependencies;
  readonly #witnesses = new Map<ThreadId, WitnessRunner>();
  /** Oldest first. */
  #kept: { readonly offence: Offence; readonly record: EvidenceRecord }[] = [];

  constructor(options: EvidenceDeskOptions, dependencies: EvidenceDeskDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  get count(): number {
    return this.#kept.length;
  }

  /** Reads what is kept, and hands it to the slashing hook again. Before any thread is added. */
  async load(): Promise<void> {
    const { networkId, keepers } = this.#options;
    for await (const record of this.#deps.repository.evidence()) {
      const evidence = unwrap(decodeEvidence(record.bytes));
      const { offence } = unwrap(checkEvidence(networkId, keepers, evidence));
      this.#kept.push({ offence, record });
      this.#handOver({ offence, evidence, bytes: record.bytes });
    }
    this.#kept.sort((a, b) => a.record.seenAtMs - b.record.seenAtMs);
  }

  addThread(rules: ThreadRules, finalHeight: Height): WitnessRunner {
    const offences = this.offencesOf(rules.threadId);
    const { fail, transport } = this.#deps;
    const ports = {
      checkSignatures: (sets: readonly SignatureSet[]) => this.#checkSignatures(sets),
      keep: (evidence: Evidence, offence: Offence) => void this.#keep(evidence, offence).catch(fail),
      penalize: (peer: KeeperId, cause: string, detail: string) =>
        transport.penalize(peer, "ban", `${cause}:${detail}`),
      fail,
    };
    const witness = new WitnessRunner(initialWitnessState(rules, finalHeight, offences), { ports });
    this.#witnesses.set(rules.threadId, witness);
    return witness;
  }

  /** What is proved of a thread, oldest first. */
  offencesOf(threadId: ThreadId): readonly Offence[] {
    return this.#kept.map(({ offence }) => offence).filter((offence) => offence.threadId === threadId);
  }

  /** What a peer shows. @returns false when it concerns no thread of this network */
  take(evidence: Evidence, from: KeeperId): boolean {
    const witness = this.#witnesses.get(threadOfEvidence(evidence));
    witness?.dispatch({ type: "evidenceReceived", evidence, from });
    return witness !== undefined;
  }

  peerConnected(peer: KeeperId): void {
    for (const { record } of this.#kept.slice(-TOLD_ON_CONNECT_MAX)) {
      const frame = encodeWireMessage({ type: "evidence", evidence: record.bytes });
      this.#deps.transport.send(peer, frame, { priority: "bulk" });
    }
  }

  /** Newest first. */
  list(limit: number): ShownEvidence[] {
    return this.#kept
      .slice(-limit)
      .reverse()
      .map(({ offence, record: { seenAtMs, bytes } }) => ({ ...offence, id: sha256Hex(bytes), seenAtMs, bytes }));
  }

  async #checkSignatures(sets: readonly SignatureSet[]): Promise<boolean> {
    for (const { publicKeys, message, signature } of sets) {
      if (!(await this.#deps.verifier.verifyAggregate(publicKeys, message, signature))) return false;
    }
    return true;
  }

  async #keep(evidence: Evidence, offence: Offence): Promise<void> {
    const { repository, clock, events, logger, transport, accuse } = this.#deps;
    const bytes = encodeEvidence(evidence);
    const seenAtMs = clock.nowMs();
    const record = { accused: offence.accused, offence: offenceKey(offence), seenAtMs, bytes };
    if (!(await repository.keepEvidence(record))) return;
    this.#kept.push({ offence, record });
    transport.broadcast(encodeWireMessage({ type: "evidence", evidence: bytes }), { priority: "bulk" });
    const { kind, accused, threadId, term, height } = offence;
    const place = { thread: threadId, term: term.toString(), height: height.toString() };
    logger.log("error", "evidence.kept", { kind, accused, ...place });
    events.append({ type: "keeper.evidence", atMs: seenAtMs, keeperId: accused });
    accuse(offence, encodeAccusation({ type: "evidence", evidence }));
    this.#handOver({ offence, evidence, bytes });
  }

  #handOver(proved: ProvedOffence): void {
    const failed = (error: unknown): void =>
      this.#deps.logger.log("error", "slashing.failed", {
        offence: offenceKey(proved.offence),
        error: error instanceof Error ? error.message : String(error),
      });
    try {
      Promise.resolve(this.#deps.slashing?.offenceProved(proved)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
