import { compareRank, type KeeperSet, type Rank } from "@sealwright/consensus";
import type { ForgeRequest } from "@sealwright/forge";
import {
  type Attestation,
  type BlockClaim,
  type BlockId,
  type KeeperId,
  type LockPayload,
  type Term,
  term as termOf,
  type ThreadId,
} from "@sealwright/types";
import type { Ancestry } from "./ancestry.js";
import { hold } from "./violation.js";

interface VotesOfTerm {
  highest: BlockId;
  readonly byHeight: Map<bigint, BlockId>;
}

/** I1, I2 and S2: what honest keys signed, across all crashes of their keepers. */
export class SigningWitness {
  readonly #ancestry: Ancestry;
  /** By keeper, thread and term. */
  readonly #votes = new Map<string, VotesOfTerm>();
  /** By keeper and thread: the highest term locked. */
  readonly #locked = new Map<string, Term>();
  /** By the same: the highest term voted in. */
  readonly #voted = new Map<string, Term>();
  /** By the same: the rank of the highest certificate named with a vote or in a Lock. */
  readonly #named = new Map<string, Rank>();
  /** By the same: the highest term that the key used when a tail of its watermarks was cut. */
  readonly #barred = new Map<string, Term>();
  /** What each Lock of an honest key says. */
  readonly #lockTexts = new Set<string>();
  readonly #sealed = new Map<string, BlockId>();
  readonly #keepers: KeeperSet;
  readonly #honestLocksMin: number;

  /** @param keepers of every quorum of them all but f are honest */
  constructor(ancestry: Ancestry, keepers: KeeperSet) {
    this.#ancestry = ancestry;
    this.#keepers = keepers;
    this.#honestLocksMin = keepers.quorum - keepers.faultTolerance;
  }

  noteSigned(keeper: KeeperId, request: ForgeRequest): void {
    if (request.kind === "attestation") {
      this.#noteVote(keeper, request.attestation);
      const { attestation, highestQcRank } = request;
      if (highestQcRank !== undefined) this.#noteCertificate(`${keeper}/${attestation.threadId}`, highestQcRank);
    } else if (request.kind === "candidateBlock") this.#noteSeal(keeper, request.claim);
    else if (request.kind === "lock") this.#noteLock(keeper, request.lock);
  }

  /** §9: a keeper finds a tail of its watermarks torn; from now on its key makes new votes only in a later term. */
  noteCut(keeper: KeeperId, threads: readonly ThreadId[]): void {
    for (const threadId of threads) {
      const key = `${keeper}/${threadId}`;
      const used = maxTerm(this.#voted.get(key), this.#locked.get(key) ?? termOf(0));
      this.#barred.set(key, maxTerm(this.#barred.get(key), used));
    }
  }

  /** I1 */
  #noteVote(keeper: KeeperId, { threadId, term, height, blockId }: Attestation): void {
    const key = `${keeper}/${threadId}/${term}`;
    const known = this.#votes.get(key);
    // A vote that was asked for before the Lock is the same promise when its signature is asked for again.
    if (known?.byHeight.get(height) === blockId) return;
    this.#checkOpening(keeper, blockId);
    const locked = this.#locked.get(`${keeper}/${threadId}`);
    hold(
      locked === undefined || term >= locked,
      "I1",
      () => `${keeper} voted in term ${term} after a Lock for ${locked}`,
    );
    const barred = this.#barred.get(`${keeper}/${threadId}`);
    hold(
      barred === undefined || term > barred,
      "durable",
      () => `${keeper} voted in term ${term} though its watermarks were cut in term ${barred}`,
    );
    this.#voted.set(`${keeper}/${threadId}`, maxTerm(this.#voted.get(`${keeper}/${threadId}`), term));
    if (known === undefined) {
      this.#votes.set(key, { highest: blockId, byHeight: new Map([[height, blockId]]) });
      return;
    }
    const same = known.byHeight.get(height);
    hold(same === undefined || same === blockId, "I1", () => `two votes at height ${height} by ${key}`);
    known.byHeight.set(height, blockId);
    const isAbove = this.#ancestry.isAncestorOrSelf(known.highest, blockId);
    const isBelow = !isAbove && this.#ancestry.isAncestorOrSelf(blockId, known.highest);
    hold(isAbove || isBelow, "I1", () => `votes on two chains by ${key}: ${known.highest} and ${blockId}`);
    if (isAbove) known.highest = blockId;
  }

  /** S5: whoever votes in a term found that a quorum gave the Locks that opened it. */
  #checkOpening(keeper: KeeperId, blockId: BlockId): void {
    const certificate = this.#ancestry.get(blockId)?.body.switchCertificate ?? null;
    if (certificate === null) return;
    const { threadId, term, locks } = certificate;
    const given = locks.filter(({ signer, ...claim }) =>
      this.#lockTexts.has(lockText(this.#keepers.at(signer).id, { threadId, term, ...claim })),
    );
    hold(
      given.length >= this.#honestLocksMin,
      "S5",
      () => `${keeper} voted for ${blockId}, whose certificate lists ${given.length} Locks that honest keepers gave`,
    );
  }

  /** S2: from Lock to Lock of a key neither the term nor the certificate goes back, and no vote is at its term or above. */
  #noteLock(keeper: KeeperId, lock: LockPayload): void {
    const text = lockText(keeper, lock);
    if (this.#lockTexts.has(text)) return;
    this.#lockTexts.add(text);
    const { threadId, term, qcTerm, qcHeight } = lock;
    const key = `${keeper}/${threadId}`;
    const locked = this.#locked.get(key);
    hold(locked === undefined || term >= locked, "S2", () => `${text} was signed after a Lock for ${locked}`);
    const voted = this.#voted.get(key);
    hold(voted === undefined || term > voted, "S2", () => `${text} was signed after a vote in term ${voted}`);
    hold(qcTerm < term, "S2", () => `${text} names a certificate that is not of an earlier term`);
    const rank = { term: qcTerm, height: qcHeight };
    const named = this.#named.get(key);
    hold(
      named === undefined || compareRank(rank, named) >= 0,
      "S2",
      () => `${text} goes back: ${named?.term}/${named?.height} was named before`,
    );
    this.#locked.set(key, term);
    this.#noteCertificate(key, rank);
  }

  #noteCertificate(key: string, rank: Rank): void {
    const known = this.#named.get(key);
    if (known === undefined || compareRank(rank, known) > 0) this.#named.set(key, rank);
  }

  /** I2 */
  #noteSeal(keeper: KeeperId, { threadId, term, height, round, blockId }: BlockClaim): void {
    const places = [`${keeper}/${threadId}/${term}/${height}`];
    if (round > 0n) places.push(`${keeper}/${threadId}/${term}/first`);
    for (const place of places) {
      const known = this.#sealed.get(place);
      hold(known === undefined || known === blockId, "I2", () => `two blocks sealed at ${place}`);
      this.#sealed.set(place, blockId);
    }
  }
}

function lockText(keeper: KeeperId, { threadId, term, qcTerm, qcHeight, qcBlockId }: LockPayload): string {
  return `${keeper}/${threadId}/${term}: ${qcTerm}/${qcHeight}/${qcBlockId}`;
}

function maxTerm(a: Term | undefined, b: Term): Term {
  return a === undefined || b > a ? b : a;
}
