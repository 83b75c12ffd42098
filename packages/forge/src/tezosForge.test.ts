import { blsVerify, InlineCrypto } from "@sealwright/crypto";
import {
  type BlockHeader,
  blsSecretKeyFromBigEndian,
  type ChainId,
  encodeSignedBlockHeader,
  encodeSignedOperation,
  encodeSigningPayload,
  fitnessElements,
  formatSignature,
  level,
  operationHashOfBytes,
  payload,
  round,
  slot,
  type SignatureScheme,
} from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "@sealwright/tezos/testing";
import { err, fromHex, ok, type Result, silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { schemeOfKey, type TezosKeyHash } from "./keyId.js";
import type { BlockPreparer, PreparationFailure, PreparedBlock, PrepareOptions } from "./preparation/blockPreparer.js";
import type { BlockToBake } from "./requests/blockToBake.js";
import type { TezosRequest } from "./requests/tezosRequest.js";
import { votesOfBatch } from "./requests/voteBatch.js";
import { type LocalTezosKey, localTezosKey, openTezosKey } from "./signers/localTezosKey.js";
import { LocalTezosSigner, tezosBlsSecrets } from "./signers/localTezosSigner.js";
import type { Signer } from "./signers/signer.js";
import { verifySignature } from "./signers/verifySignature.js";
import { startForgeWorker } from "./startForgeWorker.js";
import { ProbeSigner, RecordingWatermarkStore } from "./testing/index.js";

const BOOTSTRAP_1 = "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const CONSENSUS_TZ4 = "unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq";
const COMPANION_TZ4 = "unencrypted:BLsk1i2spHCMKGiXLegr6k6AUwpDB9nuHRNNKhq2RfFEE52sPbMDub";

async function open(uris: readonly string[], blockPreparer?: BlockPreparer) {
  const keys = await Promise.all(uris.map(async (uri) => unwrap(await openTezosKey(uri))));
  const service = new InlineCrypto({ signerKeys: tezosBlsSecrets(keys) });
  const signers = [new LocalTezosSigner({ keys }, { service })];
  const clock = new ManualClock();
  const watermarks = new RecordingWatermarkStore();
  const forge = unwrap(
    await startForgeWorker(
      {},
      { signers, watermarks, clock, logger: silentLogger, ...(blockPreparer === undefined ? {} : { blockPreparer }) },
    ),
  );
  // Weighing DAL content takes turns on the clock.
  const ticking = setInterval(() => clock.advance(1), 1);
  return { forge, keys, service, watermarks, [Symbol.dispose]: () => clearInterval(ticking) };
}

/** Consensus keys at one signer, their companions at another one; neither signs anything that would hold. */
async function openCompanions(count: number, concurrentMax: number) {
  const id = (byte: number): TezosKeyHash =>
    unwrap(localTezosKey(blsSecretKeyFromBigEndian(new Uint8Array(32).fill(byte)))).id;
  const keys = Array.from({ length: count }, (_, index) => id(1 + index));
  const companions = Array.from({ length: count }, (_, index) => id(51 + index));
  const consensus = new ProbeSigner(keys);
  const companion = new ProbeSigner(companions, concurrentMax);
  const watermarks = new RecordingWatermarkStore();
  const parts = { watermarks, clock: new ManualClock(), logger: silentLogger };
  const forge = unwrap(await startForgeWorker({}, { signers: [consensus, companion], ...parts }));
  return { forge, keys, companions, consensus, companion, watermarks };
}

function withDal(key: TezosKeyHash, companionKey: TezosKeyHash): TezosRequest {
  return { kind: "tezosAttestation", key, companionKey, chainId: SAMPLE_CHAIN_ID, vote: sampleAttestation({}, 2048n) };
}

/** All that is under way has come as far as it can, and that is so many calls. */
async function untilCalls(signer: ProbeSigner, count: number): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  expect(signer.calls).toHaveLength(count);
}

const base = (key: LocalTezosKey) => ({ key: key.id, chainId: SAMPLE_CHAIN_ID });

function signatureText(key: LocalTezosKey, signature: Uint8Array): string {
  return formatSignature({ scheme: key.publicKey.scheme, bytes: signature });
}

describe("the published pipeline (level 1331, main network)", () => {
  it("[V15] signs preattestation and attestation with an ed25519 key, and the operations hash as published", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    const key = keys[0]!;
    const pre = await forge.forge({ ...base(key), kind: "tezosPreattestation", vote: samplePreattestation() });
    const vote = await forge.forge({ ...base(key), kind: "tezosAttestation", vote: sampleAttestation() });
    if (pre.kind !== "preattestationReady" || vote.kind !== "tezosAttestationReady") throw new Error("not signed");
    expect(signatureText(key, pre.signature)).toBe(
      "edsigtrtyHmL8w8YKNFTv3unby3RJvoeZ6hGRTnYLP2hDfMVPgSntvpG79aAdHm7Y5DhtEX7z1RZwptwyQwCnBNekVxUzv4JzaJ",
    );
    expect(signatureText(key, vote.signature)).toBe(
      "edsigtqKd5bH9iKgCtPPuMRQ5oN74oZpKBEoeioskqGzyvF91bGypsMqeGivaqUGy4DeNoqetEXakM5FuADs42hiDz1TQmNdDCV",
    );
    const operation = encodeSignedOperation({
      operation: sampleAttestation(),
      signature: { scheme: "ed25519", bytes: vote.signature },
    });
    expect(Buffer.from(operationHashOfBytes(operation)).length).toBe(32);
  });

  it("[V15] signs an attestation with DAL content as published", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    const key = keys[0]!;
    const vote = await forge.forge({ ...base(key), kind: "tezosAttestation", vote: sampleAttestation({}, 2048n) });
    if (vote.kind !== "tezosAttestationReady") throw new Error("not signed");
    expect(signatureText(key, vote.signature)).toBe(
      "edsigtrAVmqBApb4pZasvPoTet44wyB4zxUVeZ6sS45z57eywx86qLtxd66zrirrwWmmAML6zyMMysAkdnqAL9HZBiHPXTY3EaJ",
    );
    expect(vote.dalDropped).toBe(false);
  });

  it("[V15] signs with a tz4 key without the slot, as published", async () => {
    const { forge, keys } = await open([CONSENSUS_TZ4]);
    const key = keys[0]!;
    const pre = await forge.forge({ ...base(key), kind: "tezosPreattestation", vote: samplePreattestation() });
    const vote = await forge.forge({ ...base(key), kind: "tezosAttestation", vote: sampleAttestation() });
    if (pre.kind !== "preattestationReady" || vote.kind !== "tezosAttestationReady") throw new Error("not signed");
    expect(signatureText(key, pre.signature)).toBe(
      "BLsig9rtwr8Yu1Z9Svnkvc7jFj1TnJJZWAx9z8g8WEZjbQfbDPQd1TRmUprtcDCCeYkwqqE7TqbX9bDddNYF3QL67QgxkdT7JEnC5GxNyUPnXama9jCfiFZk7erhGK9TLkzmDWtfW541J9",
    );
    expect(signatureText(key, vote.signature)).toBe(
      "BLsigAJedzg2UyEeTYDMiezqfXmzXKJ72diqU7EEdVd73wc5JTN75R8PQA9okoBTxXvE8Mva23yK5hChaUQZwCVdbWGG6Eux586FSrVovHw5E1BniBKqVEtAjqh4XLzttJcdwCmGSYi5oF",
    );
  });

  it("[V15] binds DAL content with the companion key: the weighted sum is the published one", async () => {
    using opened = await open([CONSENSUS_TZ4, COMPANION_TZ4]);
    const { forge, keys } = opened;
    const [key, companion] = [keys[0]!, keys[1]!];
    const vote = await forge.forge({
      ...base(key),
      kind: "tezosAttestation",
      vote: sampleAttestation({}, 2048n),
      companionKey: companion.id,
    });
    if (vote.kind !== "tezosAttestationReady") throw new Error("not signed");
    expect(signatureText(key, vote.signature)).toBe(
      "BLsigBEHrRakRqaPvE9XnpG6ErtR9pqxrh7RL7HGc3bNQttAkJoTfqdiVnqKJ45s6a4xMXi9VhgeUTVbgsfU4xVhPq8oDjADG2pGjhryKg855BtEF8AtRmvBUenbDtkvymUKEHNpth33hY",
    );
    const sumOfKeys =
      fromHex("afb5298e181a7788319e619b8d1eb835080794a8dd346715b5c745af717a45e8f11f9fbc37731b2bf61a370668d1b695") ??
      new Uint8Array();
    const { branch, level, round, payloadHash } = sampleAttestation();
    const bytes = encodeSigningPayload({
      type: "attestation",
      chainId: SAMPLE_CHAIN_ID,
      operation: { kind: "blsModeAttestation", branch, level, round, payloadHash },
    });
    expect(blsVerify(sumOfKeys, bytes, vote.signature)).toBe(true);
  });

  it("[F5] [I1] asks companions in the turn of their keys and within the limit of their signer", async () => {
    const { forge, keys, companions, consensus, companion } = await openCompanions(10, 2);
    companion.hold();
    const votes = keys.map((key, index) => forge.forge(withDal(key, companions[index]!)));
    await untilCalls(consensus, 10);
    await untilCalls(companion, 2);
    for (let done = 0; done < 10; done++) {
      await untilCalls(companion, Math.min(10, done + 2));
      companion.calls[done]!.release();
    }
    // What a probe signs is no point of the curve: all that is looked at is who was asked when.
    for (const vote of await Promise.all(votes)) expect(vote).toMatchObject({ kind: "failed", code: "badSignature" });
    expect([companion.concurrentSeen, companion.calls.length]).toEqual([2, 10]);
  });

  it("[I1] has a companion's share wait for whatever else that key signs, and holds up no other vote meanwhile", async () => {
    const { forge, keys, companions, consensus, companion } = await openCompanions(1, Infinity);
    const [key, other] = [keys[0]!, companions[0]!];
    companion.hold();
    const header = sampleBlockHeader();
    const block = forge.forge({ kind: "tezosBlock", key: other, chainId: SAMPLE_CHAIN_ID, block: { header } });
    const vote = forge.forge(withDal(key, other));
    await untilCalls(consensus, 1);
    const next = { kind: "tezosPreattestation", key, chainId: SAMPLE_CHAIN_ID, vote: samplePreattestation() } as const;
    expect(await forge.forge(next)).toMatchObject({ kind: "preattestationReady" });
    expect(companion.calls.length).toBe(1);
    companion.releaseAll();
    expect([(await block).kind, (await vote).kind]).toEqual(["tezosBlockReady", "failed"]);
    expect(companion.calls.length).toBe(2);
  });

  it("[I8] treats a vote that waits for its companion as one that runs: its place is recorded", async () => {
    const { forge, keys, companions, consensus, companion, watermarks } = await openCompanions(2, 1);
    companion.hold();
    const gone = new AbortController();
    const first = forge.forge(withDal(keys[0]!, companions[0]!));
    await untilCalls(companion, 1);
    const second = forge.forge(withDal(keys[1]!, companions[1]!), { signal: gone.signal });
    await untilCalls(consensus, 2);
    forge.cancelAllPendingTasks();
    expect(forge.status()).toMatchObject({ waiting: 1, running: 1 });
    gone.abort();
    expect(await second).toMatchObject({ kind: "cancelled", running: true });
    expect(watermarks.claims).toHaveLength(2);
    companion.releaseAll();
    expect((await first).kind).toBe("failed");
    await forge.shutdown();
    expect(companion.calls).toHaveLength(1);
  });

  it("drops DAL content of a tz4 key without a companion, and says so", async () => {
    const { forge, keys } = await open([CONSENSUS_TZ4]);
    const vote = await forge.forge({ ...base(keys[0]!), kind: "tezosAttestation", vote: sampleAttestation({}, 2048n) });
    expect(vote).toMatchObject({ kind: "tezosAttestationReady", dalDropped: true });
  });
});

describe("keys of every scheme", () => {
  const uris: Readonly<Record<Exclude<SignatureScheme, "mldsa44">, string>> = {
    ed25519: BOOTSTRAP_1,
    secp256k1: "unencrypted:spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq",
    p256: "unencrypted:p2sk3KN4pCCJigciQSJQEhKCiBFYqYwS4pyCG22hnhaYAZY3h8AGjN",
    bls: CONSENSUS_TZ4,
  };

  it.each(Object.entries(uris))("sign what their public half verifies: %s", async (scheme, uri) => {
    const { forge, keys, service } = await open([uri]);
    const key = keys[0]!;
    expect(schemeOfKey(key.id)).toBe(scheme);
    const request: TezosRequest = { ...base(key), kind: "tezosBlock", block: { header: sampleBlockHeader() } };
    const outcome = await forge.forge(request);
    if (outcome.kind !== "tezosBlockReady") throw new Error("not signed");
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header: sampleBlockHeader() });
    expect(await verifySignature(key.publicKey, bytes, outcome.signature, service)).toBe(true);
    expect(await verifySignature(key.publicKey, bytes.slice(1), outcome.signature, service)).toBe(false);
    expect(await verifySignature(key.publicKey, bytes, outcome.signature.slice(1), service)).toBe(false);
    expect(
      encodeSignedBlockHeader({
        header: outcome.header,
        signature: { scheme: key.publicKey.scheme, bytes: outcome.signature },
      }).length,
    ).toBeGreaterThan(193);
  });

  it("refuse a password that is wrong or missing, and forms that are no keys, without repeating them", async () => {
    const encrypted =
      "encrypted:edesk1GXwWmGjXiLHBKxGBxwmNvG21vKBh6FBxc4CyJ8adQQE2avP5vBB57ZUZ93Anm7i4k8RmsHaPzVAvpnHkFF";
    expect(await openTezosKey(encrypted)).toEqual({ ok: false, error: { code: "passwordNeeded" } });
    expect(await openTezosKey(encrypted, "nope")).toEqual({ ok: false, error: { code: "wrongPassword" } });
    expect((await openTezosKey(encrypted, "test")).ok).toBe(true);
    expect(await openTezosKey("ledger://x")).toEqual({ ok: false, error: { code: "unknownKeyForm" } });
    expect(
      JSON.stringify(await openTezosKey("unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsX")),
    ).not.toContain("3gUf");
  });
});

describe("watermarks of Tezos keys", () => {
  it("refuses a second vote at a level and round, with or without DAL content: there is no fourth mark", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    const key = keys[0]!;
    expect(await forge.forge({ ...base(key), kind: "tezosAttestation", vote: sampleAttestation() })).toMatchObject({
      kind: "tezosAttestationReady",
    });
    expect(
      await forge.forge({ ...base(key), kind: "tezosAttestation", vote: sampleAttestation({}, 1n) }),
    ).toMatchObject({ kind: "refused", refusal: { code: "previouslySigned" } });
  });

  it("counts the slot as no part of a tz4 vote, and the DAL content as one", async () => {
    const { forge, keys } = await open([CONSENSUS_TZ4]);
    const key = keys[0]!;
    const sign = (vote: ReturnType<typeof sampleAttestation>) =>
      forge.forge({ ...base(key), kind: "tezosAttestation", vote });
    expect(await sign(sampleAttestation())).toMatchObject({ kind: "tezosAttestationReady", repeated: false });
    expect(await sign({ ...sampleAttestation(), slot: slot(9) })).toMatchObject({
      kind: "tezosAttestationReady",
      repeated: true,
    });
    expect(await sign(sampleAttestation({}, 8n))).toMatchObject({ kind: "refused" });
  });

  it("takes a block's round from its fitness, never from its payload", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    const key = keys[0]!;
    const at = (blockRound: number, payloadRound: number): TezosRequest => ({
      ...base(key),
      kind: "tezosBlock",
      block: { header: { ...sampleBlockHeader({ round: blockRound }), payloadRound: round(payloadRound) } },
    });
    expect(await forge.forge(at(0, 0))).toMatchObject({ kind: "tezosBlockReady" });
    expect(await forge.forge(at(1, 0))).toMatchObject({ kind: "tezosBlockReady" });
    expect(await forge.forge(at(1, 1))).toMatchObject({ kind: "refused" });
    expect(await forge.pushRequest(at(0, 1))).toMatchObject({ ok: false, error: { code: "malformedRequest" } });
  });

  it("gives back the stored signature without asking the signer again", async () => {
    const signer = new ProbeSigner(["tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz" as TezosKeyHash]);
    const forge = unwrap(
      await startForgeWorker(
        {},
        {
          signers: [signer],
          watermarks: new RecordingWatermarkStore(),
          clock: new ManualClock(),
          logger: silentLogger,
        },
      ),
    );
    const request: TezosRequest = {
      kind: "tezosPreattestation",
      key: signer.keys()[0] as TezosKeyHash,
      chainId: SAMPLE_CHAIN_ID,
      vote: samplePreattestation(),
    };
    const [first, second] = [await forge.forge(request), await forge.forge(request)];
    expect([first.kind, second.kind, signer.calls.length]).toEqual(["preattestationReady", "preattestationReady", 1]);
    expect("signature" in first && "signature" in second && first.signature === second.signature).toBe(true);
  });

  it("keeps chains apart", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    const key = keys[0]!;
    const other = payload("chainId", fromHex("b3d79f99") ?? new Uint8Array());
    expect(
      await forge.forge({ ...base(key), kind: "tezosPreattestation", vote: samplePreattestation({ level: 50 }) }),
    ).toMatchObject({ kind: "preattestationReady" });
    expect(
      await forge.forge({
        key: key.id,
        chainId: other,
        kind: "tezosPreattestation",
        vote: samplePreattestation({ level: 40 }),
      }),
    ).toMatchObject({ kind: "preattestationReady" });
  });
});

describe("batches", () => {
  it("[T5] [T6] [T8] gives every vote of a batch its own outcome", async () => {
    const { forge, keys } = await open([
      BOOTSTRAP_1,
      CONSENSUS_TZ4,
      "spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq",
    ]);
    const { branch, payloadHash } = sampleAttestation();
    const target = { chainId: SAMPLE_CHAIN_ID, branch, payloadHash, level: level(1), round: round(0) };
    const by = keys.map((key, index) => ({ key: key.id, slot: slot(index) }));
    for (const kind of ["preattestation", "attestation"] as const) {
      const requests = votesOfBatch({ ...target, votes: { kind, by } });
      const outcomes = await Promise.all(requests.map((request) => forge.forge(request)));
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(
        Array(3).fill(kind === "attestation" ? "tezosAttestationReady" : "preattestationReady"),
      );
    }
  });
});

/** Blocks are ready when a test says so, and not before: an abort is seen, and ends nothing by itself. */
class HeldPreparer implements BlockPreparer {
  readonly calls: {
    readonly block: BlockToBake;
    readonly chainId: ChainId;
    readonly signal: AbortSignal;
    readonly finish: (result: Result<PreparedBlock, PreparationFailure>) => void;
  }[] = [];
  prepare(
    block: BlockToBake,
    _key: TezosKeyHash,
    { chainId, signal }: PrepareOptions,
  ): Promise<Result<PreparedBlock, PreparationFailure>> {
    return new Promise((resolve) => {
      this.calls.push({ block, chainId, signal, finish: resolve });
    });
  }
}

function prepared(header: BlockHeader): Result<PreparedBlock, never> {
  return ok({ chainId: SAMPLE_CHAIN_ID, header, extra: { fees: 7n } });
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe("blocks that must be prepared", () => {
  const toBake = (key: LocalTezosKey): TezosRequest => ({
    ...base(key),
    kind: "tezosBlock",
    block: { prepare: { level: 1331, round: 0, details: null } },
  });

  it("[T7] are signed when they are ready, with what the preparer added", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys } = await open([BOOTSTRAP_1], preparer);
    const outcome = forge.forge(toBake(keys[0]!));
    preparer.calls[0]?.finish(prepared(sampleBlockHeader()));
    expect(await outcome).toMatchObject({ kind: "tezosBlockReady", header: sampleBlockHeader(), extra: { fees: 7n } });
  });

  it("[T11] of two forges on one store, the faster has its block signed and the slower is refused", async () => {
    const key = unwrap(await openTezosKey(BOOTSTRAP_1));
    const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([key]) });
    const watermarks = new RecordingWatermarkStore();
    const start = async (blockPreparer: BlockPreparer, signer: Signer) =>
      unwrap(
        await startForgeWorker(
          {},
          { signers: [signer], watermarks, clock: new ManualClock(), logger: silentLogger, blockPreparer },
        ),
      );
    const [slowNode, fastNode] = [new HeldPreparer(), new HeldPreparer()];
    const unasked = new ProbeSigner([key.id]);
    const [slowForge, fastForge] = [
      await start(slowNode, unasked),
      await start(fastNode, new LocalTezosSigner({ keys: [key] }, { service })),
    ];
    const slow = slowForge.forge(toBake(key));
    const fast = fastForge.forge(toBake(key));
    fastNode.calls[0]?.finish(prepared(sampleBlockHeader()));
    const ready = await fast;
    if (ready.kind !== "tezosBlockReady") throw new Error("not signed");
    const bytes = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header: ready.header });
    expect(await verifySignature(key.publicKey, bytes, ready.signature, service)).toBe(true);
    slowNode.calls[0]?.finish(prepared({ ...sampleBlockHeader(), timestampSeconds: 5n }));
    expect(await slow).toMatchObject({ kind: "refused", refusal: { code: "previouslySigned" } });
    const same = slowForge.forge(toBake(key));
    slowNode.calls[1]?.finish(prepared(sampleBlockHeader()));
    expect(await same).toMatchObject({ kind: "tezosBlockReady", repeated: true, signature: ready.signature });
    expect(unasked.calls).toEqual([]);
  });

  it("[F6] [T11] delay neither votes nor the faster of two blocks; the slower one then repeats or is refused", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys } = await open([BOOTSTRAP_1], preparer);
    const key = keys[0]!;
    const events = forge.events({ origin: "fast" });
    const slow = forge.forge(toBake(key), { origin: "slow" });
    const fast = forge.forge(toBake(key), { origin: "fast" });
    expect(
      await forge.forge({ ...base(key), kind: "tezosPreattestation", vote: samplePreattestation() }),
    ).toMatchObject({ kind: "preattestationReady" });
    preparer.calls[1]?.finish(prepared(sampleBlockHeader()));
    expect(await fast).toMatchObject({ kind: "tezosBlockReady" });
    expect((await events.next()).value).toMatchObject({ kind: "tezosBlockReady", origin: "fast" });
    preparer.calls[0]?.finish(prepared({ ...sampleBlockHeader(), timestampSeconds: 5n }));
    expect(await slow).toMatchObject({ kind: "refused", refusal: { code: "previouslySigned" } });
  });

  it("[I8] are reached by a cancel, and burn no mark", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys, watermarks } = await open([BOOTSTRAP_1], preparer);
    const outcome = forge.forge(toBake(keys[0]!));
    await settle();
    forge.cancelAllPendingTasks();
    expect(await outcome).toMatchObject({ kind: "cancelled", running: false });
    expect(preparer.calls[0]?.signal.aborted).toBe(true);
    // It did not hear, or was done already: nobody wants the block any more.
    preparer.calls[0]?.finish(prepared(sampleBlockHeader()));
    await settle();
    expect([watermarks.claims.length, forge.status().waiting, forge.status().running]).toEqual([0, 0, 0]);
    expect(
      await forge.forge({ ...base(keys[0]!), kind: "tezosBlock", block: { header: sampleBlockHeader() } }),
    ).toMatchObject({ kind: "tezosBlockReady", repeated: false });
  });

  it("[I5] are aborted by a shutdown, which awaits them", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys, watermarks } = await open([BOOTSTRAP_1], preparer);
    const outcome = forge.forge(toBake(keys[0]!));
    await settle();
    expect(preparer.calls[0]?.signal.aborted).toBe(false);
    let isDown = false;
    const down = forge.shutdown().then(() => (isDown = true));
    expect(await outcome).toMatchObject({ kind: "cancelled", running: false });
    expect(preparer.calls[0]?.signal.aborted).toBe(true);
    await settle();
    expect([isDown, forge.status().phase]).toEqual([false, "closing"]);
    preparer.calls[0]?.finish(prepared(sampleBlockHeader()));
    await down;
    expect([watermarks.claims.length, forge.status().phase]).toEqual([0, "closed"]);
  });

  it("[I4] fail when they are not ready in time, also without a deadline, and burn no mark when they come late", async () => {
    const preparer = new HeldPreparer();
    const key = unwrap(await openTezosKey(BOOTSTRAP_1));
    const signers = [new LocalTezosSigner({ keys: [key] }, { service: new InlineCrypto() })];
    const [clock, watermarks] = [new ManualClock(), new RecordingWatermarkStore()];
    const parts = { signers, watermarks, clock, logger: silentLogger, blockPreparer: preparer };
    const forge = unwrap(await startForgeWorker({ prepareTimeoutMs: 2_000 }, parts));
    const outcome = forge.forge(toBake(key));
    clock.advance(1_999);
    await settle();
    expect(preparer.calls[0]?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await outcome).toMatchObject({ kind: "failed", code: "preparationFailed", retryable: true });
    await settle();
    expect(preparer.calls[0]?.signal.aborted).toBe(true);
    expect(forge.status().waiting).toBe(0);
    preparer.calls[0]?.finish(prepared(sampleBlockHeader()));
    await settle();
    expect(watermarks.claims).toHaveLength(0);
    // A stop waits no longer either for one that does not hear.
    const other = forge.forge(toBake(key));
    const down = forge.shutdown();
    expect(await other).toMatchObject({ kind: "cancelled" });
    clock.advance(2_000);
    await down;
  });

  it("fail with the preparer's reason, also when it throws or makes nonsense", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys } = await open([BOOTSTRAP_1], preparer);
    const [failing, wrong] = [forge.forge(toBake(keys[0]!)), forge.forge(toBake(keys[0]!))];
    preparer.calls[0]?.finish(err({ message: "node is cold", retryable: true }));
    preparer.calls[1]?.finish(prepared({ ...sampleBlockHeader(), level: level(7) }));
    expect(await failing).toMatchObject({
      kind: "failed",
      code: "preparationFailed",
      message: "node is cold",
      retryable: true,
    });
    expect(await wrong).toMatchObject({ kind: "failed", code: "preparationFailed" });
    const throwing = await open([BOOTSTRAP_1], {
      prepare: () => {
        throw new Error("bug");
      },
    });
    expect(await throwing.forge.forge(toBake(throwing.keys[0]!))).toMatchObject({
      kind: "failed",
      code: "preparationFailed",
    });
  });

  const otherChain = payload("chainId", fromHex("b3d79f99") ?? new Uint8Array());
  const asked = sampleBlockHeader({ round: 1 });
  const otherHash = new Uint8Array(32).fill(9);
  const whole: BlockToBake = {
    level: 1331,
    round: 1,
    predecessor: { hash: asked.predecessor, round: round(0) },
    payload: { hash: asked.payloadHash, round: round(0) },
    details: null,
  };

  it.each<[string, Partial<PreparedBlock>, RegExp]>([
    ["level", { header: sampleBlockHeader({ level: 1332, round: 1 }) }, /level 1332 instead of 1331/],
    ["round", { header: sampleBlockHeader({ round: 2 }) }, /round 2 instead of 1/],
    ["chain", { chainId: otherChain }, /chain NetXo5iVw1vBoxM instead of NetXdQprcVkpaWU/],
    [
      "predecessor",
      { header: { ...asked, predecessor: payload("blockHash", otherHash) } },
      /predecessor BK.+ instead of BK/,
    ],
    [
      "predecessor's round",
      {
        header: {
          ...asked,
          fitness: fitnessElements({
            level: level(1331),
            round: round(1),
            lockedRound: null,
            predecessorRound: round(3),
          }),
        },
      },
      /predecessor's round 3 instead of 0/,
    ],
    [
      "payload",
      { header: { ...asked, payloadHash: payload("blockPayloadHash", otherHash) } },
      /payload vh.+ instead of vh/,
    ],
    ["payload round", { header: { ...asked, payloadRound: round(1) } }, /payload round 1 instead of 0/],
  ])("[I15] are not signed with another %s than was asked for, and burn no mark", async (_what, wrong, message) => {
    const preparer = new HeldPreparer();
    const { forge, keys, watermarks } = await open([BOOTSTRAP_1], preparer);
    const request: TezosRequest = { ...base(keys[0]!), kind: "tezosBlock", block: { prepare: whole } };
    const outcomes = [forge.forge(request), forge.forge(request)];
    preparer.calls[0]?.finish(ok({ chainId: SAMPLE_CHAIN_ID, header: asked, extra: null, ...wrong }));
    expect(await outcomes[0]).toMatchObject({ kind: "failed", code: "preparationFailed", retryable: false });
    expect(await outcomes[0]).toMatchObject({ message: expect.stringMatching(message) as string });
    expect(watermarks.claims).toEqual([]);
    preparer.calls[1]?.finish(prepared(asked));
    expect(await outcomes[1]).toMatchObject({ kind: "tezosBlockReady", header: asked, repeated: false });
  });

  it("are asked of the preparer with their chain, and never at a place that no block has", async () => {
    const preparer = new HeldPreparer();
    const { forge, keys } = await open([BOOTSTRAP_1], preparer);
    const at = (place: Partial<BlockToBake>): TezosRequest => ({
      ...base(keys[0]!),
      kind: "tezosBlock",
      block: { prepare: { ...whole, ...place } },
    });
    for (const nowhere of [{ level: -1 }, { round: -1 }, { level: 1.5 }, { round: 2 ** 31 }, { level: NaN }])
      expect(await forge.pushRequest(at(nowhere))).toMatchObject({ ok: false, error: { code: "malformedRequest" } });
    expect((await forge.pushRequest(at({}))).ok).toBe(true);
    expect(preparer.calls.map((call) => call.chainId)).toEqual([SAMPLE_CHAIN_ID]);
  });

  it("are not accepted where nobody prepares", async () => {
    const { forge, keys } = await open([BOOTSTRAP_1]);
    expect(await forge.pushRequest(toBake(keys[0]!))).toMatchObject({ ok: false, error: { code: "malformedRequest" } });
  });
});
