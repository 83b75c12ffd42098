import { InlineCrypto } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import {
  height,
  type Logger,
  ok,
  type Result,
  silentLogger,
  term,
  type UnixMs,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ForgeEvent } from "./forgeEvent.js";
import type { ForgeWorker } from "./forgeWorker.js";
import type { ForgeWorkerOptions } from "./worker/forgeOptions.js";
import { type KeyId, publicKeyHexFromBytes } from "./keyId.js";
import { planSigning } from "./requests/forgeRequest.js";
import { sealwrightSigningBytes } from "./requests/sealwrightRequest.js";
import { LocalBlsSigner } from "./signers/localBlsSigner.js";
import type { SignFailure, Signer } from "./signers/signer.js";
import { realClock } from "./testing/realClock.js";
import { NO_FLOOR } from "./watermarks/sealwrightMarks.js";
import { startForgeWorker } from "./startForgeWorker.js";
import {
  attestationRequest,
  blockRequest,
  lockRequest,
  probeSignature,
  ProbeSigner,
  RecordingWatermarkStore,
  TEST_NETWORK,
  testBlockId,
  testKey,
} from "./testing/index.js";

const KEYS = [0, 1, 2, 3, 4].map(testKey);
const [A, B, C] = [testKey(0), testKey(1), testKey(2)];

async function open(options: ForgeWorkerOptions = {}, signer = new ProbeSigner(KEYS)) {
  const clock = new ManualClock();
  const watermarks = new RecordingWatermarkStore();
  const forge = unwrap(await startForgeWorker(options, { signers: [signer], watermarks, clock, logger: silentLogger }));
  return { forge, signer, watermarks, clock };
}

/** Lets everything happen that needs no clock. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
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

/** All events of a worker until it ends. */
function collect(forge: ForgeWorker, origin?: string): { readonly all: Promise<ForgeEvent[]> } {
  const events = forge.events(origin === undefined ? {} : { origin });
  return { all: take(events, Infinity) };
}

function attest(key: (typeof KEYS)[number], height: number, block = `a${height}`) {
  return attestationRequest(key, { term: 0, height, block });
}

describe("what is signed", () => {
  it("[T5] signs an attestation and says so to whoever asked and in the events", async () => {
    const { forge } = await open();
    const events = forge.events();
    const outcome = await forge.forge(attest(A, 1));
    expect(outcome).toMatchObject({
      kind: "attestationReady",
      signature: probeSignature(A, sealwrightSigningBytes(attest(A, 1))),
    });
    expect(await take(events, 1)).toMatchObject([{ kind: "attestationReady", requestId: 1, cursor: 1 }]);
  });

  it("[T8] gives one outcome per key to three keys that are asked at once", async () => {
    const { forge } = await open();
    const events = forge.events();
    for (const key of [A, B, C]) await forge.pushRequest(attest(key, 1));
    const ready = await take(events, 3);
    expect(new Set(ready.map((event) => (event.kind === "gap" ? "" : event.request.key)))).toEqual(new Set([A, B, C]));
  });

  it("signs every kind of our own chain under its own outcome", async () => {
    const { forge } = await open();
    const verdict = {
      threadId: attest(A, 1).attestation.threadId,
      blockId: testBlockId("a"),
      envelopeHash: attest(A, 1).attestation.envelopeHash,
    };
    const base = { key: A, networkId: TEST_NETWORK };
    const outcomes = [
      await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" })),
      await forge.forge(lockRequest(A, { term: 3, qcTerm: 2, qcHeight: 5, qcBlock: "a" })),
      await forge.forge({ ...base, kind: "ack", verdict }),
      await forge.forge({ ...base, kind: "nack", verdict: { ...verdict, reason: 1 } }),
      await forge.forge({ ...base, kind: "yield", threadId: verdict.threadId, term: attest(A, 1).attestation.term }),
      await forge.forge({ ...base, kind: "ticket", blockId: verdict.blockId }),
    ];
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      "blockReady",
      "lockReady",
      "ackReady",
      "nackReady",
      "yieldReady",
      "ticketReady",
    ]);
    const signatures = outcomes.map((outcome) =>
      "signature" in outcome ? Buffer.from(outcome.signature).toString("hex") : "",
    );
    expect(new Set(signatures).size).toBe(6);
  });

  it("makes signatures that the scheme verifies over the bytes that everybody else makes", async () => {
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
    expect(
      outcome.kind === "blockReady" && fakeBls.verify(publicKey, sealwrightSigningBytes(request), outcome.signature),
    ).toBe(true);
  });
});

describe("queues", () => {
  it("[F4] [T10] never has two tasks of one key at the signer, a block and a vote neither, and runs keys side by side", async () => {
    const { forge, signer } = await open();
    signer.hold();
    for (let height = 1; height <= 3; height++) {
      void forge.pushRequest(attest(A, height));
      void forge.pushRequest(blockRequest(A, { term: 0, height, block: "a" }));
      void forge.pushRequest(attest(B, height));
    }
    await settle();
    expect(signer.calls.map((call) => call.key)).toEqual([A, B]);
    expect(signer.concurrentSeen).toBe(2);
    signer.releaseAll();
    await settle();
    expect(signer.calls).toHaveLength(9);
  });

  it("signs the block before the vote and the earlier deadline before both", async () => {
    const { forge, signer } = await open();
    signer.hold();
    void forge.pushRequest(attest(A, 1));
    void forge.pushRequest(attest(A, 2));
    void forge.pushRequest(blockRequest(A, { term: 0, height: 1, block: "a" }));
    void forge.pushRequest(lockRequest(A, { term: 1, qcTerm: 0, qcHeight: 0, qcBlock: "g" }), { deadlineMs: 10 });
    signer.releaseAll();
    await settle();
    const kinds = signer.calls.map((call) => Buffer.from(call.bytes.subarray(0, 4)).toString("latin1"));
    expect(kinds).toEqual(["ATT1", "LCK1", "BLK1"]);
  });

  it("drops the oldest vote of a full queue for a newer one, and tells", async () => {
    const { forge, signer } = await open({ waitingPerKeyMax: 2 });
    const events = collect(forge);
    signer.hold();
    for (const height of [1, 2, 3, 4]) expect((await forge.pushRequest(attest(A, height))).ok).toBe(true);
    expect(await forge.pushRequest(attest(A, 2))).toMatchObject({
      ok: false,
      error: { code: "queueFull", retryable: true },
    });
    signer.releaseAll();
    await settle();
    await forge.shutdown();
    expect((await events.all).map((event) => [event.kind, "requestId" in event ? event.requestId : 0])).toEqual([
      ["expired", 2],
      ["attestationReady", 1],
      ["attestationReady", 3],
      ["attestationReady", 4],
    ]);
  });

  it("keeps a dead signer from harming the keys of another", async () => {
    const dead = new ProbeSigner([A, B], 1);
    const alive = new ProbeSigner([C]);
    dead.hold();
    const forge = unwrap(
      await startForgeWorker(
        {},
        {
          signers: [dead, alive],
          watermarks: new RecordingWatermarkStore(),
          clock: new ManualClock(),
          logger: silentLogger,
        },
      ),
    );
    void forge.pushRequest(attest(A, 1));
    void forge.pushRequest(attest(B, 1));
    expect(await forge.forge(attest(C, 1))).toMatchObject({ kind: "attestationReady" });
    expect(dead.calls).toHaveLength(1);
  });
});

describe("marks", () => {
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
    const { forge } = await open();
    const first = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" }));
    const same = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" }));
    const other = await forge.forge(blockRequest(A, { term: 0, height: 1, block: "b" }));
    expect(same).toMatchObject({ kind: "blockReady", repeated: true });
    expect("signature" in first && "signature" in same && Buffer.compare(first.signature, same.signature)).toBe(0);
    expect(other).toMatchObject({ kind: "refused", refusal: { code: "conflictingBlock", recorded: { height: "1" } } });
  });

  it("logs a refusal exactly once, whoever asked, and says what was recorded", async () => {
    const lines: { readonly level: string; readonly code: string; readonly fields: unknown }[] = [];
    const logger: Logger = { log: (level, code, fields) => lines.push({ level, code, fields }) };
    const parts = { watermarks: new RecordingWatermarkStore(), clock: new ManualClock(), logger };
    const forge = unwrap(await startForgeWorker({}, { ...parts, signers: [new ProbeSigner(KEYS)] }));
    const events = collect(forge);
    await forge.forge(blockRequest(A, { term: 0, height: 1, block: "a" }), { origin: "fast" });
    expect(lines).toEqual([]);
    await forge.forge(blockRequest(A, { term: 0, height: 1, block: "b" }), { origin: "slow" });
    await forge.shutdown();
    expect(lines).toEqual([
      {
        level: "info",
        code: "forge.refused",
        fields: {
          key: A,
          kind: "candidateBlock",
          reason: "conflictingBlock",
          message: expect.stringMatching(/^another block is recorded at this place: send .+, stop one/) as string,
          recorded: expect.objectContaining({ height: "1" }) as object,
        },
      },
    ]);
    expect((await events.all).map((event) => event.kind)).toEqual(["blockReady", "refused"]);
  });

  it("warns of what fails, but not of each request that a standby gets", async () => {
    const levels: string[] = [];
    const logger: Logger = { log: (level, _code, fields) => levels.push(`${level} ${String(fields?.["reason"])}`) };
    const watermarks = new RecordingWatermarkStore();
    const parts = { watermarks, clock: new ManualClock(), logger, signers: [new ProbeSigner(KEYS)] };
    await using forge = unwrap(await startForgeWorker({}, parts));
    for (const code of ["notLeaseHolder", "storeFailed"] as const) {
      watermarks.failWith({ code, message: "", retryable: true });
      expect(await forge.forge(attest(A, 1))).toMatchObject({ kind: "failed", code });
    }
    expect(levels).toEqual(["debug notLeaseHolder", "warn storeFailed"]);
  });

  it("signs nothing while the store fails, tells why, and goes on when it works again", async () => {
    const { forge, signer, watermarks } = await open();
    watermarks.failWith({ code: "storeFailed", message: "disk full", retryable: true });
    expect(await forge.forge(attest(A, 1))).toMatchObject({
      kind: "failed",
      code: "storeFailed",
      message: "disk full",
      retryable: true,
    });
    expect(signer.calls).toHaveLength(0);
    watermarks.failWith(null);
    expect(await forge.forge(attest(A, 1))).toMatchObject({ kind: "attestationReady" });
  });

  it("burns no mark for what was cancelled while it waited", async () => {
    const { forge, signer, watermarks } = await open();
    signer.hold();
    void forge.pushRequest(attest(A, 1));
    const waiting = forge.forge(attest(A, 2, "x"));
    await settle();
    forge.cancelAllPendingTasks();
    expect(await waiting).toMatchObject({ kind: "cancelled", running: false });
    signer.releaseAll();
    expect(await forge.forge(attest(A, 2, "y"))).toMatchObject({ kind: "attestationReady" });
    expect(watermarks.claims).toHaveLength(2);
  });

  it("keeps the mark of what was at the signer: another block is refused, the same one is signed", async () => {
    const { forge, signer } = await open();
    const failure: SignFailure = { code: "signerUnavailable", message: "gone", retryable: true };
    signer.failWith(failure);
    expect(await forge.forge(attest(A, 1, "x"))).toMatchObject({ ...failure, kind: "failed" });
    signer.failWith(null);
    expect(await forge.forge(attest(A, 1, "y"))).toMatchObject({ kind: "refused" });
    expect(await forge.forge(attest(A, 1, "x"))).toMatchObject({ kind: "attestationReady", repeated: true });
  });

  it("starts with no empty store for a key that signed before, unless it is told to", async () => {
    const parts = () => ({
      signers: [new ProbeSigner(KEYS)],
      watermarks: new RecordingWatermarkStore(),
      clock: new ManualClock(),
      logger: silentLogger,
    });
    const refused = await startForgeWorker({ keysWithHistory: [A] }, parts());
    expect(refused).toMatchObject({ ok: false, error: { code: "historyMissing", keys: [A] } });
    expect((await startForgeWorker({ keysWithHistory: [A], acceptMissingHistory: true }, parts())).ok).toBe(true);
    const marked = parts();
    unwrap(await startForgeWorker({}, marked));
    const forge = unwrap(await startForgeWorker({}, marked));
    await forge.forge(attest(A, 1));
    expect((await startForgeWorker({ keysWithHistory: [A] }, marked)).ok).toBe(true);
  });
});

describe("marks that are older than what is known", () => {
  it("are raised at the start: a restored old copy signs nothing again", async () => {
    const watermarks = new RecordingWatermarkStore();
    const { claim } = planSigning(attest(A, 9, "x"), null);
    if (claim?.scope.chain !== "sealwright") throw new TypeError("attestations are guarded");
    const knownMarks = [
      {
        scope: claim.scope,
        records: [{ chain: "sealwright", record: { ...NO_FLOOR, attested: { term: term(0), height: height(9) } } }],
      },
    ] as const;
    const forge = unwrap(
      await startForgeWorker(
        { knownMarks },
        { signers: [new ProbeSigner(KEYS)], watermarks, clock: new ManualClock(), logger: silentLogger },
      ),
    );
    expect(await forge.forge(attest(A, 9, "y"))).toMatchObject({ kind: "refused", refusal: { code: "belowAttested" } });
    expect(await forge.forge(attest(A, 10, "y"))).toMatchObject({ kind: "attestationReady" });
  });

  it("are no matter of time: a clock that jumps back changes nothing", async () => {
    class JumpingClock extends ManualClock {
      jumpMs = 0;
      override nowMs(): UnixMs {
        return unixMs(super.nowMs() - this.jumpMs);
      }
    }
    const clock = new JumpingClock();
    const forge = unwrap(
      await startForgeWorker(
        {},
        { signers: [new ProbeSigner(KEYS)], watermarks: new RecordingWatermarkStore(), clock, logger: silentLogger },
      ),
    );
    expect(await forge.forge(attest(A, 5))).toMatchObject({ kind: "attestationReady" });
    clock.jumpMs = 86_400_000;
    expect(await forge.forge(attest(A, 5, "other"), { deadlineMs: 50 })).toMatchObject({ kind: "refused" });
    expect(await forge.forge(attest(A, 6), { deadlineMs: 50 })).toMatchObject({ kind: "attestationReady" });
  });
});

describe("keys that come and go", () => {
  it("are served from the moment they are there, and never after they are gone", async () => {
    const { forge, signer, watermarks } = await open();
    signer.hold();
    const running = forge.forge(attest(A, 1));
    const waiting = forge.forge(attest(A, 2));
    await settle();
    const added = new ProbeSigner([testKey(50)]);
    unwrap(forge.replaceSigners([added]));
    expect(await forge.pushRequest(attest(A, 3))).toMatchObject({ ok: false, error: { code: "unknownKey" } });
    expect(await forge.forge(attest(testKey(50), 1))).toMatchObject({ kind: "attestationReady" });
    signer.releaseAll();
    expect(await running).toMatchObject({ kind: "attestationReady" });
    expect(await waiting).toMatchObject({ kind: "failed", code: "unknownKey" });
    expect(watermarks.claims).toHaveLength(2);
  });

  it("keep queue and marks when they move to another signer", async () => {
    const { forge } = await open();
    expect(await forge.forge(attest(A, 1))).toMatchObject({ kind: "attestationReady" });
    const other = new ProbeSigner([A], 1);
    unwrap(forge.replaceSigners([other]));
    expect(await forge.forge(attest(A, 1, "other"))).toMatchObject({ kind: "refused" });
    expect(await forge.forge(attest(A, 2))).toMatchObject({ kind: "attestationReady" });
    expect([other.calls.length, forge.status().queues]).toEqual([1, 1]);
  });

  it("stay as they are when a new set has a key twice", async () => {
    const { forge } = await open();
    expect(forge.replaceSigners([new ProbeSigner([B]), new ProbeSigner([B])])).toMatchObject({
      ok: false,
      error: { code: "duplicateKey" },
    });
    expect(await forge.forge(attest(A, 1))).toMatchObject({ kind: "attestationReady" });
  });
});

describe("cancelling and deadlines", () => {
  it("[T9] ends queued tasks as cancelled, and lets the running one tell its outcome", async () => {
    const { forge, signer } = await open();
    const events = collect(forge);
    signer.hold();
    for (const height of [1, 2, 3]) await forge.pushRequest(attest(A, height));
    await settle();
    forge.cancelAllPendingTasks();
    signer.releaseAll();
    await settle();
    await forge.shutdown();
    expect((await events.all).map((event) => event.kind)).toEqual(["cancelled", "cancelled", "attestationReady"]);
    expect(signer.calls).toHaveLength(1);
  });

  it("takes back one request by its signal, waiting or running", async () => {
    const { forge, signer } = await open();
    signer.hold();
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = forge.forge(attest(A, 1), { signal: running.signal });
    const second = forge.forge(attest(A, 2), { signal: waiting.signal });
    await settle();
    waiting.abort();
    expect(await second).toMatchObject({ kind: "cancelled", running: false });
    running.abort();
    expect(await first).toMatchObject({ kind: "cancelled", running: true });
    expect(signer.calls[0]?.options.signal.aborted).toBe(true);
    expect(await forge.pushRequest(attest(A, 3), { signal: running.signal })).toMatchObject({
      ok: false,
      error: { code: "aborted" },
    });
  });

  it("ends as expired what its deadline overtakes, and asks the next only when the signer has let go", async () => {
    const { forge, signer, clock } = await open();
    signer.hold();
    const running = forge.forge(attest(A, 1), { deadlineMs: 100 });
    const waiting = forge.forge(attest(A, 2), { deadlineMs: 100 });
    const next = forge.forge(attest(A, 3));
    await settle();
    clock.advance(100);
    expect(await running).toMatchObject({ kind: "expired", phase: "signing" });
    expect(await waiting).toMatchObject({ kind: "expired", phase: "waiting" });
    await settle();
    expect(signer.calls).toHaveLength(1);
    signer.releaseAll();
    expect(await next).toMatchObject({ kind: "attestationReady" });
  });

  it("fails a request whose watermark store hangs beyond the limit, and asks no signer for it when the answer comes late", async () => {
    const { forge, signer, watermarks, clock } = await open({ storeTimeoutMs: 500 });
    let answer: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (answer = resolve));
    const guard = watermarks.guard.bind(watermarks);
    watermarks.guard = (claim) => hanging.then(() => guard(claim));
    const first = forge.forge(attest(A, 1));
    const next = forge.forge(attest(A, 2));
    await settle();
    clock.advance(500);
    expect(await first).toMatchObject({ kind: "failed", code: "storeTimeout", retryable: true });
    await settle();
    expect(signer.calls, "one at a time: the key waits for its mark").toHaveLength(0);
    answer();
    expect(await next).toMatchObject({ kind: "attestationReady" });
    expect(signer.calls, "nobody waits for the first any more").toHaveLength(1);
    expect(await forge.forge(attest(A, 1, "other")), "its mark stands").toMatchObject({ kind: "refused" });
  });

  it("fails a request whose signer hangs beyond the limit, without a deadline of its own, and takes no late answer", async () => {
    const { forge, signer, clock } = await open({ signTimeoutMs: 500 });
    const events = collect(forge);
    signer.hold();
    const hanging = forge.forge(attest(A, 1));
    const next = forge.forge(attest(A, 2));
    await settle();
    clock.advance(500);
    expect(await hanging).toMatchObject({ kind: "failed", code: "signerTimeout", retryable: true });
    expect(signer.calls[0]?.options.signal.aborted).toBe(true);
    await settle();
    expect(signer.calls, "the device may be signing still").toHaveLength(1);
    signer.releaseAll();
    expect(await next).toMatchObject({ kind: "attestationReady" });
    // It may have signed, so its place is taken for good; the very same vote may still have its signature.
    expect(await forge.forge(attest(A, 1, "other"))).toMatchObject({ kind: "refused" });
    await forge.shutdown();
    expect((await events.all).map((event) => event.kind)).toEqual(["failed", "attestationReady", "refused"]);
  });

  it.each([Infinity, 2 ** 31, 1e300])("waits with a deadline of %d ms as without one", async (deadlineMs) => {
    const signer = new ProbeSigner([testKey(0)]);
    const parts = { signers: [signer], watermarks: new RecordingWatermarkStore(), logger: silentLogger };
    const forge = unwrap(await startForgeWorker({}, { ...parts, clock: realClock }));
    signer.hold();
    const outcome = forge.forge(attestationRequest(testKey(0), { term: 0, height: 1, block: "a" }), { deadlineMs });
    await new Promise((resolve) => setTimeout(resolve, 20));
    signer.releaseAll();
    expect(await outcome).toMatchObject({ kind: "attestationReady" });
  });

  it("takes no deadline that is no number", async () => {
    const signer = new ProbeSigner([testKey(0)]);
    const parts = { signers: [signer], watermarks: new RecordingWatermarkStore(), logger: silentLogger };
    const forge = unwrap(await startForgeWorker({}, { ...parts, clock: new ManualClock() }));
    const request = attestationRequest(testKey(0), { term: 0, height: 1, block: "a" });
    expect(await forge.forge(request, { deadlineMs: NaN })).toMatchObject({
      kind: "notAccepted",
      error: { code: "malformedRequest" },
    });
  });

  it("drops a signature that comes after the outcome was told", async () => {
    const { forge, signer } = await open();
    const events = collect(forge);
    signer.hold();
    const abort = new AbortController();
    void forge.pushRequest(attest(A, 1), { signal: abort.signal });
    await settle();
    abort.abort();
    signer.releaseAll();
    await settle();
    await forge.shutdown();
    expect((await events.all).map((event) => event.kind)).toEqual(["cancelled"]);
  });
});

describe("shutdown", () => {
  it("[I5] cancels what waits, awaits what runs, tells both, and ends the streams", async () => {
    const { forge, signer } = await open();
    const events = collect(forge);
    signer.hold();
    for (const height of [1, 2]) await forge.pushRequest(attest(A, height));
    await settle();
    let isDown = false;
    const down = forge.shutdown().then(() => (isDown = true));
    expect(await forge.pushRequest(attest(B, 1))).toMatchObject({ ok: false, error: { code: "forgeUnavailable" } });
    expect(await forge.forge(attest(B, 1))).toMatchObject({ kind: "notAccepted", error: { code: "forgeUnavailable" } });
    await settle();
    expect(isDown).toBe(false);
    signer.releaseAll();
    await down;
    expect((await events.all).map((event) => event.kind)).toEqual(["cancelled", "attestationReady"]);
  });

  it("is one and the same promise, however often and late it is asked for, and cancelling after it does nothing", async () => {
    const { forge, signer } = await open();
    const events = collect(forge);
    signer.hold();
    await forge.pushRequest(attest(A, 1));
    await settle();
    const down = forge.shutdown();
    expect(forge.shutdown()).toBe(down);
    signer.releaseAll();
    await down;
    expect(forge.shutdown()).toBe(down);
    const before = forge.status();
    forge.cancelAllPendingTasks();
    expect(forge.status()).toEqual({ ...before, phase: "closed" });
    expect((await events.all).map((event) => event.kind)).toEqual(["attestationReady"]);
  });

  it("[I4] gives up what still runs after the time that it was told, whatever its signer does, and tells the outcome", async () => {
    const { forge, signer, clock } = await open();
    const events = collect(forge);
    signer.hold();
    const running = forge.forge(attest(A, 1));
    await settle();
    const down = forge.shutdown({ runningMsMax: 1_000 });
    clock.advance(999);
    await settle();
    expect(forge.status().phase).toBe("closing");
    clock.advance(1);
    await down;
    expect(await running).toMatchObject({ kind: "cancelled", running: true });
    expect(signer.calls[0]?.options.signal.aborted).toBe(true);
    signer.releaseAll();
    await settle();
    expect((await events.all).map((event) => event.kind)).toEqual(["cancelled"]);
  });

  it("comes with the end of a scope", async () => {
    const { forge } = await open();
    await forge[Symbol.asyncDispose]();
    expect(forge.status().phase).toBe("closed");
  });
});

describe("what is not accepted", () => {
  it("names unknown keys and malformed requests, and no event follows", async () => {
    const { forge, signer } = await open();
    const events = collect(forge);
    expect(await forge.pushRequest(attest(testKey(77), 1))).toMatchObject({ ok: false, error: { code: "unknownKey" } });
    expect(await forge.pushRequest(lockRequest(A, { term: 2, qcTerm: 2, qcHeight: 0, qcBlock: "a" }))).toMatchObject({
      ok: false,
      error: { code: "malformedRequest" },
    });
    await forge.shutdown();
    expect([await events.all, signer.calls.length]).toEqual([[], 0]);
  });

  it("starts with no key that two signers hold", async () => {
    const parts = { watermarks: new RecordingWatermarkStore(), clock: new ManualClock(), logger: silentLogger };
    expect(
      await startForgeWorker({}, { ...parts, signers: [new ProbeSigner([A]), new ProbeSigner([A])] }),
    ).toMatchObject({ ok: false, error: { code: "duplicateKey", key: A } });
  });

  it("goes on after a signer that throws", async () => {
    class ThrowingSigner implements Signer {
      readonly name = "throwing";
      readonly concurrentMax = 1;
      calls = 0;
      keys(): readonly KeyId[] {
        return [A];
      }
      sign(): Promise<Result<Uint8Array, SignFailure>> {
        if (this.calls++ === 0) throw new Error("device on fire");
        return Promise.resolve(ok(new Uint8Array(96)));
      }
    }
    const forge = unwrap(
      await startForgeWorker(
        {},
        {
          signers: [new ThrowingSigner()],
          watermarks: new RecordingWatermarkStore(),
          clock: new ManualClock(),
          logger: silentLogger,
        },
      ),
    );
    expect(await forge.forge(attest(A, 1))).toMatchObject({ kind: "failed", code: "signerFailed" });
    expect(await forge.forge(attest(A, 2))).toMatchObject({ kind: "attestationReady" });
  });
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("push" as const),
      key: fc.nat(2),
      height: fc.integer({ min: 1, max: 6 }),
      block: fc.constantFrom("a", "b"),
      deadlineMs: fc.option(fc.integer({ min: 1, max: 50 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("release" as const), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.constant({ type: "cancelAll" as const }) },
);

describe("any run of the ForgeWorker", () => {
  it("[I1] [I4] signs no two blocks at one place and ends every accepted request exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { forge, signer, clock } = await open({ waitingPerKeyMax: 3 });
        const events = collect(forge);
        signer.hold();
        const accepted: number[] = [];
        for (const one of steps) {
          if (one.type === "push") {
            const key = KEYS[one.key] ?? A;
            const pushed = await forge.pushRequest(
              attest(key, one.height, one.block),
              one.deadlineMs === null ? {} : { deadlineMs: one.deadlineMs },
            );
            if (pushed.ok) accepted.push(pushed.value.requestId);
          } else if (one.type === "release") {
            for (const call of signer.calls)
              call.release(one.fails ? { code: "signerFailed", message: "", retryable: false } : undefined);
          } else if (one.type === "advance") clock.advance(one.ms);
          else forge.cancelAllPendingTasks();
          await settle();
        }
        signer.releaseAll();
        await settle();
        await forge.shutdown();
        const told = await events.all;
        expect(told.map((event) => ("requestId" in event ? event.requestId : -1)).sort((a, b) => a - b)).toEqual(
          accepted,
        );
        const places = new Map<string, string>();
        for (const call of signer.calls) {
          const bytes = Buffer.from(call.bytes).toString("hex");
          const place = `${call.key} ${bytes.slice(0, (4 + 32 + 34 + 16) * 2)}`;
          expect(places.get(place) ?? bytes).toBe(bytes);
          places.set(place, bytes);
        }
      }),
      { numRuns: 150 },
    );
  });
});
