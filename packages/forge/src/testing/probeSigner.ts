import { assert, concatBytes, err, ok, type Result, sha256 } from "@sealwright/types";
import type { KeyId } from "../keyId.js";
import type { SignFailure, SignOptions, Signer } from "../signers/signer.js";

export interface ProbeCall {
  readonly key: KeyId;
  readonly bytes: Uint8Array;
  readonly options: SignOptions;
  /** Lets the call end with a signature, or with a failure. */
  release(failure?: SignFailure): void;
}

/**
 * A signer that shows what is asked of it. By default it answers at once; `hold()` makes every call wait for its
 * `release`, which makes it slow, failing or hanging at a test's will. It asserts that no key is asked twice at once.
 */
export class ProbeSigner implements Signer {
  readonly name = "probe";
  readonly concurrentMax: number;
  readonly calls: ProbeCall[] = [];
  readonly #keys: readonly KeyId[];
  readonly #running = new Set<KeyId>();
  #held = false;
  #failure: SignFailure | null = null;
  /** Most calls that were under way together. */
  concurrentSeen = 0;

  constructor(keys: readonly KeyId[], concurrentMax = Infinity) {
    this.#keys = keys;
    this.concurrentMax = concurrentMax;
  }

  keys(): readonly KeyId[] {
    return this.#keys;
  }

  hold(): void {
    this.#held = true;
  }

  /** From now on every call answers at once again; the held ones too. */
  releaseAll(): void {
    this.#held = false;
    for (const call of this.calls) call.release();
  }

  failWith(failure: SignFailure | null): void {
    this.#failure = failure;
  }

  sign(key: KeyId, bytes: Uint8Array, options: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    assert(!this.#running.has(key), `${key} is asked while it signs`);
    this.#running.add(key);
    this.concurrentSeen = Math.max(this.concurrentSeen, this.#running.size);
    return new Promise((resolve) => {
      let open = true;
      const release = (failure?: SignFailure): void => {
        if (!open) return;
        open = false;
        this.#running.delete(key);
        resolve(failure === undefined ? ok(probeSignature(key, bytes)) : err(failure));
      };
      this.calls.push({ key, bytes, options, release });
      if (!this.#held) release(this.#failure ?? undefined);
    });
  }
}

/** What a probe signs: 96 bytes that depend on key and bytes, and on nothing else. */
export function probeSignature(key: KeyId, bytes: Uint8Array): Uint8Array {
  const digest = sha256(concatBytes(Buffer.from(key, "utf8"), bytes));
  return concatBytes(digest, digest, digest);
}
