import { nackSignatureSet, ticketSignatureSet } from "@sealwright/consensus";
import type { BlsScheme } from "@sealwright/crypto";
import { type BlockId, decodeAccusation, type KeeperId, type SealedBlock, type SignedNack } from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";
import { hold } from "./violation.js";

const HEARD_MAX = 16;
/** Signatures, execution and writing of a proof, on a slow machine that was stopped meanwhile. */
export const REFUTE_MS_MAX = 5_000;

/** A Nack that a living honest keeper took. */
interface TakenNack {
  readonly keeper: KeeperId;
  readonly signer: KeeperId;
  readonly blockId: BlockId;
  /** Since when the keeper knows that its block is final. */
  wrongSinceMs: number | null;
}

/**
 * §7: no honest keeper takes a Nack for true, or carries it, that its signer did not sign with a ticket of its own; and
 * whoever took one of a block that became final finds it wrong, by execution or by a proof.
 */
export class NackWitness {
  readonly #rules: Pick<SimGenesis, "networkId" | "keepers">;
  readonly #scheme: BlsScheme;
  /** What came over the wire, by receiver, signer and block. */
  readonly #heard = new Map<string, SignedNack[]>();
  #open: TakenNack[] = [];

  constructor(rules: Pick<SimGenesis, "networkId" | "keepers">, scheme: BlsScheme) {
    this.#rules = rules;
    this.#scheme = scheme;
  }

  /** A Nack reaches an honest keeper, whoever sends it. */
  noteHeard(keeper: KeeperId, nack: SignedNack): void {
    if (!this.#rules.keepers.has(nack.signer)) return;
    const key = `${keeper}/${this.#rules.keepers.at(nack.signer).id}/${nack.verdict.blockId}`;
    const known = this.#heard.get(key) ?? [];
    if (known.length < HEARD_MAX) this.#heard.set(key, [...known, nack]);
  }

  /** An honest keeper tells that `signer` calls the block bad. */
  noteTaken(keeper: KeeperId, signer: KeeperId, blockId: BlockId): void {
    const heard = this.#heard.get(`${keeper}/${signer}/${blockId}`) ?? [];
    hold(
      heard.some((nack) => this.#isSigned(nack)),
      "nack",
      () => `${keeper} took a Nack of ${blockId} by ${signer}, who did not sign it`,
    );
    this.#open.push({ keeper, signer, blockId, wrongSinceMs: null });
  }

  /** The block is final to the keeper. */
  noteFinal(keeper: KeeperId, blockId: BlockId, atMs: number): void {
    for (const taken of this.#open) if (taken.keeper === keeper && taken.blockId === blockId) taken.wrongSinceMs = atMs;
  }

  /** The keeper's own execution refutes the signer's Nack; `null`: it holds a proof that the signer's Nacks are wrong. */
  noteRefuted(keeper: KeeperId, signer: KeeperId, blockId: BlockId | null): void {
    this.#open = this.#open.filter(
      (taken) => taken.keeper !== keeper || taken.signer !== signer || (blockId !== null && taken.blockId !== blockId),
    );
  }

  /** What it took is forgotten with its life. */
  noteDeath(keeper: KeeperId): void {
    this.#open = this.#open.filter((taken) => taken.keeper !== keeper);
  }

  /** At the end of a run. */
  checkRefuted(atMs: number): void {
    const left = this.#open.find(({ wrongSinceMs }) => wrongSinceMs !== null && atMs - wrongSinceMs > REFUTE_MS_MAX);
    hold(
      left === undefined,
      "nack",
      () => `${left!.keeper} never found ${left!.signer}'s Nack of the final block ${left!.blockId} wrong`,
    );
  }

  /** An honest producer's block leaves. */
  noteCarried(producer: KeeperId, { id, body }: SealedBlock): void {
    for (const bytes of body.accusations) {
      const accusation = decodeAccusation(bytes);
      if (!accusation.ok || accusation.value.type !== "nack") continue;
      const { nack } = accusation.value;
      hold(
        this.#isSigned(nack),
        "nack",
        () =>
          `${producer} carries a Nack of ${nack.verdict.blockId} in ${id} that its signer ${nack.signer} did not sign`,
      );
    }
  }

  #isSigned(nack: SignedNack): boolean {
    if (!this.#rules.keepers.has(nack.signer)) return false;
    const { ticket, signer, verdict } = nack;
    const sets = [nackSignatureSet(this.#rules, nack)];
    if (ticket !== null) sets.push(ticketSignatureSet(this.#rules, signer, verdict.blockId, ticket));
    return this.#scheme.verifyBatch(sets).length === 0;
  }
}
