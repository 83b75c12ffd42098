import { fromHex } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  decodeSigningPayload,
  formatText,
  level,
  round,
  schemeSigns,
  type SignatureScheme,
  signingDigest,
  slot,
} from "./index.js";

// As the README prints it.
function describeRequest(scheme: SignatureScheme, requestBytes: Uint8Array): string {
  const decoded = decodeSigningPayload(requestBytes);
  if (!decoded.ok) return `refused: ${decoded.error.code}`;
  const request = decoded.value;
  if (request.type === "operation") return "refused: not a block or a vote";
  if (!schemeSigns(scheme, request)) return `refused: not the form of ${scheme} keys`;
  const chain = formatText("chainId", request.chainId);
  const digest = formatText("blockPayloadHash", signingDigest(requestBytes));
  return `${request.type} at ${request.level}.${request.round} of ${chain}: ${digest}`;
}

describe("README", () => {
  const request = fromHex(
    "12b3d79f993222f293d2f293230ec36b0bef1caead619f1a7206ff54a0c198f07ae25bb151140014000000220000000458335430566f4b95401c110f33e74d3a324f83ad6003ed9d5e93ce617fa11e44",
  );

  it("the example answers as the README says", () => {
    if (request === null) throw new Error("not hex");
    expect(describeRequest("ed25519", request)).toBe(
      "preattestation at 34.4 of NetXo5iVw1vBoxM: vh1mTiEJuJiyimZf5sctgbnHBTLFthMVRNbiViYpLDMGK79TzUwB",
    );
    expect(describeRequest("bls", request)).toBe("refused: not the form of bls keys");
    expect(describeRequest("ed25519", request.subarray(0, request.length - 1))).toBe("refused: decodeError");
  });
});

describe("numbers", () => {
  it("[T12] a level, round or slot outside its range is our bug", () => {
    for (const value of [-1, 2 ** 31, 0.5, Number.NaN]) {
      expect(() => level(value)).toThrow(RangeError);
      expect(() => round(value)).toThrow(RangeError);
      expect(() => slot(value)).toThrow(RangeError);
    }
    expect([level(2 ** 31 - 1), round(0), slot(65_535)]).toEqual([2 ** 31 - 1, 0, 65_535]);
    expect(() => slot(65_536)).toThrow(RangeError);
  });
});
