import { encodeSigningPayload, voteSigningPayload } from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader } from "@sealwright/tezos/testing";
import { describe, expect, it } from "vitest";
import { type SealwrightRequest, sealwrightSigningBytes } from "../../requests/sealwrightRequest.js";
import { requestsOfEachKind, TEST_NETWORK, testKey } from "../../testing/requests.js";
import { TZ1_SERVICE_KEY as ED, TZ4_SERVICE_KEY as BLS } from "../../testing/serviceKeys.js";
import type { ServiceKey } from "../keys/serviceKey.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { readPayload } from "./readPayload.js";

const STATEMENT = "statement";
const KINDS = ["block", "attestation", "lock", STATEMENT, STATEMENT, STATEMENT, STATEMENT] as const;
const OURS = requestsOfEachKind(testKey(1)).map((request, i) => [request, KINDS[i]] as const);

function codeOf(bytes: Uint8Array, key: ServiceKey): string {
  try {
    readPayload(bytes, key);
    return "accepted";
  } catch (error) {
    if (error instanceof ServiceRefusal) return error.code;
    throw error;
  }
}

describe("readPayload", () => {
  it.each(OURS.map(([request, kind]) => [request.kind, kind, request] as const))(
    "[FS8] reads a %s of our own chain from its bytes, as a %s",
    (_name, kind, request) => {
      const read = readPayload(sealwrightSigningBytes(request), BLS);
      expect(read).toMatchObject({ kind, chain: TEST_NETWORK });
      expect(sealwrightSigningBytes(read.request as SealwrightRequest)).toEqual(sealwrightSigningBytes(request));
    },
  );

  it("[FS8] refuses each of them cut short, longer by a byte, and for a key of another kind", () => {
    for (const [request] of OURS) {
      const bytes = sealwrightSigningBytes(request);
      expect(codeOf(bytes.subarray(0, bytes.length - 1), BLS)).toBe("undecodable");
      expect(codeOf(Buffer.concat([bytes, Buffer.alloc(1)]), BLS)).toBe("trailingBytes");
      expect(codeOf(bytes, ED)).toBe("wrongFormForKey");
    }
    expect(codeOf(Buffer.from(`SUS1${"\0".repeat(64)}`, "latin1"), BLS)).toBe("undecodable");
  });

  it("[FS7] gives Tezos' bytes with their kind and chain, and refuses votes in the form of other keys", () => {
    const vote = (scheme: "bls" | "ed25519") =>
      encodeSigningPayload(voteSigningPayload(scheme, SAMPLE_CHAIN_ID, sampleAttestation()));
    expect(readPayload(vote("ed25519"), ED)).toMatchObject({ kind: "attestation", chain: "NetXdQprcVkpaWU" });
    expect(readPayload(vote("bls"), BLS)).toMatchObject({ kind: "attestation", chain: "NetXdQprcVkpaWU" });
    expect([codeOf(vote("bls"), ED), codeOf(vote("ed25519"), BLS)]).toEqual(["wrongFormForKey", "wrongFormForKey"]);
    const header = sampleBlockHeader();
    const block = encodeSigningPayload({ type: "block", chainId: SAMPLE_CHAIN_ID, header });
    expect(readPayload(block, BLS)).toMatchObject({ kind: "block" });
  });
});
