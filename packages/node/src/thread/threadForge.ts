import { lockPayloadOf, rankOfQc } from "@sealwright/consensus";
import type { ForgeResult, ForgeWorker, StoreFailureCode } from "@sealwright/forge";
import type { ForgeOutcome, VoteChain } from "@sealwright/keeper";
import type { SealOutcome } from "@sealwright/producer";
import type {
  AggregatedAttestation,
  Attestation,
  BlockClaim,
  BlockId,
  BlockVerdict,
  Logger,
  Term,
} from "@sealwright/types";
import type { ThreadOptions } from "./threadOptions.js";

/** Has one thread's votes and blocks signed; every refusal is a value, and logged with its code. */
export class ThreadForge {
  readonly #options: ThreadOptions;
  readonly #forge: ForgeWorker;
  readonly #logger: Logger;
  readonly #fail: (error: unknown) => void;

  constructor(
    options: ThreadOptions,
    dependencies: {
      readonly forge: ForgeWorker;
      readonly logger: Logger;
      /** The watermarks cannot be written any more: nothing is signed until they are read anew. */
      readonly fail: (error: unknown) => void;
    },
  ) {
    this.#options = options;
    this.#forge = dependencies.forge;
    this.#logger = dependencies.logger;
    this.#fail = dependencies.fail;
  }

  async vote(
    attestation: Attestation,
    highestQc: AggregatedAttestation | null,
    chain: VoteChain,
  ): Promise<ForgeOutcome> {
    const { key, rules } = this.#options;
    const highestQcRank = highestQc === null ? {} : { highestQcRank: rankOfQc(highestQc) };
    const result = await this.#forge.forge({
      kind: "attestation",
      key,
      networkId: rules.networkId,
      attestation,
      ...chain,
      ...highestQcRank,
    });
    if (result.kind === "attestationReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("vote", result);
  }

  async lock(term: Term, qc: AggregatedAttestation | null): Promise<ForgeOutcome> {
    const { key, rules } = this.#options;
    const lock = lockPayloadOf(rules, term, qc);
    const result = await this.#forge.forge({ kind: "lock", key, networkId: rules.networkId, lock });
    if (result.kind === "lockReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("lock", result);
  }

  async seal(claim: BlockClaim): Promise<SealOutcome> {
    const { key, rules } = this.#options;
    const result = await this.#forge.forge({ kind: "candidateBlock", key, networkId: rules.networkId, claim });
    if (result.kind === "blockReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("block", result);
  }

  async ticket(blockId: BlockId): Promise<ForgeOutcome> {
    const { key, rules } = this.#options;
    const result = await this.#forge.forge({ kind: "ticket", key, networkId: rules.networkId, blockId });
    if (result.kind === "ticketReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("ticket", result);
  }

  async ack(verdict: BlockVerdict): Promise<ForgeOutcome> {
    const { key, rules } = this.#options;
    const result = await this.#forge.forge({ kind: "ack", key, networkId: rules.networkId, verdict });
    if (result.kind === "ackReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("ack", result);
  }

  async nack(verdict: BlockVerdict, reason: number): Promise<ForgeOutcome> {
    const { key, rules } = this.#options;
    const result = await this.#forge.forge({
      kind: "nack",
      key,
      networkId: rules.networkId,
      verdict: { ...verdict, reason },
    });
    if (result.kind === "nackReady") return { type: "signed", signature: result.signature };
    return this.#notSigned("nack", result);
  }

  /** A watermark's refusal is final; lost watermarks stop the node; everything else may go better the next time. */
  #notSigned(what: string, result: ForgeResult): { readonly type: "refused" | "failed"; readonly code: string } {
    const code = codeOf(result);
    this.#logger.log("warn", "forge.notSigned", { thread: this.#options.rules.threadId, what, reason: code });
    const lost = lostWatermarks(result);
    if (lost !== null) this.#fail(lost);
    return { type: result.kind === "refused" ? "refused" : "failed", code };
  }
}

function codeOf(result: ForgeResult): string {
  if (result.kind === "notAccepted") return result.error.code;
  if (result.kind === "refused") return result.refusal.code;
  return result.kind === "failed" ? result.code : result.kind;
}

const STORE_FAILURES = ["storeFailed", "storeClosed"] as const satisfies readonly StoreFailureCode[];

/** @returns the end of a store that no second try brings back; null for everything else, a full disk included */
function lostWatermarks(result: ForgeResult): Error | null {
  if (result.kind !== "failed" || result.retryable) return null;
  if (!STORE_FAILURES.some((code) => code === result.code)) return null;
  return new Error(result.message, { cause: result.cause });
}
