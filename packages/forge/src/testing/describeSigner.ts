import { afterEach, describe, expect, it } from "vitest";
import type { KeyId } from "../keyId.js";
import type { ForgeRequest } from "../requests/forgeRequest.js";
import type { Signer, SignOptions } from "../signers/signer.js";

export interface SignerHarness {
  /** A signer that holds `key` and works. */
  open(): Promise<{
    readonly signer: Signer;
    readonly key: KeyId;
    readonly verify: (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>;
  }>;
  /** Bytes that it signs; a different number, different bytes. */
  bytes(number: number): Uint8Array;
  /** What these bytes are made from, for a signer that wants to see that. */
  request?(number: number): ForgeRequest;
}

/** What every signer promises. */
export function describeSigner(name: string, harness: SignerHarness): void {
  describe(`${name} as a signer`, () => {
    const opened: Signer[] = [];

    async function open() {
      const parts = await harness.open();
      opened.push(parts.signer);
      return parts;
    }

    const optionsOf = (number: number, signal = new AbortController().signal): SignOptions => {
      const request = harness.request?.(number);
      return { signal, deadlineMs: null, ...(request === undefined ? {} : { request }) };
    };

    afterEach(async () => {
      for (const signer of opened.splice(0)) await signer.close?.();
    });

    it("signs with its keys what their public halves verify", async () => {
      const { signer, key, verify } = await open();
      expect(signer.keys()).toContain(key);
      const signed = await signer.sign(key, harness.bytes(1), optionsOf(1));
      expect(signed.ok && (await verify(harness.bytes(1), signed.value))).toBe(true);
      expect(signed.ok && (await verify(harness.bytes(2), signed.value))).toBe(false);
    });

    it("signs many at once", async () => {
      const { signer, key, verify } = await open();
      const numbers = Array.from({ length: 20 }, (_, i) => i);
      const signed = await Promise.all(
        numbers.map((number) => signer.sign(key, harness.bytes(number), optionsOf(number))),
      );
      const verified = await Promise.all(
        signed.map(async (one, number) => one.ok && (await verify(harness.bytes(number), one.value))),
      );
      expect(verified).toEqual(numbers.map(() => true));
    });

    it("says unknownKey for keys that it does not hold", async () => {
      const { signer } = await open();
      expect(
        await signer.sign("tz1burnburnburnburnburnburnburjAYjjX" as KeyId, harness.bytes(1), optionsOf(1)),
      ).toMatchObject({ ok: false, error: { code: "unknownKey", retryable: false } });
    });

    it("does nothing for a signal that is aborted already", async () => {
      const { signer, key } = await open();
      const aborted = await signer.sign(key, harness.bytes(1), optionsOf(1, AbortSignal.abort()));
      expect(aborted.ok || aborted.error.code === "aborted").toBe(true);
    });
  });
}
