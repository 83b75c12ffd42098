import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InlineCrypto } from "@sealwright/crypto";
import {
  openTezosKey,
  publicKeyHexFromBytes,
  type RemoteAddress,
  sealwrightSigningBytes,
  tezosBlsSecrets,
} from "@sealwright/forge";
import {
  attestationRequest,
  FakeOctezSigner,
  ServiceFolder,
  TEST_CA,
  TEST_CLIENT,
  TEST_SECRETS,
  TEST_SERVER,
} from "@sealwright/forge/testing";
import { silentLogger, unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RemoteSignerConfig } from "./config/index.js";
import { parseSignerUrl } from "./config/signerUrl.js";
import { type KeeperSigner, openSigner } from "./openSigner.js";
import { systemClock } from "./world/systemClock.js";

const BLS = unwrap(await openTezosKey("unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq"));
const KEY = publicKeyHexFromBytes(BLS.publicKey.bytes);
const service = new InlineCrypto({ signerKeys: tezosBlsSecrets([BLS]) });
const world = { service, clock: systemClock, logger: silentLogger };
const options = () => ({ signal: new AbortController().signal, deadlineMs: null });

let dir = "";
let elsewhere: FakeOctezSigner;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "open-signer-"));
  elsewhere = new FakeOctezSigner("http", BLS, (bytes) => service.sign(BLS.publicKey.bytes, bytes));
});
afterEach(async () => {
  await elsewhere.close();
  await rm(dir, { recursive: true, force: true });
});

async function openAt(address: RemoteAddress, authenticationKey: string | null = null): Promise<KeeperSigner> {
  return unwrap(await openSigner({ address, authenticationKey, tls: null }, BLS.publicKey.bytes, world));
}

async function listen(): Promise<RemoteAddress> {
  return { kind: "http", url: `http://127.0.0.1:${await elsewhere.listen()}` };
}

function unwrapAddress(address: RemoteAddress | null): RemoteAddress {
  if (address === null) throw new TypeError("a signer's address reads");
  return address;
}

describe("the signer of a keeper", () => {
  it("is this process unless a signing service is named: there is nothing to reach then", async () => {
    const { signer, probe } = unwrap(await openSigner(null, BLS.publicKey.bytes, world));
    expect(probe).toBeNull();
    expect((await signer.sign(KEY, Uint8Array.of(1), options())).ok).toBe(true);
  });

  it("is a signing service that knows the key by its Tezos hash; what it answers is checked here", async () => {
    const { signer, probe } = await openAt(await listen());
    const signature = unwrap(await signer.sign(KEY, Uint8Array.of(1), options()));
    expect(await service.verify(BLS.publicKey.bytes, Uint8Array.of(1), signature)).toBe(true);
    expect(await probe?.()).toEqual({ ok: true });
    elsewhere.behaviour = { type: "lies" };
    expect(await signer.sign(KEY, Uint8Array.of(2), options())).toMatchObject({ error: { code: "badSignature" } });
    await signer.close?.();
  });

  it("may start later than the keeper, which says until then that it cannot be reached", async () => {
    const address = { kind: "unix", path: join(dir, "signer") } as const;
    const { signer, probe } = await openAt(address);
    expect(await probe?.()).toMatchObject({
      ok: false,
      error: expect.stringContaining(`unix:${address.path}`) as string,
    });
    expect(await signer.sign(KEY, Uint8Array.of(1), options())).toMatchObject({ error: { code: "signerUnavailable" } });
    const late = new FakeOctezSigner("socket", BLS, (bytes) => service.sign(BLS.publicKey.bytes, bytes));
    await late.listen(address.path);
    expect(await probe?.()).toMatchObject({ ok: true });
    expect((await signer.sign(KEY, Uint8Array.of(1), options())).ok).toBe(true);
    await signer.close?.();
    await late.close();
  });

  it("that takes connections and answers nothing is one that cannot be reached", async () => {
    const { probe } = await openAt(await listen());
    elsewhere.isMute = true;
    expect(await probe?.()).toMatchObject({ ok: false });
  });

  it("is told who asks with the key in a file that only its owner can read", async () => {
    const path = join(dir, "asker.key");
    await writeFile(path, "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh\n", { mode: 0o600 });
    const { signer } = await openAt(await listen(), path);
    expect((await signer.sign(KEY, Uint8Array.of(1), options())).ok).toBe(true);
    expect(elsewhere.queries[0]?.get("authentication")).toMatch(/^edsig/);
    await signer.close?.();
  });

  it("is a signing service at tcp://, with the same watermarks as over HTTP, before and after it was away", async () => {
    await using folder = await ServiceFolder.make();
    const key = { secret: TEST_SECRETS.bls, allow: ["attestation"] };
    await folder.configure({ listen: { http: "127.0.0.1:0", tcp: "127.0.0.1:0" }, keys: [key] });
    const running = unwrap(await folder.start());
    const [url = ""] = running.socketUrls;
    const address = unwrapAddress(parseSignerUrl(url, "/"));
    const { signer, probe } = await openAt(address);
    expect(await probe?.()).toEqual({ ok: true });
    const vote = sealwrightSigningBytes(attestationRequest(KEY, { term: 1, height: 5, block: "a" }));
    const other = sealwrightSigningBytes(attestationRequest(KEY, { term: 1, height: 5, block: "b" }));
    const signature = unwrap(await signer.sign(KEY, vote, options()));
    expect(await service.verify(BLS.publicKey.bytes, vote, signature)).toBe(true);
    expect(await signer.sign(KEY, other, options())).toMatchObject({ ok: false, error: { code: "refusedBySigner" } });
    await running.close();
    expect(await probe?.()).toMatchObject({ ok: false, error: expect.stringContaining(url) as string });
    expect(await signer.sign(KEY, vote, options())).toMatchObject({ error: { code: "signerUnavailable" } });
    await folder.configure({ listen: { http: "127.0.0.1:0", tcp: url.slice("tcp://".length) }, keys: [key] });
    unwrap(await folder.start());
    expect(unwrap(await signer.sign(KEY, vote, options()))).toEqual(signature);
    await signer.close?.();
  });

  it("[FS22] shows its certificate to a signing service that demands one, and believes only its own authority", async () => {
    await using folder = await ServiceFolder.make();
    await folder.write("ca.pem", TEST_CA);
    for (const [name, { cert, key }] of Object.entries({ server: TEST_SERVER, client: TEST_CLIENT })) {
      await folder.write(`${name}.pem`, cert);
      await folder.write(`${name}.key`, key);
    }
    await folder.configure({
      listen: { http: "127.0.0.1:0", tls: { cert: "server.pem", key: "server.key", clientCa: "ca.pem" } },
      keys: [{ secret: TEST_SECRETS.bls, allow: ["attestation"] }],
    });
    const running = unwrap(await folder.start());
    const address = unwrapAddress(parseSignerUrl(running.url, "/"));
    const client = { cert: folder.path("client.pem"), key: folder.path("client.key") };
    const open = (tls: RemoteSignerConfig["tls"]) =>
      openSigner({ address, authenticationKey: null, tls }, BLS.publicKey.bytes, world);
    const vote = sealwrightSigningBytes(attestationRequest(KEY, { term: 1, height: 5, block: "a" }));
    const { signer, probe } = unwrap(await open({ client, ca: folder.path("ca.pem") }));
    expect(await probe?.()).toEqual({ ok: true });
    expect((await signer.sign(KEY, vote, options())).ok).toBe(true);
    await signer.close?.();
    for (const tls of [null, { client: null, ca: folder.path("ca.pem") }, { client, ca: null }]) {
      const without = unwrap(await open(tls));
      expect(await without.probe?.()).toMatchObject({ ok: false });
      expect(await without.signer.sign(KEY, vote, options())).toMatchObject({ error: { code: "signerUnavailable" } });
      await without.signer.close?.();
    }
    expect(await open({ client: { ...client, key: folder.path("nowhere") }, ca: null })).toMatchObject({
      ok: false,
      error: { code: "keyFileUnreadable", message: expect.stringMatching(/^signer\.tlsKey: /) as string },
    });
  });

  it.each([
    ["edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsX", 0o600, "badKeyFile"],
    ["edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh", 0o644, "readableByOthers"],
    [null, 0o600, "unreadable"],
  ])(
    "is not opened with an asker's key that cannot be used, and the error holds nothing of it",
    async (text, mode, code) => {
      const path = join(dir, "asker.key");
      if (text !== null) await writeFile(path, text, { mode });
      const address = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;
      const opened = await openSigner({ address, authenticationKey: path, tls: null }, BLS.publicKey.bytes, world);
      expect(opened).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(path) as string } });
      expect(JSON.stringify(opened)).not.toContain("edsk3g");
    },
  );
});
