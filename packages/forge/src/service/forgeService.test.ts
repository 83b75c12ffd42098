import { BlsSecretKey, encryptKeystore } from "@sealwright/crypto";
import {
  type BlockHeader,
  blsScalarBigEndian,
  encodeAuthenticationPayload,
  encodeSigningPayload,
  formatPublicKey,
  formatPublicKeyHash,
  formatSignature,
  formatText,
  parsePublicKeyHash,
  parseSignature,
  type SignatureScheme,
  signingDigest,
  voteSigningPayload,
} from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "@sealwright/tezos/testing";
import { concatBytes, type Logger, silentLogger, toHex, unwrap } from "@sealwright/types";
import { Ed25519SecretKey, blsVerify } from "@sealwright/crypto";
import { RemoteSigner } from "@taquito/remote-signer";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent, createServer as createHttpServer, request as httpRequest } from "node:http";
import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type LocalTezosKey, openTezosKey } from "../signers/localTezosKey.js";
import { authenticatorOf } from "../signers/remote/authenticator.js";
import { sealwrightSigningBytes } from "../requests/sealwrightRequest.js";
import { FakeOctezSigner } from "../testing/fakeOctezSigner.js";
import { attestationRequest, TEST_NETWORK } from "../testing/requests.js";
import { askToSign, get, post, ServiceFolder, TEST_SECRETS } from "../testing/runningService.js";
import { publicKeyHexFromBytes, type TezosKeyHash } from "../keyId.js";
import { realClock } from "../testing/realClock.js";
import { FileWatermarkStore } from "../watermarks/file/fileWatermarkStore.js";
import type { ForgeService } from "./forgeService.js";
import { SCOPES_PER_KEY_MAX } from "./scopeLimit.js";
import { verifyTezosPossession } from "./keys/possession/provePossession.js";

const TZ1 = "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx";
const TZ4 = "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn";
const BAKER = ["block", "preattestation", "attestation"];
const OPERATION = concatBytes(Uint8Array.of(0x03), sampleAttestation().branch, Uint8Array.of(0x6c, 1, 2, 3));

const closing: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function newFolder(): Promise<ServiceFolder> {
  const folder = await ServiceFolder.make();
  closing.push(folder);
  return folder;
}

async function startWith(more: object): Promise<ForgeService> {
  const folder = await newFolder();
  await folder.configure(more);
  return unwrap(await folder.start());
}

function startBaker(): Promise<ForgeService> {
  return startWith({ keys: [{ secret: TEST_SECRETS.ed, allow: BAKER }] });
}

function block(place: { readonly level?: number; readonly round?: number } = {}, more: Partial<BlockHeader> = {}) {
  const header = { ...sampleBlockHeader(place), ...more };
  return encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
}

function attestation(
  place: { readonly level?: number; readonly round?: number } = {},
  scheme: SignatureScheme = "ed25519",
) {
  return encodeSigningPayload(voteSigningPayload(scheme, SAMPLE_CHAIN_ID, sampleAttestation(place)));
}

function preattestation(place: { readonly level?: number; readonly round?: number } = {}) {
  return encodeSigningPayload(voteSigningPayload("ed25519", SAMPLE_CHAIN_ID, samplePreattestation(place)));
}

function with32(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(offset, value);
  return copy;
}

describe("the Octez signer protocol", () => {
  it("[FS4] signs blocks and votes, tells public keys, and keeps quiet about what is not asked", async () => {
    const service = await startBaker();
    const key = unwrap(await openTezosKey(TEST_SECRETS.ed));
    expect(await get(`${service.url}/keys/${TZ1}`)).toEqual({
      status: 200,
      body: { public_key: formatPublicKey(key.publicKey) },
    });
    expect(await get(`${service.url}/authorized_keys`)).toEqual({ status: 200, body: {} });
    expect(await get(`${service.url}/known_keys`)).toMatchObject({ status: 403, body: { code: "notAllowed" } });
    if (key.secret.scheme !== "ed25519") throw new Error("not an ed25519 key");
    const secret = unwrap(Ed25519SecretKey.fromSeed(key.secret.seed));
    for (const bytes of [block(), preattestation(), attestation()]) {
      const signature = formatSignature({ scheme: "ed25519", bytes: secret.sign(signingDigest(bytes)) });
      expect(await askToSign(service, TZ1, bytes)).toEqual({ status: 200, body: { signature } });
    }
  });

  it("[FS4] takes the body whatever a client calls it, and upper-case hex", async () => {
    const service = await startBaker();
    const url = `${service.url}/keys/${TZ1}`;
    const body = JSON.stringify(toHex(block()).toUpperCase());
    const types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
    const answers = await Promise.all(types.map((type) => post(url, body, { "content-type": type })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body: answer }) => JSON.stringify(answer))).size).toBe(1);
  });

  it.each([
    ["ed", "tz1"],
    ["sp", "tz2"],
    ["p2", "tz3"],
  ] as const)(
    "[FS5] @taquito/remote-signer signs with a key of kind %s and believes the signature",
    async (name, prefix) => {
      const service = await startWith({ keys: [{ secret: TEST_SECRETS[name], allow: [...BAKER, "generic"] }] });
      const { id } = unwrap(await openTezosKey(TEST_SECRETS[name]));
      expect(id.startsWith(prefix)).toBe(true);
      const signer = new RemoteSigner(id, service.url);
      for (const bytes of [OPERATION, attestation(), block()]) {
        const signed = await signer.sign(toHex(bytes.subarray(1)), bytes.slice(0, 1));
        expect(signed.prefixSig).toMatch(/^(edsig|spsig1|p2sig)/);
      }
    },
  );

  it("[FS5] @taquito/remote-signer is told apart: no such key, not allowed, cannot be signed", async () => {
    const service = await startBaker();
    const signer = new RemoteSigner(TZ1, service.url);
    await expect(signer.sign(toHex(OPERATION.subarray(1)), Uint8Array.of(3))).rejects.toMatchObject({
      name: "OperationNotAuthorized",
    });
    await expect(signer.sign("00", Uint8Array.of(0x11))).rejects.toMatchObject({ name: "BadSigningData" });
    const unknown = new RemoteSigner("tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz", service.url);
    await expect(unknown.sign("00", Uint8Array.of(0x11))).rejects.toMatchObject({ name: "PublicKeyNotFoundError" });
  });

  it("[FS6] gives the same bytes the same signature, and refuses others with the record that stands against them", async () => {
    const folder = await newFolder();
    await folder.configure({ keys: [{ secret: TEST_SECRETS.p2, allow: BAKER }] });
    const { id } = unwrap(await openTezosKey(TEST_SECRETS.p2));
    const service = unwrap(await folder.start());
    const first = await askToSign(service, id, block({ level: 9, round: 1 }));
    expect(await askToSign(service, id, block({ level: 9, round: 1 }))).toEqual(first);
    const other = block({ level: 9, round: 1 }, { proto: 7 });
    const refused = {
      status: 403,
      body: {
        code: "previouslySigned",
        message:
          "another block is recorded at level 9, round 1, and two there are double signing: ask for the recorded one again or for a later place, and if another program signs with this key, stop one of the two",
        retryable: false,
        record: { kind: "block", level: "9", round: "1", digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      },
    };
    expect(await askToSign(service, id, other)).toEqual(refused);
    expect(await askToSign(service, id, block({ level: 9, round: 0 }))).toMatchObject({
      status: 403,
      body: { code: "belowWatermark", record: { level: "9", round: "1" } },
    });
    // Kinds do not disturb each other, and a restart forgets nothing.
    expect(await askToSign(service, id, attestation({ level: 9 }))).toMatchObject({ status: 200 });
    await service.close();
    const again = unwrap(await folder.start());
    expect(await askToSign(again, id, other)).toEqual(refused);
    expect(await askToSign(again, id, block({ level: 9, round: 1 }))).toEqual(first);
    expect(await askToSign(again, id, block({ level: 10 }))).toMatchObject({ status: 200 });
  });

  it("[FS6] asked for two different blocks at once, signs exactly one of them", async () => {
    const service = await startBaker();
    const bytes = Array.from({ length: 8 }, (_, proto) => block({ level: 9 }, { proto }));
    const answers = await Promise.all(bytes.map((each) => askToSign(service, TZ1, each)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(403)]);
  });

  it("[FS8] signs for our own chain with a BLS key, guarded by the same rules as in a keeper", async () => {
    const service = await startWith({ keys: [{ secret: TEST_SECRETS.bls, allow: ["attestation"] }] });
    const { publicKey } = unwrap(await openTezosKey(TEST_SECRETS.bls));
    const key = publicKeyHexFromBytes(publicKey.bytes);
    const vote = (name: string) => sealwrightSigningBytes(attestationRequest(key, { term: 1, height: 5, block: name }));
    const signed = await askToSign(service, TZ4, vote("a"));
    expect(signed.status).toBe(200);
    const signature = unwrap(parseSignature((signed.body as { signature: string }).signature));
    expect(blsVerify(publicKey.bytes, vote("a"), signature.bytes)).toBe(true);
    expect(await askToSign(service, TZ4, vote("b"))).toMatchObject({ status: 403, body: { record: {} } });
  });

  it("[FS4] proves possession of a tz4 key under the domain of proofs, when that is allowed", async () => {
    const service = await startWith({
      keys: [{ secret: TEST_SECRETS.bls, allow: ["possession", "foreignPossession"] }],
      policy: { listKnownKeys: true },
    });
    const url = `${service.url}/bls_prove_possession/${TZ4}`;
    const published =
      "BLsig9a5nLiDGB7zGFTWJGdsZT3WPMCTAh5qVUmJekTzPbiQttFVD6jDg4Mf1gEV8Y3fq7sv9Vs6U7Tpx9ZST7GZdw9NGz9JLkdfeXmGz5yh1BnVSr5aYcLfPEpwteCGRx4Bk1q2SuaAnh";
    expect(await get(url)).toEqual({ status: 200, body: { bls_prove_possession: published } });
    const { publicKey } = unwrap(await openTezosKey(TEST_SECRETS.bls));
    const other = {
      scheme: "bls",
      bytes: unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(7))).publicKey(),
    } as const;
    const answer = await get(`${url}?bls_pk=${formatPublicKey(other)}`);
    const proof = unwrap(parseSignature((answer.body as { bls_prove_possession: string }).bls_prove_possession));
    expect(verifyTezosPossession(publicKey.bytes, other.bytes, proof.bytes)).toBe(true);
    expect(await get(`${url}?bls_pk=edpk`)).toMatchObject({ status: 400, body: { code: "badQuery" } });
    expect(await get(`${service.url}/known_keys`)).toEqual({ status: 200, body: { known_keys: [TZ4] } });
    const silent = await startWith({ keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }] });
    expect(await get(`${silent.url}/bls_prove_possession/${TZ4}`)).toMatchObject({ status: 403 });
    const counted = (await get(`${service.url}/metrics`)).body as string;
    for (const kind of ["possession", "foreignPossession"]) {
      expect(counted).toContain(`_signatures_total{protocol="octez",kind="${kind}",repeated="false"} 1\n`);
      expect(counted).toContain(`_sign_duration_seconds_count{kind="${kind}"} 1\n`);
    }
    expect((await get(`${silent.url}/metrics`)).body).toContain('{protocol="octez",reason="notAllowed"} 1\n');
  });

  it("[FS4] signs no other key's proof unless that is allowed by itself: a key made from this one could pass for sound", async () => {
    const service = await startWith({ keys: [{ secret: TEST_SECRETS.bls, allow: ["possession"] }] });
    const url = `${service.url}/bls_prove_possession/${TZ4}`;
    const { publicKey } = unwrap(await openTezosKey(TEST_SECRETS.bls));
    const other = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(7))).publicKey();
    expect(await get(`${url}?bls_pk=${formatPublicKey({ scheme: "bls", bytes: other })}`)).toMatchObject({
      status: 403,
      body: { code: "notAllowed", message: expect.stringMatching(/leave bls_pk away/) as string },
    });
    expect(await get(`${url}?bls_pk=${formatPublicKey(publicKey)}`)).toEqual(await get(url));
  });

  it("[FS12] proves possession to whom one of the authorized keys speaks for, and to nobody else", async () => {
    const asker = unwrap(await openTezosKey(TEST_SECRETS.ed));
    const service = await startWith({
      keys: [{ secret: TEST_SECRETS.bls, allow: ["possession"] }],
      authentication: { authorizedKeys: [formatPublicKey(asker.publicKey)] },
    });
    const { publicKey } = unwrap(await openTezosKey(TEST_SECRETS.bls));
    const url = `${service.url}/bls_prove_possession/${TZ4}`;
    const saysWho = async (bytes: Uint8Array): Promise<string> => {
      const payload = encodeAuthenticationPayload(unwrap(parsePublicKeyHash(TZ4)), bytes);
      return `authentication=${formatSignature(await authenticatorOf(asker).sign(payload))}`;
    };
    expect(await get(url)).toMatchObject({ status: 401, body: { code: "authenticationMissing" } });
    expect(await get(`${url}?${await saysWho(Uint8Array.of(1))}`)).toMatchObject({
      status: 401,
      body: { code: "authenticationInvalid" },
    });
    expect(await get(`${url}?${await saysWho(publicKey.bytes)}`)).toMatchObject({ status: 200 });
  });

  it("makes a few proofs of possession at a time, the same one each, and refuses the others", async () => {
    const service = await startWith({ keys: [{ secret: TEST_SECRETS.bls, allow: ["possession"] }] });
    const url = `${service.url}/bls_prove_possession/${TZ4}`;
    const answers = await Promise.all(Array.from({ length: 60 }, () => get(url)));
    const made = answers.filter(({ status }) => status === 200);
    expect(new Set(made.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.every(({ status }) => status === 429)).toBe(true);
    expect(made.length + refused.length).toBe(60);
    expect(await get(url)).toMatchObject({ status: 200 });
  });
});

describe("what is refused", () => {
  it("is told in the log to whoever looks for it, once, and without what was asked", async () => {
    const folder = await newFolder();
    await folder.configure({ keys: [{ secret: TEST_SECRETS.ed, allow: ["attestation"] }] });
    const lines: string[] = [];
    const log: Logger["log"] = (level, code, fields) => lines.push(`${level} ${code} ${JSON.stringify(fields)}`);
    const service = unwrap(await folder.start({}, { log }));
    await askToSign(service, TZ1, block());
    await askToSign(service, TZ4, block());
    await askToSign(service, TZ1, attestation({ level: 5 }));
    await askToSign(service, TZ1, attestation({ level: 4 }));
    expect(lines).toEqual([
      expect.stringMatching(/^debug forge.requestRefused .*"reason":"kindNotAllowed"/),
      expect.stringMatching(/^debug forge.requestRefused .*"reason":"unknownKey"/),
      expect.stringMatching(/^info forge.refused .*"reason":"belowWatermark"/),
    ]);
  });
});

describe("bad input", () => {
  const hex = (bytes: Uint8Array): string => JSON.stringify(toHex(bytes));
  const longer = concatBytes(attestation(), Uint8Array.of(0));

  it.each([
    [
      "the magic byte of an old kind",
      hex(concatBytes(Uint8Array.of(0x02), block().subarray(1))),
      400,
      "wrongMagicByte",
      /0x02 is not allowed: put 0x11 before a block/,
    ],
    [
      "the magic byte of authentication",
      hex(Uint8Array.of(4, 1, 0)),
      400,
      "wrongMagicByte",
      /0x04 is not allowed: put/,
    ],
    [
      "an attestation behind the byte of preattestations",
      hex(concatBytes(Uint8Array.of(0x12), attestation().subarray(1))),
      400,
      "wrongMagicByte",
      /0x12 stands before an object of kind attestation, .+: send each object with its own/,
    ],
    [
      "trailing bytes",
      hex(longer),
      400,
      "trailingBytes",
      /ends at byte 80: send one whole object and nothing after it/,
    ],
    [
      "a negative round",
      hex(with32(attestation(), 44, 0xffff_ffff)),
      400,
      "negativeNumber",
      /at byte 48 is negative.+: send .+ true level and round/,
    ],
    [
      "a negative level",
      hex(with32(preattestation(), 40, 0x8000_0000)),
      400,
      "negativeNumber",
      /at byte 44 is negative.+: send .+ true level and round/,
    ],
    ["a block cut short", hex(block().subarray(0, 150)), 400, "undecodable", /; send an object that is whole/],
    ["the form of another key", hex(attestation({}, "bls")), 400, "wrongFormForKey", /: encode the vote for this kind/],
    ["broken JSON", '{"', 400, "badJson", /is not valid JSON: send one JSON text of hex digits in double quotes/],
    ["JSON that is no text", "{}", 400, "badJson", /is JSON, but no text: send one JSON text of hex digits/],
    ["no body", "", 400, "badJson", /is not valid JSON: send one JSON text/],
    ["a text that is no hex", '"0x11"', 400, "notHex", /: send an even number of 0-9 and a-f, without 0x/],
    ["half a byte", '"111"', 400, "notHex", /: send an even number of 0-9 and a-f/],
    ["an empty text", '""', 400, "empty", /: send magic byte, chain id and payload/],
    ["an operation", hex(OPERATION), 403, "kindNotAllowed", /: if it shall, add that to its `allow` and reload/],
    [
      "10 MB",
      `"${"11".repeat(5 * 1024 * 1024)}"`,
      413,
      "bodyTooLarge",
      /163840 bytes, .+: send one object's bytes in hex/,
    ],
  ])("[FS7] %s gets a code of its own, what to do, and no signature", async (_name, body, status, code, advice) => {
    const service = await startBaker();
    const answer = await post(`${service.url}/keys/${TZ1}`, body);
    expect(answer).toMatchObject({ status, body: { code } });
    expect((answer.body as { message: string }).message).toMatch(advice);
    expect(JSON.stringify(answer.body)).not.toMatch(/edsig|at .*\.ts/);
    // Nothing was lost by it either.
    expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 200 });
    expect((await get(`${service.url}/metrics`)).body).toContain(
      `sealwright_forge_refusals_total{protocol="octez",reason="${code}"} 1`,
    );
  });

  it.each([
    ["a length that is told", "content-length: 10485762", (piece: string) => piece],
    ["chunks", "transfer-encoding: chunked", (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n`],
  ])("[FS7] who sends 10 MB with %s before it reads gets to read why not", async (_name, header, framed) => {
    const service = await startBaker();
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const send = (text: string): Promise<void> =>
      new Promise((resolve, reject) => socket.write(text, (error) => (error == null ? resolve() : reject(error))));
    await send(`POST /keys/${TZ1} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`);
    for (const piece of [`"`, ...Array<string>(160).fill("1".repeat(65_536)), `"`]) await send(framed(piece));
    if (header.endsWith("chunked")) await send("0\r\n\r\n");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1.1 413 [^]+"code":"bodyTooLarge"/);
    expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 200 });
  });

  it("[FS7] unknown keys, routes and versions have codes of their own", async () => {
    const service = await startWith({ keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }] });
    const unknown = await askToSign(service, "tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz", block());
    expect(unknown).toMatchObject({ status: 404, body: { code: "unknownKey" } });
    expect((unknown.body as { message: string }).message).toMatch(
      /: ask for one that .+, or add this one .+ and reload/,
    );
    expect(await askToSign(service, "nonsense", block())).toMatchObject({ status: 404, body: { code: "unknownKey" } });
    expect(await get(`${service.url}/keys/tz1`)).toMatchObject({ status: 404, body: { code: "unknownKey" } });
    expect(await get(`${service.url}/nothing`)).toMatchObject({ status: 404, body: { code: "unknownRoute" } });
    expect(await askToSign(service, TZ4, block(), "?version=0")).toMatchObject({
      body: { code: "unsupportedVersion" },
    });
    expect(await askToSign(service, TZ4, block(), "?version=9")).toMatchObject({ body: { code: "badQuery" } });
    expect(await askToSign(service, TZ4, block(), "?version=2")).toMatchObject({ status: 200 });
  });

  it("[FS7] an unknown chain is refused where chains are named, by key or for all", async () => {
    const chain = formatText("chainId", SAMPLE_CHAIN_ID);
    const other = "NetXgtSLGNJvNye";
    const service = await startWith({
      keys: [
        { secret: TEST_SECRETS.ed, allow: BAKER },
        { secret: TEST_SECRETS.bls, allow: BAKER, chains: [chain, TEST_NETWORK] },
      ],
      policy: { chains: [other] },
    });
    const refused = { status: 403, body: { code: "chainNotAllowed" } };
    const answer = await askToSign(service, TZ1, attestation());
    expect(answer).toMatchObject(refused);
    expect((answer.body as { message: string }).message).toMatch(/for chain Net.+: if it shall, add it to .+ reload/);
    expect(await askToSign(service, TZ4, attestation({}, "bls"))).toMatchObject({ status: 200 });
  });

  it("[FS11] askers make no more chains durable than a key may have, and naming its chains is the way out", async () => {
    const folder = await newFolder();
    const key = { secret: TEST_SECRETS.ed, allow: BAKER };
    await folder.configure({ keys: [key] });
    const onChain = (index: number): Uint8Array => {
      const bytes = attestation();
      bytes.set(Uint8Array.of(index >> 8, index & 255), 1);
      return bytes;
    };
    // What askers did before this start: all but two of the chains that the key may have.
    const marks = { clock: realClock, logger: silentLogger };
    const store = unwrap(await FileWatermarkStore.open({ directory: folder.path("marks") }, marks));
    const record = {
      chain: "tezos",
      record: { type: "block", level: 1, round: 0, digest: null, signature: null },
    } as const;
    const invented = Array.from({ length: SCOPES_PER_KEY_MAX - 2 }, (_, index) => `invented ${index}`);
    const key1 = TZ1 as TezosKeyHash;
    await Promise.all(invented.map((chainId) => store.raise({ chain: "tezos", chainId, key: key1 }, [record])));
    await store.close();
    const service = unwrap(await folder.start());
    const answers = [await askToSign(service, TZ1, onChain(1)), await askToSign(service, TZ1, onChain(2))];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const own = attestation();
    const tooMany = { status: 403, body: { code: "tooManyChains", retryable: false } };
    expect(await askToSign(service, TZ1, own)).toMatchObject(tooMany);
    expect(await askToSign(service, TZ1, onChain(2))).toEqual(answers[1]);
    // What is durable counts after a restart too, until the chains are named.
    await service.close();
    const again = unwrap(await folder.start());
    const refused = await askToSign(again, TZ1, own);
    expect(refused).toMatchObject(tooMany);
    expect((refused.body as { message: string }).message).toMatch(/1024 chains .+ nothing was signed: name .+ reload/);
    await folder.configure({ keys: [key], policy: { chains: [formatText("chainId", SAMPLE_CHAIN_ID)] } });
    again.reload();
    expect(await statusOf(again)).toMatchObject({ status: "completed" });
    expect(await askToSign(again, TZ1, own)).toMatchObject({ status: 200 });
    expect(await askToSign(again, TZ1, onChain(2))).toMatchObject({ body: { code: "chainNotAllowed" } });
  });

  it("[FS10] a request from a web page is refused, before anything is read of it", async () => {
    const service = await startBaker();
    const headers = { "content-type": "text/plain", origin: "http://evil.example" };
    const answer = await post(`${service.url}/keys/${TZ1}`, JSON.stringify(toHex(block())), headers);
    expect(answer).toMatchObject({ status: 403, body: { code: "browserRequest" } });
  });

  it("[FS10] refusals leave the connection open for the next request", async () => {
    const service = await startBaker();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const ask = (body: string, key = TZ1): Promise<number> =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(`${service.url}/keys/${key}`, { method: "POST", agent }, (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
        });
        outgoing.once("socket", () => void (connections += outgoing.reusedSocket ? 0 : 1));
        outgoing.once("error", reject).end(body);
      });
    const statuses = [
      await ask(hex(block({ level: 5 }))),
      await ask(hex(block({ level: 4 }))),
      await ask(hex(longer)),
      await ask("{"),
      await ask(hex(block()), "tz1x"),
      await ask(hex(OPERATION)),
      await ask(hex(block({ level: 6 }))),
    ];
    agent.destroy();
    expect(statuses).toEqual([200, 403, 400, 400, 404, 403, 200]);
    expect(connections).toBe(1);
  });

  it("[FS10] bytes that are no HTTP get a short answer without insides", async () => {
    const service = await startBaker();
    const { port, hostname } = new URL(service.url);
    const text = await new Promise<string>((resolve) => {
      let all = "";
      const socket = connect(Number(port), hostname, () => socket.write("\0\0\0\r\n\r\n"));
      socket.on("data", (chunk) => void (all += chunk.toString())).on("close", () => resolve(all));
    });
    expect(text).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*"code":"badRequest"/);
  });
});

describe("policy", () => {
  it("[FS11] a key signs the kinds that it is allowed, and an operation only when that is said", async () => {
    const service = await startWith({
      keys: [
        { secret: TEST_SECRETS.ed, allow: ["attestation"] },
        { secret: TEST_SECRETS.sp, allow: ["generic"] },
        { secret: TEST_SECRETS.p2, allow: BAKER, enabled: false },
      ],
    });
    const [tz2, tz3] = await Promise.all(
      [TEST_SECRETS.sp, TEST_SECRETS.p2].map(async (secret) => unwrap(await openTezosKey(secret)).id),
    );
    const codeOf = async (key: string, bytes: Uint8Array): Promise<unknown> => {
      const { status, body } = await askToSign(service, key, bytes);
      return status === 200 ? 200 : (body as { code: string }).code;
    };
    expect(await codeOf(TZ1, attestation())).toBe(200);
    expect(await codeOf(TZ1, preattestation())).toBe("kindNotAllowed");
    expect(await codeOf(TZ1, OPERATION)).toBe("kindNotAllowed");
    expect(await codeOf(tz2!, OPERATION)).toBe(200);
    expect(await codeOf(tz2!, block())).toBe("kindNotAllowed");
    expect(await codeOf(tz3!, block())).toBe("keyStopped");
  });

  it("[FS12] with authorized keys, only requests that one of them signed are answered", async () => {
    const signers = [unwrap(await openTezosKey(TEST_SECRETS.sp)), unwrap(await openTezosKey(TEST_SECRETS.ed))];
    const service = await startWith({
      keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }],
      authentication: { authorizedKeys: signers.map(({ publicKey }) => formatPublicKey(publicKey)) },
    });
    expect(await get(`${service.url}/authorized_keys`)).toEqual({
      status: 200,
      body: { authorized_keys: signers.map(({ id }) => id) },
    });
    const bytes = block({ level: 3 });
    const secret = signers[1]!.secret;
    if (secret.scheme !== "ed25519") throw new Error("not an ed25519 key");
    const sign = (data: Uint8Array): string => {
      const payload = encodeAuthenticationPayload(unwrap(parsePublicKeyHash(TZ4)), data);
      const raw = unwrap(Ed25519SecretKey.fromSeed(secret.seed)).sign(signingDigest(payload));
      return formatSignature({ scheme: "ed25519", bytes: raw });
    };
    const ask = (query: string): ReturnType<typeof askToSign> => askToSign(service, TZ4, bytes, query);
    const saying = (text: string) =>
      expect.stringMatching(new RegExp(`^${text}: with one of .+, sign .+; send`)) as string;
    const message = saying("invalid authentication signature");
    const wrong = { status: 401, body: { code: "authenticationInvalid", message } };
    expect(await ask("")).toMatchObject({
      status: 401,
      body: { code: "authenticationMissing", message: saying("missing authentication signature field") },
    });
    expect(await ask(`?authentication=${sign(block({ level: 4 }))}`)).toMatchObject(wrong);
    expect(await ask("?authentication=nonsense")).toMatchObject(wrong);
    expect(await ask(`?authentication=${sign(bytes)}&authentication=${sign(bytes)}`)).toMatchObject(wrong);
    expect(await ask(`?authentication=${sign(bytes)}&version=2`)).toMatchObject({ status: 200 });
  });

  it("[FS6] [FS12] an authenticated request that is replayed gets the same signature, and never another", async () => {
    const asker = unwrap(await openTezosKey(TEST_SECRETS.ed));
    const service = await startWith({
      keys: [{ secret: TEST_SECRETS.p2, allow: BAKER }],
      authentication: { authorizedKeys: [formatPublicKey(asker.publicKey)] },
    });
    const key = service.keys()[0]?.name ?? "";
    const { secret } = asker;
    if (secret.scheme !== "ed25519") throw new Error("not an ed25519 key");
    const authenticate = (bytes: Uint8Array): string => {
      const payload = encodeAuthenticationPayload(unwrap(parsePublicKeyHash(key)), bytes);
      const raw = unwrap(Ed25519SecretKey.fromSeed(secret.seed)).sign(signingDigest(payload));
      return `?authentication=${formatSignature({ scheme: "ed25519", bytes: raw })}`;
    };
    const signatures = async (repeated: boolean): Promise<unknown> => {
      const { body } = await get(`${service.url}/metrics`);
      const label = `protocol="octez",kind="block",repeated="${repeated}"`;
      return new RegExp(`_signatures_total{${label}} ([0-9]+)`).exec(String(body))?.[1] ?? "0";
    };
    const [old, next] = [block(), block({ level: 2000 })];
    const first = await askToSign(service, key, old, authenticate(old));
    expect(first.status).toBe(200);
    expect(await askToSign(service, key, old, authenticate(old))).toEqual(first);
    expect([await signatures(false), await signatures(true)]).toEqual(["1", "1"]);
    // Seen by somebody and sent with other bytes, it authenticates nothing; nor does it bring back what is past.
    expect(await askToSign(service, key, next, authenticate(old))).toMatchObject({ status: 401 });
    expect(await askToSign(service, key, next, authenticate(next))).toMatchObject({ status: 200 });
    expect(await askToSign(service, key, old, authenticate(old))).toMatchObject({
      status: 403,
      body: { code: "belowWatermark" },
    });
    expect([await signatures(false), await signatures(true)]).toEqual(["2", "1"]);
  });
});

describe("starts that fail", () => {
  const attempt = async (
    keys: readonly object[],
    prepare: (folder: ServiceFolder) => Promise<void> = () => Promise.resolve(),
    more: object = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<unknown> => {
    const folder = await newFolder();
    await prepare(folder);
    await folder.configure({ keys, ...more });
    const started = await folder.start(env);
    return started.ok ? "started" : `${started.error.code}: ${started.error.message.replaceAll(folder.dir, "")}`;
  };
  const encrypted =
    "encrypted:edesk1GXwWmGjXiLHBKxGBxwmNvG21vKBh6FBxc4CyJ8adQQE2avP5vBB57ZUZ93Anm7i4k8RmsHaPzVAvpnHkFF";

  it("[FS13] a key file that is not there, not readable, or none", async () => {
    const keystore = { keystore: "k.json", passwordFile: "p", allow: BAKER };
    const missing = { secretFile: "none", allow: BAKER };
    expect(await attempt([missing])).toBe(
      "keyFileUnreadable: keys[0]: /none: there is no such file; put it there, or correct the path, which starts at the configuration's folder",
    );
    const folderAsFile = (folder: ServiceFolder) => mkdir(folder.path("none"));
    expect(await attempt([missing], async (folder) => void (await folderAsFile(folder)))).toContain(
      "it is a folder; name the file in it",
    );
    expect(await attempt([{ secret: encrypted, passwordFile: "p", allow: [] }])).toContain(
      "passwordUnreadable: keys[0]: /p",
    );
    expect(await attempt([{ secret: encrypted, passwordEnv: "NOT_THERE", allow: [] }])).toContain("passwordUnreadable");
    const junk = async (folder: ServiceFolder): Promise<void> => {
      await folder.write("k.json", "{}");
      await folder.write("p", "x");
    };
    expect(await attempt([keystore], junk)).toContain("badKeyFile: keys[0]: /k.json is no EIP-2335 key file");
  });

  it("[FS13] a wrong passphrase, for both forms of encrypted keys", async () => {
    const password = async (folder: ServiceFolder): Promise<void> => {
      await folder.write("p", "wrong\nsecond line");
      await folder.write("k.json", JSON.stringify(await keystoreOf(7, "right")));
    };
    expect(await attempt([{ secret: encrypted, passwordFile: "p", allow: [] }], password)).toBe(
      "wrongPassword: keys[0]: the password does not open the key: correct the first line of /p, or name the key that it belongs to",
    );
    expect(await attempt([{ keystore: "k.json", passwordFile: "p", allow: [] }], password)).toBe(
      "wrongPassword: keys[0]: the password does not open /k.json: correct the first line of /p, or name the key that it belongs to",
    );
    const variable = [{ secret: encrypted, passwordEnv: "PASSWORD", allow: [] }];
    expect(await attempt(variable, undefined, {}, { PASSWORD: "wrong" })).toBe(
      "wrongPassword: keys[0]: the password does not open the key: correct the variable PASSWORD, or name the key that it belongs to",
    );
    expect(await attempt([{ secret: encrypted, allow: [] }])).toContain("passwordMissing: keys[0]");
  });

  it("[FS13] bad secrets, and a key that stands twice", async () => {
    expect(await attempt([{ secret: TEST_SECRETS.ed.replace("cpsh", "cpsj"), allow: [] }])).toBe(
      "badSecret: keys[0]: not a secret key: its checksum is wrong, so a character is missing or changed; copy it again, whole",
    );
    const cutShort = await attempt([{ secret: TEST_SECRETS.ed.slice(0, -9), allow: [] }]);
    expect(cutShort).toContain("copy it again, whole");
    expect(cutShort, "nothing of the secret").not.toContain(TEST_SECRETS.ed.slice(16, 30));
    const key = { secret: TEST_SECRETS.ed, allow: BAKER };
    expect(
      await attempt([key, { secretFile: "again", allow: [] }], (folder) =>
        folder.write("again", `${TEST_SECRETS.ed}\n`),
      ),
    ).toContain("duplicateKey: keys[1]: tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx is keys[0] already");
  });

  it("[FS13] opens both forms of encrypted keys with the first line of a file, or a variable", async () => {
    const folder = await newFolder();
    await folder.write("p", "right\n");
    await folder.write("k.json", JSON.stringify(await keystoreOf(7, "right")));
    await folder.configure({
      keys: [
        { keystore: "k.json", passwordFile: "p", allow: BAKER },
        { secret: encrypted, passwordEnv: "PASSWORD", allow: BAKER },
      ],
    });
    const service = unwrap(await folder.start({ PASSWORD: "test" }));
    expect(service.keys().map(({ name }) => name.slice(0, 3))).toEqual(["tz4", "tz1"]);
  });

  it("[FS14] damaged watermarks stop it with the place and what to do; a torn tail does not", async () => {
    const folder = await newFolder();
    await folder.configure({ keys: [{ secret: TEST_SECRETS.ed, allow: BAKER }] });
    const service = unwrap(await folder.start());
    for (const level of [1, 2, 3]) await askToSign(service, TZ1, block({ level }));
    await service.close();
    const path = join(folder.dir, "marks", "marks.log");
    const sound = await readFile(path);
    const frames = Array.from({ length: sound.length / 512 }, (_, i) => i * 512).filter(
      (at) => at > 0 && sound.subarray(at, at + 512).some((byte) => byte !== 0),
    );
    const damage = async (offset: number): Promise<void> => {
      const bytes = Buffer.from(sound);
      bytes[offset + 40] = (bytes[offset + 40] ?? 0) ^ 0xff;
      await writeFile(path, bytes);
    };
    await damage(frames[0] ?? 0);
    const refused = await folder.start();
    if (refused.ok) throw new Error("started on a damaged log");
    const { code, message } = refused.error;
    expect(code).toBe("corruptedLog");
    expect(message).toContain(`${path} is damaged at byte ${frames[0] ?? 0}`);
    expect(message).toMatch(
      /Do not sign with these keys anywhere .+: import marks .+; an older copy of this file would/,
    );
    await writeFile(path, "not a log at all");
    const junk = await folder.start();
    expect(junk).toMatchObject({ ok: false, error: { code: "notAMarkLog" } });
    expect(junk.ok ? "" : junk.error.message).toMatch(/is not a watermark log\. Do not sign .+: import marks/);
    expect(await readFile(path, "utf8"), "what it does not understand it leaves as it is").toBe("not a log at all");
    await damage(frames.at(-1) ?? 0);
    expect(await folder.start(), "it was signed for").toMatchObject({ ok: false, error: { code: "corruptedLog" } });
    // A commit of several sectors whose first one was not written before the power went.
    const torn = Buffer.from(sound).fill(0xa5, (frames.at(-1) ?? 0) + 1_024, (frames.at(-1) ?? 0) + 1_536);
    await writeFile(path, torn);
    const repaired = unwrap(await folder.start());
    expect(await askToSign(repaired, TZ1, block({ level: 2, round: 0 }, { proto: 9 }))).toMatchObject({ status: 403 });
  });

  it("[FS14] a second service on the same watermarks, and a key whose history is missing", async () => {
    const folder = await newFolder();
    const keys = [{ secret: TEST_SECRETS.ed, allow: BAKER, signedBefore: true }];
    await folder.configure({ keys });
    expect(await folder.start()).toMatchObject({ ok: false, error: { code: "historyMissing" } });
    await folder.configure({ keys, watermarks: { kind: "file", dir: "./marks", acceptMissingHistory: true } });
    const service = unwrap(await folder.start());
    expect(await folder.start()).toMatchObject({ ok: false, error: { code: "directoryLocked" } });
    expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 200 });
  });

  it("[FS14] a keystore's history is found under its public key", async () => {
    const folder = await newFolder();
    await folder.write("p", "right");
    await folder.write("k.json", JSON.stringify(await keystoreOf(7, "right")));
    const entry = { keystore: "k.json", passwordFile: "p", allow: BAKER };
    await folder.configure({ keys: [entry] });
    const service = unwrap(await folder.start());
    const publicKey = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(7))).publicKey();
    const vote = attestationRequest(publicKeyHexFromBytes(publicKey), { term: 1, height: 2, block: "a" });
    const name = service.keys()[0]?.name ?? "";
    expect(await askToSign(service, name, sealwrightSigningBytes(vote))).toMatchObject({ status: 200 });
    await service.close();
    await folder.configure({ keys: [{ ...entry, signedBefore: true }] });
    expect(await folder.start()).toMatchObject({ ok: true });
  });

  it("[FS14] a port that is taken; what was opened is let go of again", async () => {
    const taken = await startBaker();
    const folder = await newFolder();
    const keys = [{ secret: TEST_SECRETS.ed, allow: BAKER }];
    await folder.configure({ keys, listen: { http: new URL(taken.url).host } });
    expect(await folder.start()).toMatchObject({ ok: false, error: { code: "portTaken" } });
    await folder.configure({ keys });
    expect((await folder.start()).ok).toBe(true);
  });
});

describe("live reload", () => {
  it("[FS15] adds, changes and removes keys while it signs, and says how that went", async () => {
    const folder = await newFolder();
    await folder.configure({ keys: [{ secret: TEST_SECRETS.ed, allow: BAKER }] });
    const service = unwrap(await folder.start());
    expect(await get(`${service.url}/reload`)).toMatchObject({ body: { status: "idle", startedAt: null } });
    await folder.configure({
      keys: [
        { secret: TEST_SECRETS.bls, allow: BAKER },
        { secret: TEST_SECRETS.ed, allow: ["block"] },
      ],
    });
    const two = await Promise.all([post(`${service.url}/reload`, ""), post(`${service.url}/reload`, "")]);
    expect(two.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(await statusOf(service)).toMatchObject({ status: "completed", errors: [] });
    expect(await askToSign(service, TZ4, block())).toMatchObject({ status: 200 });
    expect(await askToSign(service, TZ1, attestation())).toMatchObject({ body: { code: "kindNotAllowed" } });
    await folder.configure({ keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }] });
    await post(`${service.url}/reload`, "");
    expect(await statusOf(service)).toMatchObject({ status: "completed" });
    expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 404 });
    expect(await get(`${service.url}/keys/${TZ1}`)).toMatchObject({ status: 404 });
    expect(await askToSign(service, TZ4, block())).toMatchObject({ status: 200 });
  });

  it("[FS15] keeps what works: a bad file changes nothing, a key that does not open now goes on as it was", async () => {
    const folder = await newFolder();
    await folder.write("k.txt", TEST_SECRETS.ed);
    const kept = { secretFile: "k.txt", allow: BAKER };
    await folder.configure({ keys: [kept] });
    const service = unwrap(await folder.start());
    await folder.write("forge.yaml", "keys: {");
    service.reload();
    expect(await statusOf(service)).toMatchObject({ status: "failed", errors: [{ code: "badYaml" }] });
    await folder.write("k.txt", "garbage");
    await folder.configure({ keys: [kept, { secretFile: "none", allow: [] }], listen: { http: "127.0.0.1:1" } });
    service.reload();
    expect(await statusOf(service)).toMatchObject({
      status: "completed_with_errors",
      errors: [
        { code: "badSecret", path: "keys[0]" },
        { code: "keyFileUnreadable", path: "keys[1]" },
        { code: "restartNeeded", path: "listen" },
      ],
    });
    expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 200 });
    expect(await get(`${service.url}/readyz?expectedLoadedKeys=2`)).toMatchObject({
      status: 503,
      body: { ready: false, keys: { usable: 1, configured: 2 } },
    });
  });

  it("[FS15] a reload does not serve a key whose history is missing", async () => {
    const folder = await newFolder();
    const kept = { secret: TEST_SECRETS.ed, allow: BAKER };
    await folder.configure({ keys: [kept] });
    const service = unwrap(await folder.start());
    expect(await askToSign(service, TZ1, block({ level: 7 }))).toMatchObject({ status: 200 });
    await folder.configure({
      keys: [
        { ...kept, signedBefore: true },
        { secret: TEST_SECRETS.bls, allow: BAKER, signedBefore: true },
      ],
    });
    service.reload();
    const status = await statusOf(service);
    expect(status).toMatchObject({
      status: "completed_with_errors",
      errors: [{ code: "historyMissing", path: "keys[1]" }],
    });
    expect(JSON.stringify(status.errors)).toContain(TZ4);
    expect(await askToSign(service, TZ4, block())).toMatchObject({ status: 404 });
    expect(await askToSign(service, TZ1, block({ level: 8 }))).toMatchObject({ status: 200 });
    // Whoever takes the flag away again says that the key is new.
    await folder.configure({ keys: [kept, { secret: TEST_SECRETS.bls, allow: BAKER }] });
    service.reload();
    expect(await statusOf(service)).toMatchObject({ status: "completed" });
    expect(await askToSign(service, TZ4, block())).toMatchObject({ status: 200 });
  });

  it("[FS15] signs without a gap while keys are reloaded again and again", async () => {
    const folder = await newFolder();
    const keys = [
      { secret: TEST_SECRETS.bls, allow: BAKER },
      { secret: TEST_SECRETS.ed, allow: BAKER },
    ];
    await folder.configure({ keys });
    const service = unwrap(await folder.start());
    const statuses = new Set<number>();
    for (let level = 1; level <= 30; level++) {
      // The threads that sign change with every other reload.
      await folder.configure({ keys, limits: {}, policy: { listKnownKeys: level % 2 === 0 } });
      service.reload();
      const answers = await Promise.all([
        askToSign(service, TZ4, block({ level })),
        askToSign(service, TZ1, block({ level })),
      ]);
      for (const { status } of answers) statuses.add(status);
    }
    expect([...statuses]).toEqual([200]);
  });
});

describe("health and metrics", () => {
  it("[FS16] is alive, ready for N of M keys, and says so to Web3Signer's watchers too", async () => {
    const service = await startWith({
      keys: [
        { secret: TEST_SECRETS.ed, allow: BAKER },
        { remote: `http://127.0.0.1:9/${TZ4}`, allow: BAKER },
      ],
      listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" },
    });
    const admin = service.adminUrl ?? "";
    expect(await get(`${admin}/livez`)).toEqual({ status: 200, body: { live: true } });
    expect(await get(`${admin}/readyz`)).toMatchObject({
      status: 200,
      body: { ready: true, keys: { usable: 1, configured: 2 } },
    });
    expect(await get(`${admin}/readyz?expectedLoadedKeys=2`)).toMatchObject({ status: 503 });
    expect(await get(`${admin}/readyz?expectedLoadedKeys=x`)).toMatchObject({ status: 400 });
    expect(await get(`${service.url}/upcheck`)).toEqual({ status: 200, body: "OK" });
    expect(await get(`${service.url}/healthcheck`)).toMatchObject({ status: 200, body: { status: "UP" } });
    // What administers is not on the port that signs, when it has its own.
    for (const path of ["readyz", "metrics", "reload"])
      expect(await get(`${service.url}/${path}`)).toMatchObject({ status: 404 });
    expect(await get(`${admin}/keys/${TZ1}`)).toMatchObject({ status: 404 });
  });

  it("[FS16] counts signatures, refusals by reason, queue and times, in base units", async () => {
    const service = await startBaker();
    await askToSign(service, TZ1, block({ level: 5 }));
    await askToSign(service, TZ1, block({ level: 5 }));
    await askToSign(service, TZ1, block({ level: 4 }));
    const text = (await get(`${service.url}/metrics`)).body as string;
    for (const line of [
      'sealwright_forge_signatures_total{protocol="octez",kind="block",repeated="false"} 1',
      'sealwright_forge_signatures_total{protocol="octez",kind="block",repeated="true"} 1',
      'sealwright_forge_refusals_total{protocol="octez",reason="belowWatermark"} 1',
      'sealwright_forge_sign_duration_seconds_count{kind="block"} 2',
      "sealwright_forge_keys 1",
      "sealwright_forge_waiting_requests 0",
      "sealwright_forge_running_requests 0",
      "sealwright_forge_store_writable 1",
      'sealwright_forge_reloads_total{status="failed"} 0',
      // There from the start: an increase from nothing is none to Prometheus.
      'sealwright_forge_refusals_total{protocol="octez",reason="previouslySigned"} 0',
      'sealwright_forge_refusals_total{protocol="octez",reason="conflictingAttestation"} 0',
      'sealwright_forge_refusals_total{protocol="web3signer",reason="targetNotAboveRecorded"} 0',
    ])
      expect(text).toContain(`${line}\n`);
    expect(text).not.toMatch(/reason="(watermark|slashing)"/);
    for (const [, name = ""] of text.matchAll(/^# TYPE (\S+) /gm)) expect(name).not.toMatch(/_(ms|milliseconds)(_|$)/);
    expect(text).not.toContain("tz1");
  });
});

describe("keys elsewhere", () => {
  it("[FS17] signs with a key of another Octez signer; a dead one hurts only its own keys", async () => {
    const local = unwrap(await openTezosKey(TEST_SECRETS.bls));
    if (local.secret.scheme !== "bls") throw new Error("not a BLS key");
    const bls = unwrap(BlsSecretKey.fromBytes(blsScalarBigEndian(local.secret)));
    const remote = new FakeOctezSigner("http", local, (bytes) => Promise.resolve(bls.sign(bytes)));
    const port = await listen(remote);
    const service = await startWith({
      keys: [
        { remote: `http://127.0.0.1:${port}/${TZ4}`, allow: BAKER },
        { secret: TEST_SECRETS.ed, allow: BAKER },
      ],
    });
    expect(await get(`${service.url}/keys/${TZ4}`)).toMatchObject({
      body: { public_key: formatPublicKey(local.publicKey) },
    });
    expect(await askToSign(service, TZ4, block({ level: 1 }))).toMatchObject({ status: 200 });
    expect(await get(`${service.url}/readyz?expectedLoadedKeys=2`)).toMatchObject({ status: 200 });
    remote.behaviour = { type: "refuses", message: "block level 2 below high watermark 100" };
    expect(await askToSign(service, TZ4, block({ level: 2 }))).toMatchObject({
      status: 403,
      body: { code: "refusedBySigner" },
    });
    remote.behaviour = { type: "lies" };
    expect(await askToSign(service, TZ4, block({ level: 3 }))).toMatchObject({
      status: 502,
      body: { code: "badSignature" },
    });
    await remote.close();
    expect(await askToSign(service, TZ4, block({ level: 4 }))).toMatchObject({
      status: 502,
      body: { code: "signerUnavailable" },
    });
    expect(await askToSign(service, TZ1, block({ level: 4 }))).toMatchObject({ status: 200 });
  });
});

describe("signers elsewhere that hang", () => {
  it.each([
    ["tcp", 8],
    ["http", 32],
  ])(
    "[FS16] [FS17] over %s hold up neither readiness nor the keys here, also when all connections to them are taken",
    async (wire, connectionsMax) => {
      const mute = await MuteServer.start();
      closing.push(mute);
      // More than there may be connections.
      const hung = Array.from({ length: 40 }, (_, number) => hashOfNobody(number));
      const service = await startWith({
        keys: [
          ...hung.map((key) => ({ remote: `${wire}://127.0.0.1:${mute.port}/${key}`, allow: BAKER })),
          { secret: TEST_SECRETS.ed, allow: BAKER },
        ],
        limits: { signMsMax: 20_000 },
      });
      const leave = new AbortController();
      const answered: unknown[] = [];
      const asked = hung.map((key) =>
        fetch(`${service.url}/keys/${key}`, {
          method: "POST",
          body: JSON.stringify(toHex(block())),
          signal: leave.signal,
        }).then(
          (answer) => void answered.push(answer.status),
          () => undefined,
        ),
      );
      while (mute.connections < connectionsMax) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await get(`${service.url}/readyz`)).toMatchObject({
        status: 200,
        body: { ready: true, keys: { usable: 1, configured: 41 } },
      });
      expect(await askToSign(service, TZ1, block())).toMatchObject({ status: 200 });
      expect(answered).toEqual([]);
      leave.abort();
      await Promise.all(asked);
    },
  );
});

describe("connections to signers elsewhere", () => {
  const attestationTo = (target: number): object => ({
    type: "ATTESTATION",
    fork_info: {
      fork: { previous_version: "0x00000001", current_version: "0x00000001", epoch: "1" },
      genesis_validators_root: `0x${"04".repeat(32)}`,
    },
    attestation: {
      slot: "160",
      index: "0",
      beacon_block_root: `0x${"01".repeat(32)}`,
      source: { epoch: "1", root: `0x${"02".repeat(32)}` },
      target: { epoch: String(target), root: `0x${"03".repeat(32)}` },
    },
  });

  /** A Web3Signer with one key that keeps connections open for as long as it is let. */
  async function openWeb3() {
    const secret = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(9)));
    const publicKey = toHex(secret.publicKey());
    const web3 = createHttpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { signingRoot } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { signingRoot: string };
        response.end(`0x${toHex(secret.sign(Buffer.from(signingRoot.slice(2), "hex")))}`);
      });
    });
    web3.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => web3.listen(0, "127.0.0.1", resolve));
    closing.push({
      [Symbol.asyncDispose]: () =>
        new Promise((resolve) => {
          web3.close(() => resolve());
          web3.closeAllConnections();
        }),
    });
    const { port } = web3.address() as AddressInfo;
    return {
      entry: { web3signer: `http://127.0.0.1:${port}`, publicKey: `0x${publicKey}`, allow: ["attestation"] },
      sign: (service: ForgeService, place: number) =>
        post(`${service.url}/api/v1/eth2/sign/0x${publicKey}`, JSON.stringify(attestationTo(place))),
      open: () =>
        new Promise<number>((resolve, reject) =>
          web3.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
        ),
    };
  }

  async function openOctez(wire: "tcp" | "http") {
    const local = unwrap(await openTezosKey(TEST_SECRETS.bls));
    if (local.secret.scheme !== "bls") throw new Error("not a BLS key");
    const bls = unwrap(BlsSecretKey.fromBytes(blsScalarBigEndian(local.secret)));
    const kind = wire === "http" ? "http" : "socket";
    const remote = new FakeOctezSigner(kind, local, (bytes) => Promise.resolve(bls.sign(bytes)));
    const port = await listen(remote);
    return {
      entry: { remote: `${wire}://127.0.0.1:${port}/${TZ4}`, allow: BAKER },
      sign: (service: ForgeService, place: number) => askToSign(service, TZ4, block({ level: place })),
      open: () => Promise.resolve(remote.openConnections),
    };
  }

  it.each([
    ["a Web3Signer", openWeb3],
    ["an Octez signer over HTTP", () => openOctez("http")],
    ["an Octez signer over TCP", () => openOctez("tcp")],
  ])("[FS15] [FS18] to %s are closed when its last key is taken away, and when the service stops", async (_, open) => {
    const there = await open();
    const untilOpen = async (least: number, most = least): Promise<void> => {
      for (let open = -1; open < least || open > most; open = await there.open())
        await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const folder = await newFolder();
    const here = { secret: TEST_SECRETS.ed, allow: BAKER };
    await folder.configure({ keys: [here, there.entry] });
    const service = unwrap(await folder.start());
    const reload = async (keys: readonly object[]): Promise<void> => {
      await folder.configure({ keys });
      service.reload();
      expect(await statusOf(service)).toMatchObject({ status: "completed" });
    };
    for (let place = 2; place < 7; place++) {
      expect(await there.sign(service, place)).toMatchObject({ status: 200 });
      await reload([there.entry]);
    }
    await untilOpen(0, 1);
    expect(await there.sign(service, 7)).toMatchObject({ status: 200 });
    await reload([here]);
    await untilOpen(0);
    await reload([here, there.entry]);
    expect(await there.sign(service, 8)).toMatchObject({ status: 200 });
    await untilOpen(1);
    await service.close();
    await untilOpen(0);
  });
});

describe("Web3Signer's protocol", () => {
  const root = (byte: number): string => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
  const FORK = {
    fork: { previous_version: "0x00000001", current_version: "0x00000001", epoch: "1" },
    genesis_validators_root: root(4),
  };
  const vote = (target: number, block_root = 1, source = 1) => ({
    type: "ATTESTATION",
    fork_info: FORK,
    attestation: {
      slot: String(target * 32),
      index: "0",
      beacon_block_root: root(block_root),
      source: { epoch: String(source), root: root(2) },
      target: { epoch: String(target), root: root(3) },
    },
  });

  it("[FS9] signs votes with a keystore's key, and answers 412 with the record where that could be slashed", async () => {
    const folder = await newFolder();
    await folder.write("p", "right");
    await folder.write("k.json", JSON.stringify(await keystoreOf(7, "right")));
    await folder.configure({ keys: [{ keystore: "k.json", passwordFile: "p", allow: ["attestation"] }] });
    const service = unwrap(await folder.start());
    const key = toHex(unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(7))).publicKey());
    expect((await get(`${service.url}/api/v1/eth2/publicKeys`)).body).toEqual([`0x${key}`]);
    expect(await get(`${service.url}/api/v1/eth2/highWatermark`)).toEqual({ status: 200, body: {} });
    expect(service.keys()).toMatchObject([{ name: expect.stringMatching(/^tz4/) as string, validatorKey: `0x${key}` }]);
    const url = `${service.url}/api/v1/eth2/sign/0x${key}`;
    const json = { "content-type": "application/json", accept: "application/json" };
    const sign = (body: object, to = url) => post(to, JSON.stringify(body), json);
    const first = await sign(vote(5));
    expect(first).toMatchObject({
      status: 200,
      body: { signature: expect.stringMatching(/^0x[0-9a-f]{192}$/) as string },
    });
    expect(await sign(vote(5))).toEqual(first);
    expect(await post(url, JSON.stringify(vote(5)))).toEqual({
      status: 200,
      body: (first.body as { signature: string }).signature,
    });
    expect(await sign(vote(5, 9))).toMatchObject({ status: 412, body: { record: {} } });
    expect(await sign(vote(4))).toMatchObject({ status: 412 });
    const block = {
      type: "BLOCK_V2",
      fork_info: FORK,
      beacon_block: {
        block_header: { slot: "1", proposer_index: "1", parent_root: root(1), state_root: root(2), body_root: root(3) },
      },
    };
    expect(await sign(block)).toMatchObject({ status: 403, body: { code: "kindNotAllowed" } });
    expect(await sign({ type: "VOLUNTARY_EXIT", fork_info: FORK })).toMatchObject({ status: 400 });
    expect(await sign(vote(6), url.replace(key, "ab".repeat(48)))).toMatchObject({ status: 404 });
  });

  it.each([
    [["web3signer"], 200, 404],
    [["octez"], 404, 200],
    [["octez", "web3signer"], 200, 200],
  ])("[FS9] a key with protocols %j is served over these and no others", async (protocols, web3Signer, octez) => {
    const service = await startWith({ keys: [{ secret: TEST_SECRETS.bls, protocols, allow: ["attestation"] }] });
    const key = toHex(unwrap(await openTezosKey(TEST_SECRETS.bls)).publicKey.bytes);
    const asked = await post(`${service.url}/api/v1/eth2/sign/0x${key}`, JSON.stringify(vote(5)));
    expect([asked.status, (await askToSign(service, TZ4, attestation({}, "bls"))).status]).toEqual([web3Signer, octez]);
  });

  it("[FS9] a validator that is the aggregator signs its turn's proof, and then what it has gathered", async () => {
    const folder = await newFolder();
    await folder.write("p", "right");
    await folder.write("k.json", JSON.stringify(await keystoreOf(7, "right")));
    await folder.configure({ keys: [{ keystore: "k.json", passwordFile: "p", allow: ["statement"] }] });
    const service = unwrap(await folder.start());
    const key = toHex(unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(7))).publicKey());
    const sign = async (body: object): Promise<string> => {
      const answer = await post(
        `${service.url}/api/v1/eth2/sign/0x${key}`,
        JSON.stringify({ fork_info: FORK, ...body }),
      );
      expect(answer).toMatchObject({ status: 200, body: expect.stringMatching(/^0x[0-9a-f]{192}$/) as string });
      return answer.body as string;
    };
    const selection_proof = await sign({ type: "AGGREGATION_SLOT", aggregation_slot: { slot: "160" } });
    const aggregate = { aggregation_bits: "0x0b", data: vote(5).attestation, signature: selection_proof };
    await sign({
      type: "AGGREGATE_AND_PROOF",
      aggregate_and_proof: { aggregator_index: "1", aggregate, selection_proof },
    });
    const data = {
      aggregator_index: "1",
      aggregate: { ...aggregate, committee_bits: "0x0100000000000000" },
      selection_proof,
    };
    await sign({ type: "AGGREGATE_AND_PROOF_V2", aggregate_and_proof: { version: "ELECTRA", data } });
  });
});

/** Ends with the test. */
function listen(remote: FakeOctezSigner): Promise<number> {
  closing.push({ [Symbol.asyncDispose]: () => remote.close() });
  return remote.listen();
}

/** Another signer with a key that never signs. */
async function openHangingSigner(): Promise<{
  readonly key: LocalTezosKey;
  readonly remote: FakeOctezSigner;
  readonly url: string;
}> {
  const key = unwrap(await openTezosKey(TEST_SECRETS.sp));
  const remote = new FakeOctezSigner("http", key, () => new Promise(() => undefined));
  return { key, remote, url: `http://127.0.0.1:${await listen(remote)}/${key.id}` };
}

describe("a stop", () => {
  it("[FS18] finishes what runs, refuses what comes, and then lets go of port, threads and watermarks", async () => {
    const { key, remote, url } = await openHangingSigner();
    const folder = await newFolder();
    await folder.configure({
      keys: [
        { remote: url, allow: BAKER },
        { secret: TEST_SECRETS.ed, allow: BAKER },
      ],
      limits: { signMsMax: 400 },
    });
    const service = unwrap(await folder.start());
    const running = askToSign(service, key.id, block());
    while (remote.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const stopped = service.close();
    expect(await askToSign(service, TZ1, block())).toMatchObject({
      status: 503,
      body: { code: "draining", retryable: true },
    });
    expect(await get(`${service.url}/readyz`)).toMatchObject({ status: 503 });
    // The slow signer's time runs out, which is an answer too.
    expect((await running).status).toBe(504);
    await stopped;
    await expect(fetch(`${service.url}/livez`)).rejects.toThrow();
    expect((await folder.start()).ok).toBe(true);
  });

  it("[FS18] gives up a request whose signer hangs after `drainMsMax`, and tells its asker", async () => {
    const { key, remote, url } = await openHangingSigner();
    const folder = await newFolder();
    await folder.configure({
      keys: [{ remote: url, allow: BAKER }],
      limits: { signMsMax: 600_000, drainMsMax: 100 },
    });
    const service = unwrap(await folder.start());
    const running = askToSign(service, key.id, block());
    while (remote.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await service.close();
    expect(await running).toMatchObject({ status: 503, body: { code: "cancelled" } });
  });
});

describe("a key that a reload stops", () => {
  it("signs nothing of what waited for it, and answers that it is stopped", async () => {
    const local = unwrap(await openTezosKey(TEST_SECRETS.bls));
    if (local.secret.scheme !== "bls") throw new Error("not a BLS key");
    const bls = unwrap(BlsSecretKey.fromBytes(blsScalarBigEndian(local.secret)));
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const remote = new FakeOctezSigner("http", local, async (bytes) => {
      await answered;
      return bls.sign(bytes);
    });
    const port = await listen(remote);
    const folder = await newFolder();
    const configure = (enabled: boolean): Promise<void> =>
      folder.configure({ keys: [{ remote: `http://127.0.0.1:${port}/${local.id}`, allow: BAKER, enabled }] });
    await configure(true);
    const service = unwrap(await folder.start());
    const asked = [askToSign(service, local.id, block()), askToSign(service, local.id, attestation({}, "bls"))];
    while (remote.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await configure(false);
    expect(service.reload()).toBe(true);
    expect(await statusOf(service)).toMatchObject({ status: "completed" });
    answer();
    for (const one of asked) expect(await one).toMatchObject({ status: 403, body: { code: "keyStopped" } });
    expect(remote.requests).toBe(1);
  });
});

const statusOf = async (service: ForgeService): Promise<{ readonly status: string; readonly errors: unknown }> => {
  for (;;) {
    const { body } = await get(`${service.url}/reload`);
    const reload = body as { readonly status: string; readonly errors: unknown };
    if (reload.status !== "running") return reload;
  }
};

/** Takes connections and never says a word. */
class MuteServer implements AsyncDisposable {
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    socket.resume();
  });

  static async start(): Promise<MuteServer> {
    const mute = new MuteServer();
    await new Promise<void>((resolve) => mute.#server.listen(0, "127.0.0.1", resolve));
    return mute;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A key whose secret nobody has. */
function hashOfNobody(number: number): string {
  return formatPublicKeyHash({ scheme: "ed25519", hash: new Uint8Array(20).fill(number + 1) });
}

function keystoreOf(byte: number, password: string): Promise<object> {
  const key = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(byte)));
  const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  return encryptKeystore(key, password, { kdf: "pbkdf2" }, { random }).then(unwrap);
}
