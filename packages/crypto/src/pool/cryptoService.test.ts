import { unwrap } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { blstScheme, type BlsScheme } from "../bls/blsScheme.js";
import { BLS_ITEMS_MAX } from "../bls/sizes.js";
import { Ed25519SecretKey } from "../ed25519.js";
import { fakeBls } from "../testing/fakeBls.js";
import { CryptoPool } from "./cryptoPool.js";
import type { CryptoService } from "./cryptoService.js";
import { InlineCrypto } from "./inlineCrypto.js";

const MESSAGE = Uint8Array.of(1, 2, 3);

function describeCryptoService(
  name: string,
  scheme: BlsScheme,
  open: (signerKeys: readonly Uint8Array[]) => CryptoService,
): void {
  describe(name, () => {
    const random = new SeededRandom(3);
    const secrets = Array.from({ length: 6 }, () => random.bytes(32).fill(0, 0, 1));
    const keys = secrets.map((secret) => unwrap(scheme.secretKeyFromBytes(secret)));
    const publicKeys = keys.map((key) => key.publicKey());
    const items = keys.map((key) => ({ publicKey: key.publicKey(), signature: key.sign(MESSAGE) }));
    const aggregate = unwrap(scheme.aggregateSignatures(items.map((item) => item.signature)));

    it("answers many checks of one tick, each for itself", async () => {
      await using service = open([]);
      const answers = await Promise.all(
        items.map((item, index) =>
          service.verify(item.publicKey, index % 3 === 1 ? Uint8Array.of(9) : MESSAGE, item.signature),
        ),
      );
      expect(answers).toEqual([true, false, true, true, false, true]);
    });

    it("verifies aggregates over one message and over several", async () => {
      await using service = open([]);
      expect(await service.verifyAggregate(publicKeys, MESSAGE, aggregate)).toBe(true);
      expect(await service.verifyAggregate(publicKeys.slice(1), MESSAGE, aggregate)).toBe(false);
      const signed = publicKeys.map((publicKey) => ({ publicKey, message: MESSAGE }));
      expect(await service.verifyAggregateDistinct(signed, aggregate)).toBe(true);
      expect(await service.verifyAggregateDistinct(signed.slice(1), aggregate)).toBe(false);
    });

    it("names the bad sets of a batch", async () => {
      await using service = open([]);
      const sets = items.map((item, index) => ({
        publicKeys: [item.publicKey],
        message: index === 4 ? Uint8Array.of(9) : MESSAGE,
        signature: item.signature,
      }));
      expect(await service.verifyBatch(sets)).toEqual([4]);
    });

    it("merges the good signatures and names the bad ones", async () => {
      await using service = open([]);
      const spoiled = items.map((item, index) => (index === 2 ? { ...item, signature: new Uint8Array(96) } : item));
      const merged = await service.mergeSignatures(MESSAGE, spoiled);
      expect([merged.good, merged.bad]).toEqual([[0, 1, 3, 4, 5], [2]]);
      const signers = merged.good.map((index) => publicKeys[index] ?? new Uint8Array(0));
      expect(await service.verifyAggregate(signers, MESSAGE, merged.aggregate ?? new Uint8Array(0))).toBe(true);
    });

    it("signs with the keys it was given and refuses others", async () => {
      await using service = open(secrets.slice(0, 2));
      expect(await service.sign(publicKeys[1] ?? MESSAGE, MESSAGE)).toEqual(items[1]?.signature);
      await expect(service.sign(publicKeys[2] ?? MESSAGE, MESSAGE)).rejects.toMatchObject({
        code: "unknownKey",
        retryable: false,
      });
    });

    it("checks Ed25519 signatures in a batch, one byte each", async () => {
      await using service = open([]);
      const key = unwrap(Ed25519SecretKey.fromSeed(new Uint8Array(32).fill(5)));
      const signed = { publicKey: key.publicKey(), message: MESSAGE, signature: key.sign(MESSAGE) };
      const answer = await service.verifyEd25519Batch([signed, { ...signed, message: new Uint8Array(0) }, signed]);
      expect(answer).toEqual(Uint8Array.of(1, 0, 1));
    });

    it("takes views into larger buffers", async () => {
      await using service = open([]);
      const frame = new Uint8Array(100_000);
      frame.set(aggregate, 777);
      expect(await service.verifyAggregate(publicKeys, MESSAGE, frame.subarray(777, 777 + 96))).toBe(true);
    });

    it("does not begin when the signal fired before", async () => {
      await using service = open([]);
      const signal = AbortSignal.abort("enough");
      await expect(service.verifyAggregate(publicKeys, MESSAGE, aggregate, { signal })).rejects.toMatchObject({
        code: "aborted",
        cause: "enough",
      });
    });

    it("refuses a job with too many items", async () => {
      await using service = open([]);
      const tooMany = Array<Uint8Array>(BLS_ITEMS_MAX + 1).fill(MESSAGE);
      await expect(service.verifyAggregate(tooMany, MESSAGE, aggregate)).rejects.toMatchObject({ code: "jobTooLarge" });
    });

    it("rejects every call after its end, and can be ended twice", async () => {
      const service = open([]);
      await service[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await expect(service.verifyAggregate(publicKeys, MESSAGE, aggregate)).rejects.toMatchObject({ code: "closed" });
    });
  });
}

describeCryptoService("crypto pool", blstScheme, (signerKeys) => new CryptoPool({ signerKeys }));
describeCryptoService(
  "crypto pool of two workers",
  blstScheme,
  (signerKeys) => new CryptoPool({ workers: 2, signerKeys }),
);
describeCryptoService("inline crypto", blstScheme, (signerKeys) => new InlineCrypto({ signerKeys }));
describeCryptoService("inline fake crypto", fakeBls, (signerKeys) => new InlineCrypto({ scheme: fakeBls, signerKeys }));
