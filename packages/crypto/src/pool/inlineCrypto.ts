import { blstScheme, type BlsScheme } from "../bls/blsScheme.js";
import { BLS_ITEMS_MAX } from "../bls/sizes.js";
import { CryptoError } from "./cryptoError.js";
import { itemCountOf, type CryptoAnswer, type CryptoJob } from "./cryptoJob.js";
import { CryptoService, type CryptoCallOptions } from "./cryptoService.js";
import { runCryptoJob } from "./runCryptoJobs.js";
import { openSignerKeys, type SignerKeys } from "./signerKeys.js";

/** Which scheme, and the keys it signs with. */
export type InlineCryptoOptions = {
  /** default: the real one; simulations pass `fakeBls` */
  readonly scheme?: BlsScheme;
  /** secrets for `sign`, 32 bytes each */
  readonly signerKeys?: readonly Uint8Array[];
};

/** Does every job on the caller's thread, before the call returns: for simulations and tests, where order must replay. */
export class InlineCrypto extends CryptoService {
  readonly #scheme: BlsScheme;
  readonly #keys: SignerKeys;
  #closed = false;

  constructor(options: InlineCryptoOptions = {}) {
    super();
    this.#scheme = options.scheme ?? blstScheme;
    this.#keys = openSignerKeys(this.#scheme, options.signerKeys ?? []);
  }

  // Async, so that a refusal is a rejection here as in the pool, never an exception out of the call itself.
  protected override async run<J extends CryptoJob>(job: J, options: CryptoCallOptions): Promise<CryptoAnswer<J>> {
    if (this.#closed) throw new CryptoError("closed", "the crypto service has ended");
    if (options.signal?.aborted === true) {
      throw new CryptoError("aborted", "aborted before it began", { cause: options.signal.reason });
    }
    if (itemCountOf(job) > BLS_ITEMS_MAX) throw new CryptoError("jobTooLarge", `more than ${BLS_ITEMS_MAX} items`);
    return runCryptoJob(this.#scheme, this.#keys, job) as CryptoAnswer<J>;
  }

  override [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
