import { InlineCrypto } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import { silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import type { ForgeEvent } from "./forgeEvent.js";
import type { ForgeWorkerOptions } from "./forgeWorker.js";
import { publicKeyHexFromBytes } from "./keyId.js";
import { sealwrightSigningBytes } from "./requests/sealwrightRequest.js";
import { LocalBlsSigner } from "./signers/localBlsSigner.js";
import { startForgeWorker } from "./startForgeWorker.js";
import {
  attestationRequest,
  blockRequest,
  probeSignature,
  ProbeSigner,
  RecordingWatermarkStore,
  testKey,
} from "./testing/index.js";

const KEYS = [0, 1, 2, 3, 4].map(testKey);
const [A, B] = [testKey(0), testKey(1)];

async function open(options: ForgeWorkerOptions = {}, signer = new ProbeSigner(KEYS)) {
  const clock = new ManualClock();
  const watermarks = new RecordingWatermarkStore();
  const forge = unwrap(await startForgeWorker(options, { signers: [signer], watermarks, clock, logger: silentLogger }));
  return { forge, signer, watermarks, clock };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

async function take(events: AsyncIterator<ForgeEvent>, count: number): Promise<ForgeEvent[]> {
  const taken: ForgeEvent[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

describe("ForgeWorker", () => {
  it("signs an attestation and says so in the result and in the events", async () => {
    const { forge } = await open();
    const events = forge.events();
    const request = attestationRequest(A, { term: 0, height: 1, block: "a" });
    const outcome = await forge.forge(request);
    expect(outcome).toMatchObject({
      kind: "attestationReady",
      signature: probeSignature(A, sealwrightSigningBytes(request)),
    });
    expect(await take(events, 1)).toMatchObject([{ kind: "attestationReady", requestId: 1, cursor: 1 }]);
  });

  it("signs with real shapes: a 96-byte signature that the scheme verifies", async () => {
    const secret = new Uint8Array(32).fill(7);
    const publicKey = unwrap(fakeBls.secretKeyFromBytes(secret)).publicKey();
    const key = publicKeyHexFromBytes(publicKey);
    const service = new InlineCrypto({ scheme: fakeBls, signerKeys: [secret] });
    const signers = [new LocalBlsSigner({ keys: [key] }, { service })];
    const forge = unwrap(
      await startForgeWorker(
        {},
        { signers, watermarks: new RecordingWatermarkStore(), clock: new ManualClock(), logger: silentLogger },
      ),
    );
    const request = blockRequest(key, { term: 0, height: 1, block: "a" });
    const outcome = await forge.forge(request);
    expect(outcome.kind).toBe("blockReady");
    if (outcome.kind === "blockReady")
      expect(fakeBls.verify(publicKey, sealwrightSigningBytes(request), outcome.signature)).toBe(true);
  });

  it("[F4] never has two tasks of one key at the signer, and runs different keys side by side", async () => {
    const { forge, signer } = await open();
    signer.hold();
    for (let height = 1; height <= 3; height++) {
      void forge.pushRequest(attestationRequest(A, { term: 0, height, block: `a${height}` }));
      void forge.pushRequest(attestationRequest(B, { term: 0, height, block: `a${height}` }));
    }
    await settle();
    expect(signer.calls.map((call) => call.key)).toEqual([A, B]);
    expect(signer.concurrentSeen).toBe(2);
    signer.releaseAll();
    await settle();
    expect(signer.calls).toHaveLength(6);
  });

  it("[I2] asks no signer before the mark is durable", async () => {
    const { forge, signer, watermarks } = await open();
    const becomeDurable = watermarks.hold();
    void forge.pushRequest(blockRequest(A, { term: 0, height: 1, block: "a" }));
    await settle();
    expect([watermarks.claims.length, signer.calls.length]).toEqual([1, 0]);
    becomeDurable();
    await settle();
    expect(signer.calls).toHaveLength(1);
  });

  it("refuses a second block at one place and gives the same signature for the same block again", async () => {
    const { forge, signer } = await open();
    const first = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" }));
    const same = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" }));
    const other = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "b" }));
    expect(same).toMatchObject({ kind: "blockReady", repeated: true });
    expect(
      first.kind === "blockReady" && same.kind === "blockReady" && Buffer.compare(first.signature, same.signature),
    ).toBe(0);
    expect(other).toMatchObject({ kind: "refused", refusal: { code: "conflictingBlock" } });
    expect(signer.calls).toHaveLength(2);
  });
});
