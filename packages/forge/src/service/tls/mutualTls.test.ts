import { encodeSigningPayload } from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleBlockHeader } from "@sealwright/tezos/testing";
import { unwrap } from "@sealwright/types";
import { afterEach, describe, expect, it } from "vitest";
import { askToSign, get, post, ServiceFolder, TEST_SECRETS } from "../../testing/runningService.js";
import { TEST_CA, TEST_CLIENT, TEST_SERVER } from "../../testing/testCertificates.js";
import type { ForgeService } from "../forgeService.js";

const TZ4 = "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn";
const BAKER = ["block", "preattestation", "attestation"];
const CLIENT = { cert: "client.pem", key: "client.key", ca: "ca.pem" };

const closing: ServiceFolder[] = [];
afterEach(async () => {
  for (const folder of closing.splice(0).reverse()) await folder[Symbol.asyncDispose]();
});

async function folderWithCertificates(): Promise<ServiceFolder> {
  const folder = await ServiceFolder.make();
  closing.push(folder);
  await folder.write("ca.pem", TEST_CA);
  await folder.write("server.pem", TEST_SERVER.cert);
  await folder.write("server.key", TEST_SERVER.key);
  await folder.write("client.pem", TEST_CLIENT.cert);
  await folder.write("client.key", TEST_CLIENT.key);
  return folder;
}

/** Demands certificates of its clients; health and metrics stay on a port of their own. */
async function startSigner(): Promise<ForgeService> {
  const folder = await folderWithCertificates();
  const tls = { cert: "server.pem", key: "server.key", clientCa: "ca.pem" };
  await folder.configure({
    listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0", tls },
    keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }],
  });
  return unwrap(await folder.start());
}

async function startInFront(folder: ServiceFolder, signer: ForgeService, tls: object): Promise<ForgeService> {
  await folder.configure({ keys: [{ remote: `${signer.url}/${TZ4}`, tls, allow: BAKER }] });
  return unwrap(await folder.start());
}

function block(level: number): Uint8Array {
  return encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header: sampleBlockHeader({ level }) });
}

describe("certificates", () => {
  it("[FS22] a signer that demands a certificate gets it, and one that it cannot check is not believed", async () => {
    const signer = await startSigner();
    expect(signer.url).toMatch(/^https:/);
    const front = await startInFront(await folderWithCertificates(), signer, CLIENT);
    expect(await askToSign(front, TZ4, block(1))).toMatchObject({ status: 200 });
    expect(await get(`${front.url}/readyz?expectedLoadedKeys=1`)).toMatchObject({ status: 200 });
    for (const tls of [{ ca: "ca.pem" }, { cert: "client.pem", key: "client.key" }]) {
      const without = await startInFront(await folderWithCertificates(), signer, tls);
      const refused = { status: 502, body: { code: "signerUnavailable" } };
      expect(await askToSign(without, TZ4, block(2))).toMatchObject(refused);
    }
    expect((await get(`${signer.adminUrl}/metrics`)).body).toContain("sealwright_forge_signatures_total");
  });

  it("[FS22] renewed certificates are used from the next reload on, and broken ones change nothing", async () => {
    const signer = await startSigner();
    const folder = await folderWithCertificates();
    const front = await startInFront(folder, signer, CLIENT);
    const reload = async (): Promise<unknown> => {
      expect(await post(`${front.url}/reload`, "")).toMatchObject({ status: 202 });
      for (;;) {
        const { body } = await get(`${front.url}/reload`);
        if ((body as { status: string }).status !== "running") return body;
      }
    };
    await folder.write("client.pem", "no certificate");
    expect(await reload()).toMatchObject({
      status: "completed_with_errors",
      errors: [{ code: "badCertificate", path: "keys[0].tls" }],
    });
    expect(await askToSign(front, TZ4, block(1))).toMatchObject({ status: 200 });
    await folder.write("client.pem", TEST_SERVER.cert);
    await folder.write("client.key", TEST_SERVER.key);
    expect(await reload()).toMatchObject({ status: "completed" });
    expect(await askToSign(front, TZ4, block(2))).toMatchObject({ status: 200 });
  });

  it.each([
    [{ cert: "server.pem", key: "client.key" }, "badCertificate", /^listen.tls: these files make no certificate/],
    [
      { cert: "server.pem", key: "nowhere" },
      "keyFileUnreadable",
      /^listen.tls.key: .*there is no such file; put it there, or correct the path/,
    ],
  ])("[FS13] [FS22] does not start with %o", async (tls, code, message) => {
    const folder = await folderWithCertificates();
    await folder.configure({
      listen: { http: "127.0.0.1:0", tls },
      keys: [{ secret: TEST_SECRETS.bls, allow: BAKER }],
    });
    expect(await folder.start()).toMatchObject({
      ok: false,
      error: { code, message: expect.stringMatching(message) as string },
    });
  });
});
