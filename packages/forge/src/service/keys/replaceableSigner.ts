import { err, ok, type Result } from "@sealwright/types";
import type { KeyId } from "../../keyId.js";
import type { SignFailure, SignOptions, Signer } from "../../signers/signer.js";

interface Generation {
  readonly signer: Signer;
  running: number;
  onIdle: (() => void) | null;
}

/**
 * A signer whose inside can be replaced while it signs. The forge remembers every signer it was ever given, so a reload
 * must not bring new ones: this one stays, and old secrets go with the old inside.
 */
export class ReplaceableSigner implements Signer {
  readonly name: string;
  readonly concurrentMax: number;
  readonly refillAt: number;
  #current: Generation | null = null;

  /** @param options `refillAt` as `Signer` has it; `concurrentMax - 1` for asking as soon as one call has ended */
  constructor(options: { readonly name: string; readonly concurrentMax: number; readonly refillAt: number }) {
    this.name = options.name;
    this.concurrentMax = options.concurrentMax;
    this.refillAt = options.refillAt;
  }

  /** @returns resolves when the old inside has answered all it was asked, so that it can be closed */
  replace(signer: Signer | null): Promise<void> {
    const old = this.#current;
    this.#current = signer === null ? null : { signer, running: 0, onIdle: null };
    if (old === null || old.running === 0) return Promise.resolve();
    return new Promise((resolve) => (old.onIdle = resolve));
  }

  keys(): readonly KeyId[] {
    return this.#current?.signer.keys() ?? [];
  }

  async sign(key: KeyId, bytes: Uint8Array, options: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    const generation = this.#current;
    if (generation === null) return err({ code: "unknownKey", message: `${this.name} is gone`, retryable: false });
    generation.running += 1;
    try {
      const signed = await generation.signer.sign(key, bytes, options);
      return signed.ok ? ok(signed.value) : signed;
    } finally {
      generation.running -= 1;
      if (generation.running === 0) generation.onIdle?.();
    }
  }
}
