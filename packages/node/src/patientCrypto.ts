import {
  type CryptoAnswer,
  type CryptoCallOptions,
  CryptoError,
  type CryptoJob,
  CryptoPool,
  type CryptoPoolDependencies,
  type CryptoPoolOptions,
} from "@sealwright/crypto";
import type { Clock } from "@sealwright/types";

/** Some jobs of a full queue are done after this long. */
const RETRY_MS = 20;
/** A worker that died may have died of this very job. */
const DEATHS_MAX = 3;

/**
 * A pool that waits where there is no room: how many checks peers can ask for is bounded for each of them, but together
 * they may be more than the queue holds, and a node may not stop for that.
 */
export class PatientCryptoPool extends CryptoPool {
  readonly #clock: Clock;

  constructor(options: CryptoPoolOptions, dependencies: CryptoPoolDependencies & { readonly clock: Clock }) {
    super(options, dependencies);
    this.#clock = dependencies.clock;
  }

  protected override async run<J extends CryptoJob>(job: J, options: CryptoCallOptions): Promise<CryptoAnswer<J>> {
    for (let deaths = 0; ;) {
      try {
        return await super.run(job, options);
      } catch (error) {
        if (!(error instanceof CryptoError) || !error.retryable) throw error;
        if (error.code === "workerDied" && ++deaths >= DEATHS_MAX) throw error;
      }
      await new Promise<void>((resolve) => this.#clock.setTimer(RETRY_MS, resolve));
    }
  }
}
