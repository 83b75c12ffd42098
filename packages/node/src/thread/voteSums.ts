import { isQuorum, lockPayloadOf, type ThreadRules } from "@sealwright/consensus";
import type { CryptoService } from "@sealwright/crypto";
import {
  type AggregatedAttestation,
  type Attestation,
  attestationSigningBytes,
  lockSigningBytes,
  type SignedAttestation,
  type SignedLock,
  type SignerIndex,
} from "@sealwright/types";

/** Adds up what keepers signed, off the main thread, and leaves nothing in a sum that was not found good. */
export class VoteSums {
  readonly #rules: ThreadRules;
  readonly #crypto: CryptoService;

  constructor(rules: ThreadRules, dependencies: { readonly crypto: CryptoService }) {
    this.#rules = rules;
    this.#crypto = dependencies.crypto;
  }

  /** Votes for one block: bad ones are left out and named. */
  async aggregate(
    attestation: Attestation,
    votes: readonly SignedAttestation[],
  ): Promise<{ readonly aggregate: AggregatedAttestation | null; readonly bad: readonly SignerIndex[] }> {
    const { keepers, networkId } = this.#rules;
    const items = votes.map(({ signer, signature }) => ({ publicKey: keepers.at(signer).blsPublicKey, signature }));
    const merged = await this.#crypto.mergeSignatures(attestationSigningBytes(networkId, attestation), items);
    const signers = merged.good.map((i) => votes[i]!.signer).sort((a, b) => a - b);
    const aggregate = merged.aggregate === null ? null : { attestation, signers, signature: merged.aggregate };
    return { aggregate, bad: merged.bad.map((i) => votes[i]!.signer) };
  }

  /** Null when the good votes are no quorum. */
  async certificate(
    attestation: Attestation,
    votes: readonly SignedAttestation[],
  ): Promise<AggregatedAttestation | null> {
    const { aggregate } = await this.aggregate(attestation, votes);
    return aggregate !== null && isQuorum(this.#rules.keepers, aggregate) ? aggregate : null;
  }

  /** Locks name different certificates, so each is checked by itself before its signature goes into the sum. */
  async locks(
    locks: readonly SignedLock[],
  ): Promise<{ readonly signature: Uint8Array | null; readonly bad: readonly SignerIndex[] }> {
    const rules = this.#rules;
    const sets = locks.map((lock) => ({
      publicKeys: [rules.keepers.at(lock.signer).blsPublicKey],
      message: lockSigningBytes(rules.networkId, lockPayloadOf(rules, lock.term, lock.qc)),
      signature: lock.signature,
    }));
    const bad = await this.#crypto.verifyBatch(sets);
    if (bad.length > 0) return { signature: null, bad: bad.map((i) => locks[i]!.signer) };
    return { signature: await this.#crypto.addSignatures(locks.map(({ signature }) => signature)), bad: [] };
  }
}
