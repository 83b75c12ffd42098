import {
  encodeAuthenticationPayload,
  encodeSigningPayload,
  formatPublicKey,
  parsePublicKeyHash,
  type PublicKeyHash,
  type Signature,
  signingDigest,
  voteSigningPayload,
  writePublicKeyHash,
} from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader } from "@sealwright/tezos/testing";
import { Ed25519SecretKey, InlineCrypto } from "@sealwright/crypto";
import { ByteWriter, toHex, unwrap } from "@sealwright/types";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { stat, unlink, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openTezosKey } from "../../signers/localTezosKey.js";
import { authenticatorOf } from "../../signers/remote/authenticator.js";
import { OctezSocket } from "../../signers/remote/octezSocket.js";
import { verifySignature } from "../../signers/verifySignature.js";
import { realClock } from "../../testing/realClock.js";
import { get, ServiceFolder, TEST_SECRETS } from "../../testing/runningService.js";
import type { ForgeService } from "../forgeService.js";

const TZ1 = "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx";
const TZ4 = "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn";
const BAKER = ["block", "preattestation", "attestation"];
const CALL = { signal: new AbortController().signal, timeoutMs: 5_000 };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function newFolder(): Promise<ServiceFolder> {
  const folder = await ServiceFolder.make();
  closing.push(() => folder[Symbol.asyncDispose]());
  return folder;
}

interface Listening {
  readonly folder: ServiceFolder;
  readonly service: ForgeService;
  readonly tcp: { readonly host: string; readonly port: number };
  readonly unix: string;
}

async function listening(more: object = {}): Promise<Listening> {
  const folder = await newFolder();
  const keys = [{ secret: TEST_SECRETS.ed, allow: BAKER }];
  await folder.configure({ listen: { http: "127.0.0.1:0", tcp: "127.0.0.1:0", unix: "./s.sock" }, keys, ...more });
  const service = unwrap(await folder.start());
  const [tcp = "", unix] = service.socketUrls;
  expect(unix).toBe(`unix:${folder.path("s.sock")}`);
  return { folder, service, tcp: { host: "127.0.0.1", port: Number(new URL(tcp).port) }, unix: folder.path("s.sock") };
}

function client(address: { readonly host: string; readonly port: number } | { readonly path: string }): OctezSocket {
  const socket = new OctezSocket({ address, connectionsMax: 4 }, { clock: realClock });
  closing.push(() => socket.close());
  return socket;
}

function block(level: number, proto = 1): Uint8Array {
  const header = { ...sampleBlockHeader({ level }), proto };
  return encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
}

function hashOf(text: string): PublicKeyHash {
  return unwrap(parsePublicKeyHash(text));
}

/** A connection whose frames the test writes itself. */
class RawClient {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on("error", () => undefined);
    closing.push(() => socket.destroy());
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawClient(socket);
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  ask(body: Uint8Array): Promise<Buffer> {
    this.write(new ByteWriter().u16(body.length).fixed(body, body.length).finish());
    return this.answer();
  }

  async answer(): Promise<Buffer> {
    while (this.#received.length < 2 || this.#received.length < 2 + this.#received.readUInt16BE(0)) {
      if (this.#socket.closed) throw new Error("the connection ended without an answer");
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
    const end = 2 + this.#received.readUInt16BE(0);
    const body = this.#received.subarray(2, end);
    this.#received = this.#received.subarray(end);
    return body;
  }

  async ended(): Promise<boolean> {
    if (!this.#socket.closed) await once(this.#socket, "close");
    return true;
  }
}

function signRequest(key: PublicKeyHash, bytes: Uint8Array, signature: Signature | null = null): Uint8Array {
  const body = new ByteWriter().u8(0);
  writePublicKeyHash(body, key);
  body.bytes(bytes);
  if (signature === null) return body.u8(0).finish();
  return body.u8(0xff).fixed(signature.bytes, signature.bytes.length).finish();
}

function frameEnd(received: Buffer): number {
  return received.length < 2 ? Infinity : 2 + received.readUInt16BE(0);
}

/** An error answer: tag, list, error, text, each with its length, and a BSON document. */
function messageOf(answer: Buffer): string {
  expect(answer[0]).toBe(1);
  expect([answer.readUInt32BE(1), answer.readUInt32BE(5), answer.readUInt32BE(9)]).toEqual([
    answer.length - 5,
    answer.length - 9,
    answer.length - 13,
  ]);
  const document = answer.subarray(13);
  expect(document.readInt32LE(0)).toBe(document.length);
  const fields: Record<string, string> = {};
  let at = 4;
  while (document[at] === 2) {
    const nameEnd = document.indexOf(0, at);
    const sizeBytes = document.readInt32LE(nameEnd + 1);
    const textStart = nameEnd + 5;
    fields[document.toString("utf8", at + 1, nameEnd)] = document.toString(
      "utf8",
      textStart,
      textStart + sizeBytes - 1,
    );
    at = textStart + sizeBytes;
  }
  expect([document[at], at + 1]).toEqual([0, document.length]);
  expect(fields).toMatchObject({ kind: "temporary", id: "failure" });
  return fields["msg"] ?? "";
}

describe("the signer protocol over sockets", () => {
  it.each(["tcp", "unix"] as const)("[FS21] signs over %s with the watermarks and keys of HTTP", async (kind) => {
    const { service, tcp, unix } = await listening();
    const signer = client(kind === "tcp" ? tcp : { path: unix });
    const publicKey = unwrap(await signer.publicKey(hashOf(TZ1), CALL));
    const ask = (bytes: Uint8Array) => signer.sign({ key: hashOf(TZ1), bytes, authentication: null }, CALL);
    const signature = unwrap(await ask(block(5)));
    expect(await verifySignature(publicKey, block(5), signature, new InlineCrypto())).toBe(true);
    expect(unwrap(await ask(block(5)))).toEqual(signature);
    expect(await ask(block(5, 2))).toMatchObject({ ok: false, error: { code: "refusedBySigner", retryable: false } });
    const url = `${service.url}/keys/${TZ1}`;
    const other = await fetch(url, { method: "POST", body: JSON.stringify(toHex(block(5, 2))) });
    expect(await other.json()).toMatchObject({ code: "previouslySigned" });
  });

  it("[FS21] signs with a tz4 key, whose hash has a mark of its own", async () => {
    const { tcp } = await listening({ keys: [{ secret: TEST_SECRETS.bls, allow: [...BAKER, "possession"] }] });
    const signer = client(tcp);
    const publicKey = unwrap(await signer.publicKey(hashOf(TZ4), CALL));
    const bytes = encodeSigningPayload(voteSigningPayload("bls", SAMPLE_CHAIN_ID, sampleAttestation()));
    const signature = unwrap(await signer.sign({ key: hashOf(TZ4), bytes, authentication: null }, CALL));
    expect(await verifySignature(publicKey, bytes, signature, new InlineCrypto())).toBe(true);
    const raw = await RawClient.open(tcp.port);
    const possession = new ByteWriter().u8(7).u8(3);
    writePublicKeyHash(possession, hashOf(TZ4));
    const proof = await raw.ask(possession.u8(2).u8(0).finish());
    expect([proof[0], proof.length]).toEqual([0, 97]);
  });

  it("[FS12] proves possession over a socket too only to whom an authorized key speaks for, in the frame's last field", async () => {
    const asker = unwrap(await openTezosKey(TEST_SECRETS.ed));
    const { tcp } = await listening({
      keys: [{ secret: TEST_SECRETS.bls, allow: ["possession"] }],
      authentication: { authorizedKeys: [formatPublicKey(asker.publicKey)] },
    });
    const raw = await RawClient.open(tcp.port);
    const asked = (): ByteWriter => {
      const frame = new ByteWriter().u8(7).u8(3);
      writePublicKeyHash(frame, hashOf(TZ4));
      return frame.u8(2).u8(0);
    };
    expect(messageOf(await raw.ask(asked().finish()))).toMatch(/^authenticationMissing: /);
    const { publicKey } = unwrap(await openTezosKey(TEST_SECRETS.bls));
    const who = await authenticatorOf(asker).sign(encodeAuthenticationPayload(hashOf(TZ4), publicKey.bytes));
    const proof = await raw.ask(asked().u8(0xff).fixed(who.bytes, 64).finish());
    expect([proof[0], proof.length]).toEqual([0, 97]);
  });

  it("[FS21] tells keys, and that it makes no deterministic nonces", async () => {
    const { tcp } = await listening({ policy: { listKnownKeys: true } });
    const raw = await RawClient.open(tcp.port);
    const list = new ByteWriter().u8(0).u32(21);
    writePublicKeyHash(list, hashOf(TZ1));
    expect(await raw.ask(Uint8Array.of(6))).toEqual(Buffer.from(list.finish()));
    expect(await raw.ask(Uint8Array.of(2))).toEqual(Buffer.of(0, 0));
    const supports = new ByteWriter().u8(5);
    writePublicKeyHash(supports, hashOf(TZ1));
    expect(await raw.ask(supports.finish())).toEqual(Buffer.of(0, 0));
    expect(messageOf(await raw.ask(Uint8Array.of(3, 1, 2)))).toMatch(/^notAllowed: /);
    const silent = await RawClient.open((await listening()).tcp.port);
    expect(messageOf(await silent.ask(Uint8Array.of(6)))).toBe(
      "notAllowed: List known keys request not allowed. If it shall be, set `policy.listKnownKeys` and reload",
    );
  });

  it("[FS21] asks without reading are answered as the answers are read, each once", async () => {
    const { unix } = await listening();
    const asked = 4_000;
    const socket = connect(unix);
    closing.push(() => socket.destroy());
    const answers = new Set<string>();
    // More than the sockets between take.
    socket.pause().write(Buffer.concat(Array.from({ length: asked }, () => Uint8Array.of(0, 1, 6))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    let received = Buffer.alloc(0);
    let count = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      for (let end = frameEnd(received); end <= received.length; end = frameEnd(received)) {
        answers.add(received.toString("hex", 2, end));
        received = received.subarray(end);
        count += 1;
      }
      if (count >= asked) break;
    }
    expect([count, answers.size]).toEqual([asked, 1]);
  });

  it("[FS12] [FS21] with authorized keys, only requests that one of them signed are answered", async () => {
    const key = unwrap(await openTezosKey(TEST_SECRETS.ed));
    if (key.secret.scheme !== "ed25519") throw new Error("not an ed25519 key");
    const secret = unwrap(Ed25519SecretKey.fromSeed(key.secret.seed));
    const { tcp } = await listening({
      keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }],
      authentication: { authorizedKeys: [formatPublicKey(key.publicKey)] },
    });
    const raw = await RawClient.open(tcp.port);
    const authorized = await raw.ask(Uint8Array.of(2));
    expect([...authorized.subarray(0, 2), authorized.readUInt32BE(2), authorized.length]).toEqual([0, 1, 21, 27]);
    const bytes = block(3);
    const signed = (what: Uint8Array): Signature => ({
      scheme: "ed25519",
      bytes: secret.sign(signingDigest(encodeAuthenticationPayload(hashOf(TZ4), what))),
    });
    const signer = client(tcp);
    const ask = (authentication: Signature | null) => signer.sign({ key: hashOf(TZ4), bytes, authentication }, CALL);
    expect(await ask(null)).toMatchObject({
      error: { message: expect.stringContaining("authenticationMissing") as string },
    });
    expect(await ask(signed(block(4)))).toMatchObject({
      error: { code: "signerFailed", message: expect.stringContaining("authenticationInvalid") as string },
    });
    expect(await ask({ scheme: "ed25519", bytes: new Uint8Array(7) })).toMatchObject({
      error: { message: expect.stringContaining("authenticationInvalid") as string },
    });
    expect((await ask(signed(bytes))).ok).toBe(true);
  });

  it.each([
    ["an unknown key", signRequest(hashOf("tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz"), block(1)), "unknownKey"],
    ["nothing to sign", signRequest(hashOf(TZ1), new Uint8Array()), "empty"],
    ["a wrong magic byte", signRequest(hashOf(TZ1), Uint8Array.of(2, 1, 1)), "wrongMagicByte"],
    ["bytes behind the payload", signRequest(hashOf(TZ1), Uint8Array.of(...block(1), 0)), "trailingBytes"],
    ["a kind that is not allowed", signRequest(hashOf(TZ1), Uint8Array.of(3, ...new Uint8Array(40))), "kindNotAllowed"],
  ])("[FS7] [FS21] %s gets a code, and the connection stays", async (_name, body, code) => {
    const { service, tcp } = await listening();
    const raw = await RawClient.open(tcp.port);
    expect(messageOf(await raw.ask(body)).startsWith(`${code}: `)).toBe(true);
    expect((await raw.ask(signRequest(hashOf(TZ1), block(1))))[0]).toBe(0);
    expect((await get(`${service.url}/metrics`)).body).toContain(
      `sealwright_forge_refusals_total{protocol="octez",reason="${code}"} 1`,
    );
  });

  it.each([
    ["an unknown request", Uint8Array.of(9)],
    ["an empty frame", new Uint8Array()],
    ["a key hash cut short", Uint8Array.of(1, 0, 1, 2)],
    ["an unknown kind of key", Uint8Array.of(1, 9, ...new Uint8Array(20))],
    ["a payload that is longer than its frame", Uint8Array.of(0, 0, ...new Uint8Array(20), 255, 255, 255, 255, 1)],
    ["bytes behind a request", Uint8Array.of(2, 0)],
    ["an optional signature that is neither there nor not", signRequest(hashOf(TZ1), block(1)).with(-1, 7)],
  ])("[FS7] [FS21] %s gets an answer and the end of its connection", async (_name, body) => {
    const { tcp } = await listening();
    const raw = await RawClient.open(tcp.port);
    expect(messageOf(await raw.ask(body))).toMatch(/^undecodable: /);
    expect(await raw.ended()).toBe(true);
    const next = await RawClient.open(tcp.port);
    expect((await next.ask(signRequest(hashOf(TZ1), block(1))))[0]).toBe(0);
  });

  it("[FS21] answers frames in order, however they are cut into packets", async () => {
    const { tcp } = await listening();
    const raw = await RawClient.open(tcp.port);
    const frames = [1, 2, 3].map((level) => {
      const body = signRequest(hashOf(TZ1), block(level));
      return new ByteWriter().u16(body.length).fixed(body, body.length).finish();
    });
    const all = Buffer.concat(frames);
    for (const [from, to] of [
      [0, 1],
      [1, 30],
      [30, all.length - 1],
      [all.length - 1, all.length],
    ] as const)
      raw.write(all.subarray(from, to));
    const key = unwrap(await client(tcp).publicKey(hashOf(TZ1), CALL));
    for (const level of [1, 2, 3]) {
      const answer = await raw.answer();
      expect(await verifySignature(key, block(level), new Uint8Array(answer.subarray(1)), new InlineCrypto())).toBe(
        true,
      );
    }
  });

  it("[FS18] [FS21] a stop ends connections, takes the socket away, and lets another start", async () => {
    const { folder, service, tcp, unix } = await listening();
    const raw = await RawClient.open(tcp.port);
    expect((await raw.ask(signRequest(hashOf(TZ1), block(1))))[0]).toBe(0);
    await service.close();
    expect(await raw.ended()).toBe(true);
    await expect(stat(unix)).rejects.toMatchObject({ code: "ENOENT" });
    expect((await folder.start()).ok).toBe(true);
  });

  it("[FS21] replaces the unix socket of a dead process, never one that is served or no socket", async () => {
    const { folder, unix, service } = await listening();
    expect(((await stat(unix)).mode & 0o777).toString(8)).toBe("600");
    const second = await newFolder();
    const listen = { http: "127.0.0.1:0", unix };
    await second.configure({ listen, keys: [{ secret: TEST_SECRETS.ed, allow: BAKER }] });
    expect(await second.start()).toMatchObject({ ok: false, error: { code: "portTaken" } });
    await service.close();
    await writeFile(unix, "not a socket");
    expect(await second.start()).toMatchObject({ ok: false, error: { code: "portTaken" } });
    await unlink(unix);
    await leaveSocketBehind(unix);
    expect((await folder.start()).ok).toBe(true);
  });
});

/** As a process does that is killed. */
async function leaveSocketBehind(path: string): Promise<void> {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  expect((await stat(path)).isSocket()).toBe(true);
}
