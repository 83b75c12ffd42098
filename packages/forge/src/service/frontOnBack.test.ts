import { formatPublicKey } from "@sealwright/tezos";
import { unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publicKeyHexFromBytes } from "../keyId.js";
import { sealwrightSigningBytes } from "../requests/sealwrightRequest.js";
import { openTezosKey } from "../signers/localTezosKey.js";
import { attestationRequest } from "../testing/requests.js";
import { askToSign, get, post, ServiceFolder, TEST_SECRETS } from "../testing/runningService.js";
import type { ForgeService } from "./forgeService.js";

const TZ4 = unwrap(await openTezosKey(TEST_SECRETS.bls));
const OWN = publicKeyHexFromBytes(TZ4.publicKey.bytes);
const ASKERS = { ed: TEST_SECRETS.ed, bls: TEST_SECRETS.bls, sp: TEST_SECRETS.sp };
const KEEPER = ["block", "attestation", "lock", "statement"];

let back: ServiceFolder;
let front: ServiceFolder;
beforeEach(async () => {
  back = await ServiceFolder.make();
  front = await ServiceFolder.make();
});
afterEach(async () => {
  await front[Symbol.asyncDispose]();
  await back[Symbol.asyncDispose]();
});

/** One service with the key, which answers only whom `asker` names. */
async function startBack(asker: keyof typeof ASKERS | null): Promise<ForgeService> {
  const authorized = asker === null ? null : formatPublicKey(unwrap(await openTezosKey(ASKERS[asker])).publicKey);
  await back.configure({
    listen: { http: "127.0.0.1:0", tcp: "127.0.0.1:0", unix: "./signer" },
    keys: [{ secret: TEST_SECRETS.bls, allow: KEEPER }],
    ...(authorized === null ? {} : { authentication: { authorizedKeys: [authorized] } }),
  });
  return unwrap(await back.start());
}

/** Another one in front of it, which has no key but the one that says who asks. */
async function startFront(remote: string, asker: keyof typeof ASKERS | null, more: object = {}): Promise<ForgeService> {
  if (asker !== null) await front.write("asker.key", ASKERS[asker]);
  const authenticate = asker === null ? {} : { authenticate: { secretFile: "./asker.key" } };
  await front.configure({ keys: [{ remote, publicKey: OWN, allow: KEEPER, ...authenticate, ...more }] });
  return unwrap(await front.start());
}

function remoteOf(service: ForgeService, wire: "http" | "tcp" | "unix"): string {
  if (wire === "http") return `${service.url}/${TZ4.id}`;
  const [tcp = "", unix = ""] = service.socketUrls;
  return wire === "tcp" ? `${tcp}/${TZ4.id}` : `${unix}?pkh=${TZ4.id}`;
}

const FORK = {
  fork: { previous_version: "0x00000001", current_version: "0x00000001", epoch: "1" },
  genesis_validators_root: `0x${"04".repeat(32)}`,
};

function beaconVote(target: number, block = 1): object {
  const root = (byte: number): string => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
  const checkpoint = (epoch: number): object => ({ epoch: String(epoch), root: root(2) });
  const ends = { source: checkpoint(1), target: checkpoint(target) };
  const attestation = { slot: String(target * 32), index: "0", beacon_block_root: root(block), ...ends };
  return { type: "ATTESTATION", attestation };
}

function vote(height: number, block = "a"): Uint8Array {
  return sealwrightSigningBytes(attestationRequest(OWN, { term: 0, height, block }));
}

describe("a signing service in front of another", () => {
  it.each([
    ["http", "ed"],
    ["tcp", "sp"],
    ["unix", "bls"],
  ] as const)(
    "[FS12] over %s says with an %s key who asks, and signs votes of our own chain once",
    async (wire, asker) => {
      const service = await startFront(remoteOf(await startBack(asker), wire), asker);
      expect(await get(`${service.url}/readyz`)).toMatchObject({ status: 200, body: { keys: { usable: 1 } } });
      expect(await askToSign(service, TZ4.id, vote(1))).toMatchObject({ status: 200 });
      expect(await askToSign(service, TZ4.id, vote(1, "b"))).toMatchObject({
        status: 403,
        body: { code: "conflictingAttestation" },
      });
    },
  );

  it.each([
    ["http", null],
    ["tcp", "sp"],
    ["unix", null],
  ] as const)(
    "[FS12] [FS16] over %s is not ready while the other one does not know its asker (%s)",
    async (wire, asker) => {
      const service = await startFront(remoteOf(await startBack("ed"), wire), asker);
      expect(await get(`${service.url}/readyz`)).toMatchObject({ status: 503, body: { keys: { usable: 0 } } });
      expect(await askToSign(service, TZ4.id, vote(1))).toMatchObject({
        status: 502,
        body: { code: "signerFailed", retryable: false },
      });
    },
  );

  it("[FS17] two services guard a vote: what the one behind has signed, the one in front gets no other for", async () => {
    const behind = await startBack(null);
    expect(await askToSign(behind, TZ4.id, vote(1))).toMatchObject({ status: 200 });
    const service = await startFront(remoteOf(behind, "http"), null);
    const refused = await askToSign(service, TZ4.id, vote(1, "b"));
    expect(refused).toMatchObject({ status: 403, body: { code: "refusedBySigner", retryable: false } });
    expect(JSON.stringify(refused.body)).toContain("conflictingAttestation");
  });

  it("[FS17] without the public key it signs nothing of our own chain, and says what is missing", async () => {
    const service = await startFront(remoteOf(await startBack(null), "http"), null, { publicKey: null });
    const refused = await askToSign(service, TZ4.id, vote(1));
    expect(refused).toMatchObject({ status: 400, body: { code: "wrongFormForKey" } });
    expect(JSON.stringify(refused.body)).toContain("publicKey");
  });

  it("[FS13] does not start with an asker's key that cannot be read, and names the place", async () => {
    const authenticate = { secretFile: "./nothing.key" };
    await front.configure({ keys: [{ remote: `http://127.0.0.1:1/${TZ4.id}`, authenticate, allow: KEEPER }] });
    expect(await front.start()).toMatchObject({
      ok: false,
      error: { code: "keyFileUnreadable", keys: [{ path: "keys[0].authenticate" }] },
    });
  });

  it("[FS9] [FS17] serves a validator with a key of another service over Web3Signer's protocol, and tells its refusals", async () => {
    await back.configure({ keys: [{ secret: TEST_SECRETS.bls, protocols: ["web3signer"], allow: ["attestation"] }] });
    const behind = unwrap(await back.start());
    const key = `0x${OWN}`;
    const entry = { web3signer: behind.url, publicKey: key, allow: ["attestation", "statement"] };
    await front.configure({ keys: [entry] });
    const service = unwrap(await front.start());
    expect(await get(`${service.url}/readyz`)).toMatchObject({ status: 200, body: { keys: { usable: 1 } } });
    const sign = (body: object, at = service): ReturnType<typeof post> =>
      post(`${at.url}/api/v1/eth2/sign/${key}`, JSON.stringify({ fork_info: FORK, ...body }));
    const signed = await sign(beaconVote(5));
    expect(signed).toMatchObject({ status: 200, body: expect.stringMatching(/^0x[0-9a-f]{192}$/) as string });
    expect(await sign(beaconVote(5), behind)).toEqual(signed);
    expect(await sign(beaconVote(6), behind)).toMatchObject({ status: 200 });
    const refusals = [beaconVote(6, 9), { type: "RANDAO_REVEAL", randao_reveal: { epoch: "7" } }].map((body) =>
      sign(body),
    );
    const codes = ["targetNotAboveRecorded", "kindNotAllowed"];
    for (const [index, refused] of (await Promise.all(refusals)).entries()) {
      expect(refused).toMatchObject({ status: 403, body: { code: "refusedBySigner", retryable: false } });
      expect(JSON.stringify(refused.body)).toContain(codes[index]);
    }
  });
});
