import {
  type BlsScheme,
  type BlsSignedMessage,
  type BlsSignatureSet,
  type BlsSignerSignature,
  InlineCrypto,
  type MergedSignatures,
} from "@sealwright/crypto";

/** Crypto that answers when the simulated machine would have: at once on a fast one, late and out of order on a slow one. */
export class SimCrypto extends InlineCrypto {
  readonly #later: <T>(answer: T) => Promise<T> | T;

  constructor(
    options: { readonly scheme: BlsScheme; readonly signerKeys: readonly Uint8Array[] },
    later: <T>(answer: T) => Promise<T> | T,
  ) {
    super(options);
    this.#later = later;
  }

  override async verifyAggregate(
    publicKeys: readonly Uint8Array[],
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean> {
    return this.#later(await super.verifyAggregate(publicKeys, message, signature));
  }

  override async verifyAggregateDistinct(items: readonly BlsSignedMessage[], signature: Uint8Array): Promise<boolean> {
    return this.#later(await super.verifyAggregateDistinct(items, signature));
  }

  override async verifyBatch(sets: readonly BlsSignatureSet[]): Promise<readonly number[]> {
    return this.#later(await super.verifyBatch(sets));
  }

  override async mergeSignatures(message: Uint8Array, items: readonly BlsSignerSignature[]): Promise<MergedSignatures> {
    return this.#later(await super.mergeSignatures(message, items));
  }
}
