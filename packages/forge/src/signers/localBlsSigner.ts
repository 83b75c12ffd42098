import { type BlsSigner, CryptoError } from "@sealwright/crypto";
import { err, fromHex, ok, type Result } from "@sealwright/types";
import type { KeyId, PublicKeyHex } from "../keyId.js";
import type { SignFailure, SignFailureCode, Signer } from "./signer.js";

/** Which keys a local signer holds, and how many signatures it makes at once. */
export interface LocalBlsSignerOptions {
  /** Keys whose secrets the crypto service was given (`signerKeys`). */
  readonly keys: readonly PublicKeyHex[];
  /** Jobs handed over at once; below what the service queues, and the rest waits here in the order of deadlines. */
  readonly concurrentMax?: number;
}

/** Some 25 ms of work for two threads: it covers a write, and little of it is wasted when all askers have gone. */
const CONCURRENT_MAX = 128;

/** Keys in this process: signs on the crypto service's threads, never on the caller's. */
export class LocalBlsSigner implements Signer {
  readonly name = "local BLS";
  readonly concurrentMax: number;
  readonly refillAt: number;
  readonly #publicKeys: ReadonlyMap<KeyId, Uint8Array>;
  readonly #service: BlsSigner;

  constructor(options: LocalBlsSignerOptions, { service }: { readonly service: BlsSigner }) {
    this.concurrentMax = options.concurrentMax ?? CONCURRENT_MAX;
    // Half of them keeps its threads busy for far longer than a write takes.
    this.refillAt = Math.floor(this.concurrentMax / 2);
    this.#service = service;
    this.#publicKeys = new Map(options.keys.map((key) => [key, fromHex(key) ?? new Uint8Array()]));
  }

  keys(): readonly KeyId[] {
    return [...this.#publicKeys.keys()];
  }

  /** Takes nothing back: what it was handed is signed within milliseconds, and listening would cost more. */
  sign(key: KeyId, bytes: Uint8Array): Promise<Result<Uint8Array, SignFailure>> {
    const publicKey = this.#publicKeys.get(key);
    if (publicKey === undefined)
      return Promise.resolve(err({ code: "unknownKey", message: `no secret for ${key}`, retryable: false }));
    return this.#service.sign(publicKey, bytes).then(signedBytes, blsRefusal);
  }
}

const CODES: Partial<Record<CryptoError["code"], SignFailureCode>> = {
  aborted: "aborted",
  unknownKey: "unknownKey",
  queueFull: "signerUnavailable",
  workerDied: "signerUnavailable",
  closed: "signerUnavailable",
};

function signedBytes(signature: Uint8Array): Result<Uint8Array, SignFailure> {
  return ok(signature);
}

function blsRefusal(cause: unknown): Result<Uint8Array, SignFailure> {
  return err(blsFailure(cause));
}

/** What the crypto service says by throwing, as a signer says it. */
export function blsFailure(cause: unknown): SignFailure {
  if (!(cause instanceof CryptoError)) return { code: "signerFailed", message: String(cause), retryable: false, cause };
  return { code: CODES[cause.code] ?? "signerFailed", message: cause.message, retryable: cause.retryable, cause };
}
