import {
  carriedSignatureSets,
  type CheckedProof,
  checkFinalityProof,
  certificateSignatureSet,
  lockMessages,
  nackSignatureSet,
  producerSignatureSet,
  type SignatureSet,
  type ThreadRules,
  ticketSignatureSet,
} from "@sealwright/consensus";
import { BLS_ITEMS_MAX, type BlsVerifier } from "@sealwright/crypto";
import {
  type AggregatedAttestation,
  err,
  type FinalityProof,
  ok,
  type Result,
  type SealedBlock,
  sha256Hex,
  type SignedNack,
} from "@sealwright/types";

/** Certificates remembered as good: each one comes by several ways (relayed, carried, inside proofs). */
const REMEMBERED_MAX = 8_192;

/** Checks signatures off the main thread and remembers good certificates, so that each costs one pairing at most. */
export class SignatureDesk {
  readonly #verifier: BlsVerifier;
  readonly #good = new Set<string>();
  /** A block whose other thread is awaited is looked at again and again; its proof stays the same object. */
  readonly #proved = new WeakMap<FinalityProof, CheckedProof>();

  constructor(dependencies: { readonly verifier: BlsVerifier }) {
    this.#verifier = dependencies.verifier;
  }

  /** All signatures of a block, in one batch. */
  async checkBlock(rules: ThreadRules, block: SealedBlock): Promise<boolean> {
    const producer = producerSignatureSet(rules, block);
    const carried = carriedSignatureSets(rules, block);
    if (producer === null || carried === null) return false;
    const unknown = carried.filter((set) => !this.#good.has(keyOf(set)));
    if (!(await this.#checkAll(producer, unknown))) return false;
    for (const set of unknown) this.#remember(set);
    return this.#checkLocks(rules, block);
  }

  async checkCertificate(rules: ThreadRules, certificate: AggregatedAttestation): Promise<boolean> {
    const set = certificateSignatureSet(rules.networkId, rules.keepers, certificate);
    return set.ok && (await this.#checkSet(set.value));
  }

  /** A Nack of a member: its signature, and its ticket where it shows one. */
  async checkNack(rules: ThreadRules, nack: SignedNack): Promise<boolean> {
    const { signer, ticket, verdict } = nack;
    const sets = [nackSignatureSet(rules, nack)];
    if (ticket !== null) sets.push(ticketSignatureSet(rules, signer, verdict.blockId, ticket));
    return (await this.#verifier.verifyBatch(sets)).length === 0;
  }

  /** The two certificates of a finality proof whose structure was found right. */
  async checkProof(proof: CheckedProof): Promise<boolean> {
    const [carried, certificate] = proof.signatureSets;
    return (await this.#checkSet(carried)) && (await this.#checkSet(certificate));
  }

  /** The structure of a finality proof, then its two certificates. @returns what it proves, or what is wrong with it */
  async provedBy({ networkId, keepers }: ThreadRules, proof: FinalityProof): Promise<Result<CheckedProof, string>> {
    const known = this.#proved.get(proof);
    if (known !== undefined) return ok(known);
    const checked = checkFinalityProof(networkId, keepers, proof);
    if (!checked.ok) return err(checked.error.code);
    if (!(await this.checkProof(checked.value))) return err("a signature of its proof is bad");
    this.#proved.set(proof, checked.value);
    return checked;
  }

  /** A certificate that this node added up itself, from signatures that it checked. */
  note(rules: ThreadRules, certificate: AggregatedAttestation): void {
    const set = certificateSignatureSet(rules.networkId, rules.keepers, certificate);
    if (set.ok) this.#remember(set.value);
  }

  /** As a rule the carried certificates came before their block, and one plain check is cheaper than a batch of one. */
  async #checkAll(producer: SignatureSet, unknown: readonly SignatureSet[]): Promise<boolean> {
    const { publicKeys, message, signature } = producer;
    if (unknown.length === 0) return this.#verifier.verifyAggregate(publicKeys, message, signature);
    for (const batch of batchesOf([producer, ...unknown]))
      if ((await this.#verifier.verifyBatch(batch)).length > 0) return false;
    return true;
  }

  async #checkSet(set: SignatureSet): Promise<boolean> {
    if (this.#good.has(keyOf(set))) return true;
    const valid = await this.#verifier.verifyAggregate(set.publicKeys, set.message, set.signature);
    if (valid) this.#remember(set);
    return valid;
  }

  async #checkLocks(rules: ThreadRules, block: SealedBlock): Promise<boolean> {
    const certificate = block.body.switchCertificate;
    if (certificate === null) return true;
    const { publicKeys, messages } = lockMessages(rules, certificate);
    const items = publicKeys.map((publicKey, i) => ({ publicKey, message: messages[i]! }));
    return this.#verifier.verifyAggregateDistinct(items, certificate.signature);
  }

  #remember(set: SignatureSet): void {
    const oldest = this.#good.values().next();
    if (this.#good.size >= REMEMBERED_MAX && oldest.done !== true) this.#good.delete(oldest.value);
    this.#good.add(keyOf(set));
  }
}

/** A large set's block may carry more signers than one job takes. */
function* batchesOf(sets: readonly SignatureSet[]): Iterable<readonly SignatureSet[]> {
  let batch: SignatureSet[] = [];
  let items = 0;
  for (const set of sets) {
    if (items + set.publicKeys.length > BLS_ITEMS_MAX && batch.length > 0) {
      yield batch;
      [batch, items] = [[], 0];
    }
    batch.push(set);
    items += set.publicKeys.length;
  }
  yield batch;
}

/** Names exactly what was checked: who signed which message with which bytes. */
function keyOf(set: SignatureSet): string {
  return sha256Hex(Buffer.concat([...set.publicKeys, set.message, set.signature]));
}
