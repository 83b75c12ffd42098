import { InlineCrypto } from "@sealwright/crypto";
import { parsePublicKeyHash, encodeAuthenticationPayload } from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, samplePreattestation } from "@sealwright/tezos/testing";
import { fromHex, silentLogger, toHex, unwrap } from "@sealwright/types";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { publicKeyHexFromBytes } from "../../keyId.js";
import type { BeaconRequest } from "../../requests/beaconRequest.js";
import { startForgeWorker } from "../../startForgeWorker.js";
import { describeSigner } from "../../testing/describeSigner.js";
import { FakeOctezSigner } from "../../testing/fakeOctezSigner.js";
import { realClock } from "../../testing/realClock.js";
import { attestationRequest, ProbeSigner, RecordingWatermarkStore, testKey } from "../../testing/index.js";
import { openTezosKey } from "../localTezosKey.js";
import { LocalTezosSigner, tezosBlsSecrets } from "../localTezosSigner.js";
import { verifySignature } from "../verifySignature.js";
import { OctezHttp } from "./octezHttp.js";
import { OctezRemoteSigner } from "./octezRemoteSigner.js";
import { OctezSocket } from "./octezSocket.js";
import type { OctezTransport } from "./octezTransport.js";
import { Web3Signer } from "./web3Signer.js";

const ED25519 = "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const BLS = "unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq";
const TZ4 = unwrap(await openTezosKey(BLS));
const bytes = (number: number): Uint8Array => Uint8Array.from({ length: 80 }, (_, i) => i + number);
const closers: (() => Promise<unknown>)[] = [];
const options = () => ({ signal: new AbortController().signal, deadlineMs: null });

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Wire = "http" | "tcp" | "unix";

async function openRemote(wire: Wire, uri = ED25519, more: { readonly timeoutMs?: number } = {}) {
  const key = unwrap(await openTezosKey(uri));
  const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([key]) });
  const local = new LocalTezosSigner({ keys: [key] }, { service });
  const server = new FakeOctezSigner(wire === "http" ? "http" : "socket", key, async (message) =>
    unwrap(await local.sign(key.id, message)),
  );
  let transport: OctezTransport;
  if (wire === "unix") {
    const directory = await mkdtemp(join(tmpdir(), "forge-sock-"));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    await server.listen(join(directory, "signer"));
    transport = new OctezSocket(
      { address: { path: join(directory, "signer") }, connectionsMax: 4 },
      { clock: realClock },
    );
  } else {
    const port = await server.listen();
    transport =
      wire === "http"
        ? new OctezHttp({ url: `http://127.0.0.1:${port}`, connectionsMax: 4 }, { clock: realClock })
        : new OctezSocket({ address: { host: "127.0.0.1", port }, connectionsMax: 4 }, { clock: realClock });
  }
  const signer = new OctezRemoteSigner(
    { keys: [{ key: key.id }], timeoutMs: 2_000, ...more },
    { transport, clock: realClock, logger: silentLogger, verifier: service },
  );
  closers.push(
    () => server.close(),
    () => signer.close(),
  );
  return {
    key,
    service,
    server,
    signer,
    transport,
    verify: (message: Uint8Array, signature: Uint8Array) => verifySignature(key.publicKey, message, signature, service),
  };
}

for (const [wire, uri] of [
  ["http", ED25519],
  ["http", BLS],
  ["tcp", ED25519],
  ["tcp", BLS],
  ["unix", ED25519],
] as const) {
  describeSigner(`OctezRemoteSigner over ${wire} (${uri.slice(12, 16)})`, {
    bytes,
    open: async () => {
      const { signer, key, verify } = await openRemote(wire, uri);
      return { signer, key: key.id, verify };
    },
  });
}

describe.each(["http", "tcp", "unix"] as const)("a remote signer over %s", (wire) => {
  it("that refuses is not asked again, and its connection stays", async () => {
    const { signer, server, key } = await openRemote(wire);
    expect((await signer.sign(key.id, bytes(1), options())).ok).toBe(true);
    server.behaviour = { type: "refuses", message: "block level 5 below high watermark 9" };
    const refused = await signer.sign(key.id, bytes(2), options());
    expect(refused).toMatchObject({ ok: false, error: { code: "refusedBySigner", retryable: false } });
    expect(!refused.ok && refused.error.message).toContain("below high watermark 9");
    server.behaviour = { type: "signs" };
    expect((await signer.sign(key.id, bytes(3), options())).ok).toBe(true);
    expect([server.requests, server.connections]).toEqual([3, 1]);
  });

  it.each([
    ["Ledger 0x6985: Conditions of use not satisfied", "refusedBySigner", false],
    ["unknownKey: no key tz1 is served here", "unknownKey", false],
    ["wrongFormForKey: only a BLS key signs for this chain", "refusedBySigner", false],
    ["kindNotAllowed: the key may not sign what `block` stands for", "refusedBySigner", false],
    ["authenticationInvalid: invalid authentication signature", "signerFailed", false],
    ["draining: this service is stopping", "signerFailed", true],
    ["storeFailed: the watermark database failed", "signerFailed", true],
    ["the device is not plugged in", "signerFailed", false],
  ] as const)(
    "that answers with the error %s has answered: it is not asked again",
    async (message, code, retryable) => {
      const { signer, server, key } = await openRemote(wire);
      server.behaviour = { type: "refuses", message };
      const failed = await signer.sign(key.id, bytes(1), options());
      expect(failed).toMatchObject({ ok: false, error: { code, retryable } });
      expect(!failed.ok && failed.error.message).toContain(message);
      server.behaviour = { type: "signs" };
      expect((await signer.sign(key.id, bytes(2), options())).ok).toBe(true);
      expect([server.requests, server.connections]).toEqual([2, 1]);
    },
  );

  it("that drops a connection is asked once more, with the very same bytes", async () => {
    const { signer, server, key } = await openRemote(wire);
    server.behaviour = { type: "drops", times: 1 };
    expect((await signer.sign(key.id, bytes(1), options())).ok).toBe(true);
    server.behaviour = { type: "drops", times: 5 };
    expect(await signer.sign(key.id, bytes(1), options())).toMatchObject({
      ok: false,
      error: { code: "signerUnavailable", retryable: true },
    });
  });

  it("that hangs costs no more than the time limit", async () => {
    const { signer, server, key } = await openRemote(wire, ED25519, { timeoutMs: 80 });
    server.behaviour = { type: "hangs" };
    expect(await signer.sign(key.id, bytes(1), options())).toMatchObject({
      ok: false,
      error: { code: "signerTimeout" },
    });
    server.behaviour = { type: "signs" };
    expect((await signer.sign(key.id, bytes(1), options())).ok).toBe(true);
  });

  it("lets go at once when nobody waits any more", async () => {
    const { signer, server, key } = await openRemote(wire);
    server.behaviour = { type: "hangs" };
    const abort = new AbortController();
    const hanging = signer.sign(key.id, bytes(1), { signal: abort.signal, deadlineMs: null });
    setTimeout(() => abort.abort(), 30);
    expect(await hanging).toMatchObject({ ok: false, error: { code: "aborted" } });
  });

  it("lets go of whoever waits for a free connection too: when nobody waits, and when its time is over", async () => {
    const { signer, server, key } = await openRemote(wire, ED25519, { timeoutMs: 20_000 });
    expect((await signer.sign(key.id, bytes(0), options())).ok).toBe(true);
    server.behaviour = { type: "hangs" };
    const stop = new AbortController();
    const hanging = [1, 2, 3, 4].map((number) =>
      signer.sign(key.id, bytes(number), { signal: stop.signal, deadlineMs: null }),
    );
    const ended: unknown[] = [];
    for (const each of hanging) void each.then((result) => ended.push(result));
    while (server.requests < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    const abort = new AbortController();
    const unwanted = signer.sign(key.id, bytes(5), { signal: abort.signal, deadlineMs: null });
    const late = signer.sign(key.id, bytes(6), { ...options(), deadlineMs: 50 });
    setTimeout(() => abort.abort(), 30);
    expect(await unwanted).toMatchObject({ ok: false, error: { code: "aborted" } });
    expect(await late).toMatchObject({ ok: false, error: { code: "signerTimeout" } });
    expect(ended).toEqual([]);
    stop.abort();
    await Promise.all(hanging);
    server.behaviour = { type: "signs" };
    expect((await signer.sign(key.id, bytes(7), options())).ok).toBe(true);
  });

  it("that does not even tell its public key costs no more than the deadline", async () => {
    const { signer, server, key } = await openRemote(wire, ED25519, { timeoutMs: 20_000 });
    server.isMute = true;
    const deadlineMs = 50;
    expect(await signer.sign(key.id, bytes(1), { ...options(), deadlineMs })).toMatchObject({
      ok: false,
      error: { code: "signerTimeout" },
    });
  });

  it("leaves no connection open once it is closed, whatever was under way", async () => {
    const { signer, server, key } = await openRemote(wire);
    expect((await signer.sign(key.id, bytes(1), options())).ok).toBe(true);
    server.behaviour = { type: "hangs" };
    const hanging = [1, 2, 3, 4, 5].map((number) => signer.sign(key.id, bytes(number), options()));
    while (server.requests < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    await signer.close();
    for (const each of await Promise.all(hanging)) expect(each.ok).toBe(false);
    while (server.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await signer.sign(key.id, bytes(9), options())).toMatchObject({ ok: false });
    expect(server.openConnections).toBe(0);
  });

  it("[I6] is not believed when its signature is of something else", async () => {
    const { signer, server, key } = await openRemote(wire);
    server.behaviour = { type: "lies" };
    expect(await signer.sign(key.id, bytes(1), options())).toMatchObject({
      ok: false,
      error: { code: "badSignature", retryable: false },
    });
  });

  it("is reached anew after it dropped all idle connections", async () => {
    const { signer, server, key } = await openRemote(wire);
    const burst = async () => Promise.all([1, 2, 3, 4].map((number) => signer.sign(key.id, bytes(number), options())));
    expect((await burst()).every((signed) => signed.ok)).toBe(true);
    server.dropConnections();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await burst()).every((signed) => signed.ok)).toBe(true);
  });

  it("may start late or restart: the next request finds it", async () => {
    const key = unwrap(await openTezosKey(ED25519));
    const { signer, server } = await openRemote(wire);
    await server.close();
    expect(await signer.sign(key.id, bytes(1), options())).toMatchObject({
      ok: false,
      error: { code: "signerUnavailable", retryable: true },
    });
  });
});

describe("answers over HTTP", () => {
  it.each([
    [409, '[{"id":"failure","kind":"temporary","msg":"watermark validation failed"}]', "refusedBySigner", false],
    [403, "policy", "refusedBySigner", false],
    [404, "", "unknownKey", false],
    [400, "cannot parse", "signerFailed", false],
    [500, '[{"id":"failure","kind":"temporary","msg":"already signed with different data"}]', "refusedBySigner", false],
    [500, '[{"id":"failure","kind":"temporary","msg":"the device is not plugged in"}]', "signerFailed", false],
    [502, "nobody behind", "signerFailed", true],
    [503, "busy", "signerFailed", true],
    [503, '{"code":"notLeaseHolder","message":"another one signs"}', "signerFailed", true],
    [400, '{"code":"wrongFormForKey","message":"not for this key"}', "refusedBySigner", false],
    [401, '{"code":"authenticationMissing","message":"who asks?"}', "signerFailed", false],
    [200, "not json", "signerFailed", true],
    [200, '{"signature":"edsigWRONG"}', "signerFailed", true],
  ] as const)("of status %i with %s are %s", async (status, body, code, retryable) => {
    const { signer, server, key } = await openRemote("http");
    server.behaviour = { type: "answers", status, body };
    expect(await signer.sign(key.id, bytes(1), options())).toMatchObject({ ok: false, error: { code, retryable } });
    expect(server.requests).toBe(1);
  });

  it("carry the authentication that a signer demands, over exactly what is asked", async () => {
    const { server, transport, key, service } = await openRemote("http");
    const client = unwrap(await openTezosKey("unencrypted:spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq"));
    const local = new LocalTezosSigner({ keys: [client] }, { service });
    const seen: Uint8Array[] = [];
    const authenticate = async (payload: Uint8Array) => {
      seen.push(payload);
      return { scheme: "secp256k1", bytes: unwrap(await local.sign(client.id, payload)) } as const;
    };
    const signer = new OctezRemoteSigner(
      { keys: [{ key: key.id }] },
      { transport, clock: realClock, logger: silentLogger, verifier: service, authenticate },
    );
    expect((await signer.sign(key.id, bytes(1), options())).ok).toBe(true);
    expect(server.queries[0]?.get("authentication")).toMatch(/^spsig1/);
    expect(server.queries[0]?.get("version")).toBe("2");
    expect(seen).toEqual([encodeAuthenticationPayload(unwrap(parsePublicKeyHash(key.id)), bytes(1))]);
  });

  it("refuse header names that Octez does not allow", () => {
    expect(
      () =>
        new OctezHttp(
          { url: "http://127.0.0.1:1", connectionsMax: 1, headers: { authorization: "x" } },
          { clock: realClock },
        ),
    ).toThrow(RangeError);
  });
});

describe("a forge with a remote signer", () => {
  it("serves a key of our own chain that the signer holds as tz4, and verifies it as such", async () => {
    const { key, transport, service } = await openRemote("http", BLS);
    const own = publicKeyHexFromBytes(key.publicKey.bytes);
    const signer = new OctezRemoteSigner(
      { keys: [{ key: own, heldAs: key.id }] },
      { transport, clock: realClock, logger: silentLogger, verifier: service },
    );
    const forge = unwrap(
      await startForgeWorker(
        {},
        { signers: [signer], watermarks: new RecordingWatermarkStore(), clock: realClock, logger: silentLogger },
      ),
    );
    expect(await forge.forge(attestationRequest(own, { term: 0, height: 1, block: "a" }))).toMatchObject({
      kind: "attestationReady",
    });
  });

  it("fails only that signer's requests when it is dead", async () => {
    const { key, signer, server } = await openRemote("tcp");
    await server.close();
    const alive = new ProbeSigner([testKey(0)]);
    const forge = unwrap(
      await startForgeWorker(
        {},
        { signers: [signer, alive], watermarks: new RecordingWatermarkStore(), clock: realClock, logger: silentLogger },
      ),
    );
    const dead = forge.forge({
      kind: "tezosPreattestation",
      key: key.id,
      chainId: SAMPLE_CHAIN_ID,
      vote: samplePreattestation(),
    });
    expect(await forge.forge(attestationRequest(testKey(0), { term: 0, height: 1, block: "a" }))).toMatchObject({
      kind: "attestationReady",
    });
    expect(await dead).toMatchObject({ kind: "failed", code: "signerUnavailable", retryable: true });
  });
});

describe("Web3Signer", () => {
  const root = "ab".repeat(32);
  const web3Key = publicKeyHexFromBytes(TZ4.publicKey.bytes);

  const rootOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);
  const objectOf = (number: number): BeaconRequest => ({
    kind: "beaconOther",
    key: web3Key,
    genesisRoot: root,
    signingRoot: toHex(rootOf(number)),
    object: { type: "RANDAO_REVEAL", randao_reveal: { epoch: String(number) } },
  });

  /** Signs the root that it is sent, once it has dropped so many connections. */
  async function openSigner(drops = 0) {
    const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([TZ4]) });
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        asked.push(text);
        if (asked.length <= drops) return request.socket.destroy();
        const { signingRoot } = JSON.parse(text) as { readonly signingRoot: string };
        const signing = service.sign(TZ4.publicKey.bytes, fromHex(signingRoot.slice(2)) ?? new Uint8Array());
        return void signing.then((signature) => response.end(JSON.stringify({ signature: `0x${toHex(signature)}` })));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const signer = new Web3Signer(
      { url: `http://127.0.0.1:${port}`, keys: [web3Key] },
      { clock: realClock, logger: silentLogger, verifier: service },
    );
    closers.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => signer.close(),
    );
    return { signer, asked, service };
  }

  describeSigner("Web3Signer", {
    bytes: rootOf,
    request: objectOf,
    open: async () => {
      const { signer, service } = await openSigner();
      const { bytes: publicKey } = TZ4.publicKey;
      return { signer, key: web3Key, verify: (message, signature) => service.verify(publicKey, message, signature) };
    },
  });

  it("that drops a connection is asked once more, with the very same bytes", async () => {
    const ask = async (drops: number) => {
      const { signer, asked } = await openSigner(drops);
      const signed = await signer.sign(web3Key, rootOf(1), { ...options(), request: objectOf(1) });
      return { signed, asked };
    };
    const once = await ask(1);
    expect([once.signed.ok, once.asked.length, new Set(once.asked).size]).toEqual([true, 2, 1]);
    const ever = await ask(9);
    expect(ever.signed).toMatchObject({ ok: false, error: { code: "signerUnavailable", retryable: true } });
    expect(ever.asked).toHaveLength(2);
  });

  async function openWeb3(
    answer: (body: Record<string, unknown>) => { readonly status: number; readonly body: string },
  ) {
    const tz4 = unwrap(await openTezosKey(BLS));
    const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([tz4]) });
    const key = publicKeyHexFromBytes(tz4.publicKey.bytes);
    const bodies: Record<string, unknown>[] = [];
    const server: Server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Record<string, unknown>;
        bodies.push({ url: request.url, ...body });
        const { status, body: text } = answer(body);
        response.writeHead(status).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const signer = new Web3Signer(
      { url: `http://127.0.0.1:${port}`, keys: [key] },
      { clock: realClock, logger: silentLogger, verifier: service },
    );
    closers.push(
      () => new Promise((resolve) => server.close(resolve)),
      () => signer.close(),
    );
    const forge = unwrap(
      await startForgeWorker(
        {},
        { signers: [signer], watermarks: new RecordingWatermarkStore(), clock: realClock, logger: silentLogger },
      ),
    );
    const request = (slot: bigint): BeaconRequest => ({
      kind: "beaconBlock",
      key,
      genesisRoot: "cd".repeat(32),
      signingRoot: root,
      slot,
      object: { type: "BLOCK_V2", fork_info: {} },
    });
    const signature = Buffer.from(await service.sign(tz4.publicKey.bytes, fromHex(root) ?? new Uint8Array())).toString(
      "hex",
    );
    return { forge, request, signature, bodies, key };
  }

  it.each(["json", "plain"])("signs objects of Ethereum, with %s answers", async (form) => {
    let signature = "";
    const opened = await openWeb3(() => ({
      status: 200,
      body: form === "json" ? JSON.stringify({ signature: `0x${signature}` }) : `0x${signature}`,
    }));
    signature = opened.signature;
    expect(await opened.forge.forge(opened.request(5n))).toMatchObject({ kind: "beaconBlockReady" });
    expect(opened.bodies).toEqual([
      { url: `/api/v1/eth2/sign/0x${opened.key}`, type: "BLOCK_V2", fork_info: {}, signingRoot: `0x${root}` },
    ]);
    expect(await opened.forge.forge({ ...opened.request(4n), signingRoot: "00".repeat(32) })).toMatchObject({
      kind: "refused",
      refusal: { code: "slotNotAboveRecorded" },
    });
  });

  it.each([
    [412, "refusedBySigner", false],
    [403, "refusedBySigner", false],
    [404, "unknownKey", false],
    [400, "signerFailed", false],
    [429, "signerFailed", true],
    [500, "signerFailed", true],
    [503, "signerFailed", true],
  ] as const)("that answers with %i has answered (%s): it is not asked again", async (status, code, retryable) => {
    const body = JSON.stringify({ code: "itsOwn", message: "what it says" });
    const { forge, request, bodies } = await openWeb3(() => ({ status, body }));
    const message = `${status}: itsOwn: what it says`;
    expect(await forge.forge(request(1n))).toMatchObject({ kind: "failed", code, retryable, message });
    expect(bodies).toHaveLength(1);
  });

  it("is not asked for anything but Ethereum's objects", async () => {
    const { forge, key, bodies } = await openWeb3(() => ({ status: 200, body: "" }));
    expect(await forge.forge(attestationRequest(key, { term: 0, height: 1, block: "a" }))).toMatchObject({
      kind: "failed",
      code: "signerFailed",
    });
    expect(bodies).toEqual([]);
  });
});
