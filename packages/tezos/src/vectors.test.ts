import { bls12_381 } from "@noble/curves/bls12-381.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes, fromHex, toHex, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  type Attestation,
  blake2b256,
  type BlockHeader,
  blockHash,
  blockPayloadHash,
  blsModeAttestation,
  blsModePreattestation,
  blsScalarBigEndian,
  type ChainId,
  chainIdOfGenesis,
  dalAttestationDigest,
  dalAttestationWeight,
  dalBitsetBytes,
  decodeBlockHeader,
  decodeInlinedOperation,
  decodeOperation,
  decodeProtocolFitness,
  decodeSignedBlockHeader,
  decodeSignedOperation,
  decodeSigningPayload,
  encodeBlockHeader,
  encodeInlinedOperation,
  encodeOperation,
  encodeProtocolFitness,
  encodeSignedBlockHeader,
  encodeSignedOperation,
  encodeSigningPayload,
  formatPublicKey,
  formatPublicKeyHash,
  formatSignature,
  formatText,
  hashPublicKey,
  level,
  meetsProofOfWork,
  type Operation,
  operationHash,
  operationListHash,
  operationListListHash,
  parsePublicKey,
  parsePublicKeyHash,
  parseSecretKey,
  parseSignature,
  parseText,
  type Preattestation,
  proofOfWorkHash,
  round,
  type Signature,
  signingDigest,
  slot,
  voteSigningPayload,
} from "./index.js";

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex.replaceAll("‖", ""));
  if (bytes === null) throw new Error(`not hex: ${hex}`);
  return bytes;
}

const BR = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
const Z32 = "00".repeat(32);
const TARGET = `00000533‖00000000‖${Z32}`;
const S64 =
  "66804fe735e06e97e26da8236b6341b91c625d5e82b3524ec0a88cc982365e70f8a5b9bc65df2ea6d21ee244cc3a96fb33031c394c78b1179ff1b8a44237740c";
const S64_TEXT = "sigbQ5ZNvkjvGssJgoAnUAfY4Wvvg3QZqawBYB1j1VDBNTMBAALnCzRHWzer34bnfmzgHg3EvwdzQKdxgSghB897cono6gbQ";
const SA =
  "aa9d7b7d96832a1d687a1be9a330ed89ba3fcb293de1dbbede4d9f69a22555f2e2c661f68ed427c4cafc7568554207ce0e2d6daa5abb0a07031ed7e5ee3d5c9c17cf827b1824a4b03afd7f13cdde07e37d8c38b053fd928815e462bdf9eb062d";
const SA_TEXT =
  "BLsigBANTUiNcB2UB7VMj1yTn4SgX9NZabdSY3cHBZgDvFoDcJWrtYZZZshA8LEjY46wqxoWM7PvDTatLiDoiCTmc4p2LVdsXLC9CPtDmZYe7mr33uPgLyVutVSqMmrxRF1ej9Ce7p7nRH";
const MAINNET = unwrap(parseText("chainId", "NetXdQprcVkpaWU"));

const target = {
  branch: unwrap(parseText("blockHash", "BKpbfCvh777DQHnXjU2sqHvVUNZ7dBAdqEfKkdw8EGSkD9LSYXb")),
  level: level(1331),
  round: round(0),
  payloadHash: unwrap(parseText("blockPayloadHash", "vh1g87ZG6scSYxKhspAUzprQVuLAyoa5qMBKcUfjgnQGnFb3dJcG")),
};
const v1: Preattestation = { kind: "preattestation", slot: slot(0), ...target };
const v2: Attestation = { kind: "attestation", slot: slot(0), ...target, dalAttestation: null };
const v3: Attestation = { ...v2, dalAttestation: 2048n };
const s64: Signature = unwrap(parseSignature(S64_TEXT));
const sa: Signature = unwrap(parseSignature(SA_TEXT));

function expectUnsigned(operation: Parameters<typeof encodeOperation>[0], hex: string): void {
  expect(toHex(encodeOperation(operation))).toBe(toHex(bytesOf(hex)));
  expect(unwrap(decodeOperation(bytesOf(hex)))).toEqual(operation);
}

function expectSigned(operation: Operation, signature: Signature, hex: string): void {
  expect(toHex(encodeSignedOperation({ operation, signature }))).toBe(toHex(bytesOf(hex)));
  expect(unwrap(decodeSignedOperation(bytesOf(hex)))).toEqual({ operation, signature });
}

function hashText(operation: Operation, signature: Signature): string {
  return formatText("operationHash", operationHash({ operation, signature }));
}

describe("§4.1 integers of the samples", () => {
  it.each([
    ["0", 0n, "00"],
    ["1", 1n, "01"],
    ["2048", 2048n, "8020"],
    ["4294967295", 4_294_967_295n, "bfffffff1f"],
  ])("[4.1] the DAL bitset %s is written in its shortest form", (_name, dalAttestation, z) => {
    expectUnsigned({ ...v2, dalAttestation }, `${BR}‖17‖0000‖${TARGET}‖${z}`);
  });
});

describe("V1–V6 operations of the encoding samples", () => {
  it("[V1] a preattestation has 75 bytes, and its branch is the hash of nothing", () => {
    expectUnsigned(v1, `${BR}‖14‖0000‖${TARGET}`);
    expect(encodeOperation(v1)).toHaveLength(75);
    expect(toHex(target.branch)).toBe(toHex(blake2b256(new Uint8Array())));
  });

  it("[V1s] a signed preattestation ends in 64 raw bytes and has the sample's hash", () => {
    expect(toHex(s64.bytes)).toBe(S64);
    expect(formatSignature(s64)).toBe(S64_TEXT);
    expectSigned(v1, s64, `${BR}‖14‖0000‖${TARGET}‖${S64}`);
    expect(hashText(v1, s64)).toBe("onscT23JYApTxoWp3kY5TyNSdsSZPYAvza89j45fyWa8t3toFyQ");
  });

  it("[V2] an attestation differs from a preattestation in its tag alone", () => {
    expectUnsigned(v2, `${BR}‖15‖0000‖${TARGET}`);
    expectSigned(v2, s64, `${BR}‖15‖0000‖${TARGET}‖${S64}`);
    expect(hashText(v2, s64)).toBe("onk1mKjjHYY3Zn99cBQSnJ2221QXtKgz8Qrq3Cu6tymJUgfQGwS");
  });

  it("[V3] an attestation with DAL content puts the bitset behind the payload hash", () => {
    expectUnsigned(v3, `${BR}‖17‖0000‖${TARGET}‖8020`);
    expectSigned(v3, s64, `${BR}‖17‖0000‖${TARGET}‖8020‖${S64}`);
    expect(hashText(v3, s64)).toBe("ooX55W1YCrUDBjUxt56sLNrGb2wigLdhYQikTDWTc6MaTNfS8ac");
  });

  it("[V4] an aggregate of preattestations lists slots behind their byte length", () => {
    const committee = [0, 23, 51, 89].map(slot);
    expectUnsigned(
      { kind: "preattestationsAggregate", ...target, committee },
      `${BR}‖1e‖${TARGET}‖00000008‖0000‖0017‖0033‖0059`,
    );
  });

  it("[V4s] a BLS signature has the prefix ff03 behind an operation", () => {
    expect(toHex(sa.bytes)).toBe(SA);
    expect(formatSignature(sa)).toBe(SA_TEXT);
    const committee = [0, 23, 51, 893].map(slot);
    expectSigned(
      { kind: "preattestationsAggregate", ...target, committee },
      sa,
      `${BR}‖1e‖${TARGET}‖00000008‖000000170033037d‖ff03‖${SA}`,
    );
  });

  it("[V5] an aggregate of attestations gives each member its own optional DAL content", () => {
    const committee = [
      { slot: slot(0), dalAttestation: null },
      { slot: slot(23), dalAttestation: 2048n },
      { slot: slot(51), dalAttestation: 0n },
      { slot: slot(893), dalAttestation: 1n },
    ];
    const hex = `${BR}‖1f‖${TARGET}‖00000010‖000000‖0017ff8020‖0033ff00‖037dff01`;
    expectUnsigned({ kind: "attestationsAggregate", ...target, committee }, hex);
    expectSigned({ kind: "attestationsAggregate", ...target, committee }, sa, `${hex}‖ff03‖${SA}`);
  });

  it("[V6a] a preattestation in BLS mode has no slot and 73 bytes", () => {
    expectUnsigned({ kind: "blsModePreattestation", ...target }, `${BR}‖28‖${TARGET}`);
    expect(encodeOperation(blsModePreattestation(v1))).toHaveLength(73);
  });

  it("[V6b] an attestation in BLS mode has neither slot nor DAL content", () => {
    expectUnsigned({ kind: "blsModeAttestation", ...target }, `${BR}‖29‖${TARGET}`);
    expect(encodeOperation(blsModeAttestation(v3))).toEqual(encodeOperation(blsModeAttestation(v2)));
  });
});

const V7 =
  "00000533010e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8000000005e9dcbb00242e9bc4583d4f9fa6ba422733f45d3a44397141a953d2237bf8df62e5046eef700000011000000010100000008000000000000000a4c7319284b55068bb7c4e0b9f8585729db7fb27ab4ca9cff2038a1fc324f650c000000000000000000000000000000000000000000000000000000000000000000000000101895ca00000000ff043691f53c02ca1ac6f1a0c1586bf77973e04c2d9b618a8309e79651daf0d55801";
const v7: BlockHeader = {
  level: level(1331),
  proto: 1,
  predecessor: target.branch,
  timestampSeconds: BigInt(Date.parse("2020-04-20T16:20:00Z") / 1000),
  validationPass: 2,
  operationsHash: unwrap(parseText("operationListListHash", "LLoZqBDX1E2ADRXbmwYo8VtMNeHG6Ygzmm4Zqv97i91UPBQHy9Vq3")),
  fitness: [bytesOf("01"), bytesOf("000000000000000a")],
  context: unwrap(parseText("contextHash", "CoVDyf9y9gHfAkPWofBJffo4X4bWjmehH2LeVonDcCKKzyQYwqdk")),
  payloadHash: target.payloadHash,
  payloadRound: round(0),
  proofOfWorkNonce: bytesOf("101895ca00000000"),
  seedNonceHash: unwrap(parseText("nonceHash", "nceUFoeQDgkJCmzdMWh19ZjBYqQD3N9fe6bXQ1ZsUKKvMn7iun5Z3")),
  votes: { liquidityBaking: "off", second: "on" },
};

describe("V7 and V8 block header and fitness samples", () => {
  it("[V7] a header encodes to the sample's bytes and back", () => {
    expect(toHex(encodeBlockHeader(v7))).toBe(V7);
    expect(unwrap(decodeBlockHeader(bytesOf(V7)))).toEqual(v7);
  });

  it("[V7] a signed header has its signature without prefix and the sample's block hash", () => {
    const signed = { header: v7, signature: s64 };
    expect(toHex(encodeSignedBlockHeader(signed))).toBe(V7 + S64);
    expect(unwrap(decodeSignedBlockHeader(bytesOf(V7 + S64)))).toEqual(signed);
    expect(formatText("blockHash", blockHash(signed))).toBe("BMVszDtLsn2Rb3CsSvCtv9yi7LtDaW37aJoFyEC6m3MgQHPLDPy");
  });

  it("[V7] the proof-of-work hash takes zeros for the signature and is compared as an unsigned number", () => {
    expect(toHex(proofOfWorkHash(v7))).toBe("44a9e523f321757a84df9d89607ec32db730381b59a72a4dc54d40a8f1e29184");
    expect(meetsProofOfWork(v7, 0x44a9e523f321757an)).toBe(true);
    expect(meetsProofOfWork(v7, 0x44a9e523f3217579n)).toBe(false);
    expect(meetsProofOfWork(v7, 0xffff_ffff_ffff_ffffn)).toBe(true);
  });

  it("[V8] the protocol's own fitness has the locked round as an option of 01", () => {
    const hex = "00000001‖01‖00000001‖00000001‖00000002";
    const fitness = { level: level(1), lockedRound: round(1), predecessorRound: round(1), round: round(2) };
    expect(toHex(encodeProtocolFitness(fitness))).toBe(toHex(bytesOf(hex)));
    expect(unwrap(decodeProtocolFitness(bytesOf(hex)))).toEqual(fitness);
  });
});

describe("V9 signatures of the main network", () => {
  const key = unwrap(parsePublicKey("edpkuNyLH57vRp2dyzeDSg2G7AarZcp29DQnkQaXrSNdkRkAE4B1ZA"));
  const common =
    "3e47ad79416e7bdceb65156abdbcfd4b1237caf488cbfc39d88c836840bf0bc8‖TAG‖09b9002513b8000000008c41b04d3a8648732fb22507447214aa698a235862f30b956e36a37a7d36eb7c";
  const cases = [
    {
      id: "V9a",
      type: "attestation",
      hex: `13‖7a06a770‖${common.replace("TAG", "15")}`,
      signature: "edsigu66k8pYbKvhRbQizVL41XApHz9y6FSj4E6CowvWUsD13j7BDQJAJMh3id4LFhqsip6AhnpcYhRmvMyV4enAnyvEHbTiVZZ",
    },
    {
      id: "V9b",
      type: "preattestation",
      hex: `12‖7a06a770‖${common.replace("TAG", "14")}`,
      signature: "edsigtaMbMAePuHrEi6cHAc8qKJjrdF9LWdewBJrmrYZTKWAyV1JYADySGovoqkuvwY68UwBxxyj3MJ2Ft7pNAKhbhc6gP4VP8p",
    },
  ] as const;

  it("[V9] the public key has the delegate's name", () => {
    expect(formatPublicKeyHash(hashPublicKey(key))).toBe("tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz");
  });

  it.each(cases.map((c) => [c.id, c.type, c] as const))(
    "[%s] the %s payload is read and its signature verifies",
    (_id, _type, { type, hex, signature }) => {
      const decoded = unwrap(decodeSigningPayload(bytesOf(hex)));
      expect(decoded).toMatchObject({ type, level: 2_429_880, round: 0, operation: { slot: 2489 } });
      expect(toHex(encodeSigningPayload(decoded))).toBe(toHex(bytesOf(hex)));
      const parsed = unwrap(parseSignature(signature));
      expect(parsed.scheme).toBe("ed25519");
      expect(ed25519.verify(parsed.bytes, signingDigest(bytesOf(hex)), key.bytes)).toBe(true);
    },
  );
});

const V10_BLOCK =
  "11ed9d217c0000518e0118425847ac255b6d7c30ce8fec23b8eaf13b741de7d18509ac2ef83c741209630000000061947af504805682ea5d089837764b3efcc90b91db24294ff9ddb66019f332ccba17cc4741000000210000000102000000040000518e0000000000000004ffffffff0000000400000000eb1320a71e8bf8b0162a3ec315461e9153a38b70d00d5dde2df85eb92748f8d068d776e356683a9e23c186ccfb72ddc6c9857bb1704487972922e7c89a7121f800000000a8e1dd3c000000000000";

describe("V10 payloads to parse", () => {
  it("[V10] the chain is NetXxkAx4woPLyu", () => {
    expect(formatText("chainId", bytesOf("ed9d217c"))).toBe("NetXxkAx4woPLyu");
  });

  it.each([
    {
      type: "preattestation",
      hex: "12ed9d217c2f50673bab6b20dfb0a88ca93b4a0c72a34c807af5dffbece2cba3d2b509835f14006000000002000000041f1ebb39759cc957216f88fb4d005abc206fb00a53f8d57ac01be00c084cba97",
      fields: { level: 2, round: 4, operation: { slot: 96 } },
    },
    {
      type: "attestation",
      hex: "13ed9d217cfc81eee810737b04018acef4db74d056b79edc43e6be46cae7e4c217c22a82f01500120000518d0000000003e7ea1f67dbb0bb6cfa372cb092cd9cf786b4f1b5e5139da95b915fb95e698d",
      fields: { level: 20_877, round: 0, operation: { slot: 18, dalAttestation: null } },
    },
    {
      type: "block",
      hex: V10_BLOCK,
      fields: {
        level: 20_878,
        round: 0,
        header: { payloadRound: 0, seedNonceHash: null, votes: { liquidityBaking: "on", second: "on" } },
      },
    },
  ])("[V10] the $type payload is read with level, round and chain", ({ type, hex, fields }) => {
    const decoded = unwrap(decodeSigningPayload(bytesOf(hex)));
    expect(decoded).toMatchObject({ type, chainId: bytesOf("ed9d217c"), ...fields });
    expect(toHex(encodeSigningPayload(decoded))).toBe(hex);
  });
});

describe("V11 payloads with digests", () => {
  it.each([
    {
      id: "A1",
      hex: "11b3d79f990000000218954ac461a1b7642a78880e485b1db8da1e96f6cac6ee7dae541c7b6a8e66840b0000000069a8c3a3043c218c11c12df01faa1113bb827d7de00cc6f95993e220901ca35ff0cec5954000000021000000010200000004000000020000000000000004ffffffff0000000400000000ecbf5c99c96392b252bb846394c12c422e0cb2e050aa018dcc2a880f9c9c636858335430566f4b95401c110f33e74d3a324f83ad6003ed9d5e93ce617fa11e4400000000d7d4b0aea9d000000000",
      digest: "vh2THNfr1pU3TjJyJkw7BKq19suqMX1W9PXRVAgpueELhGTAuhSx",
      fields: { type: "block", level: 2, round: 0 },
    },
    {
      id: "C2",
      hex: "12b3d79f993222f293d2f293230ec36b0bef1caead619f1a7206ff54a0c198f07ae25bb151140014000000220000000458335430566f4b95401c110f33e74d3a324f83ad6003ed9d5e93ce617fa11e44",
      digest: "vh1mTiEJuJiyimZf5sctgbnHBTLFthMVRNbiViYpLDMGK79TzUwB",
      fields: { type: "preattestation", level: 34, round: 4, operation: { slot: 20 } },
    },
    {
      id: "C3",
      hex: "13b3d79f993222f293d2f293230ec36b0bef1caead619f1a7206ff54a0c198f07ae25bb151150015000000220000000458335430566f4b95401c110f33e74d3a324f83ad6003ed9d5e93ce617fa11e44",
      digest: "vh2UEcdXfsAWcTP1omYSp1q54H5S2x3zqfr2YqAcZ2Neyjauix1K",
      fields: { type: "attestation", level: 34, round: 4, operation: { slot: 21 } },
    },
  ])("[V11 $id] the digest covers watermark, chain id and bytes", ({ hex, digest, fields }) => {
    expect(unwrap(decodeSigningPayload(bytesOf(hex)))).toMatchObject({ chainId: bytesOf("b3d79f99"), ...fields });
    expect(formatText("blockPayloadHash", signingDigest(bytesOf(hex)))).toBe(digest);
  });

  it("[V11] the sandbox chain and key have their texts", () => {
    expect(formatText("chainId", bytesOf("b3d79f99"))).toBe("NetXo5iVw1vBoxM");
    const key = "tz1WGcYos3hL7GXYXjKrMnSFdkT7FyXnFBvf";
    expect(formatPublicKeyHash(unwrap(parsePublicKeyHash(key)))).toBe(key);
  });
});

describe("V12 hashes over operations", () => {
  const operations = [
    "oom9d3PpjjaMzgg9mZ1pDrF8kjdyzDb41Bd2XE6Y3kRtFHXLku3",
    "oojiRXrrXHgukj8Q7d2AV8QCmJHTM4qpxhZqqbAnuG1RHtnbvim",
    "oo3h4gpQBjXaL63GDSiK54mP7sLydhgDQwBfjBWDhGt1gAcnGfA",
  ].map((text) => unwrap(parseText("operationHash", text)));

  it("[V12] three operations give the sample's list hash", () => {
    expect(formatText("operationListHash", operationListHash(operations))).toBe(
      "Lox8ArSzh7u3ZDpuFy3ppHr1gbAQSi63YZq3Gp66KtgUN1HQNypV",
    );
  });

  it("[V12] predecessor, payload round and operations give the sample's payload hash", () => {
    const predecessor = unwrap(parseText("blockHash", "BLc1ntjBDjsszZkGrbyHMoQ6gByJzkEjMs94T7UaM1ogGXa1PzF"));
    expect(formatText("blockPayloadHash", blockPayloadHash(predecessor, round(53), operations))).toBe(
      "vh3Ed4mvDcNYVtskGLCYKKk1aBxJTpQNc46Hyi4EedpGCmgZ4LiG",
    );
  });

  it("[V12] no operations and four empty lists have hashes of their own", () => {
    const empty = operationListHash([]);
    expect(formatText("operationListHash", empty)).toBe("Lovtotjuae3fq7XNBpVFpSpjWaY8HXReca9gfsUwCKMc7Dy4gPWG");
    expect(formatText("operationListListHash", operationListListHash([empty, empty, empty, empty]))).toBe(
      "LLoa7bxRTKaQN2bLYoitYB6bU2DvLnBAqrVjZcvJ364cTcX2PZYKU",
    );
  });
});

const BLS_AUG_DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_AUG_";
const BLS_POP_DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const BLS_PROOF_DST = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
const bls = bls12_381.longSignatures;

function blsSign(text: string, message: Uint8Array, dst = BLS_POP_DST): Uint8Array {
  return bls.sign(bls.hash(message, dst), blsSecret(text)).toBytes();
}

function blsSecret(text: string): Uint8Array {
  const key = unwrap(parseSecretKey(text));
  if (key.scheme !== "bls") throw new Error("not a BLS key");
  return blsScalarBigEndian(key);
}

function blsVerifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, dst: string): boolean {
  return bls.verify(signature, bls.hash(message, dst), publicKey);
}

describe("V13 signatures on plain messages", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);

  it("[V13] the ed25519 signature verifies over the digest, and the seed makes it", () => {
    const key = unwrap(parsePublicKey("edpkurrsBe7UjF59ciHHmBRnS76WHx3YNL9m7owYta6ticPrdP9DG4"));
    const text = "edsigtoeXp3xFtGugwCTDSDuifQ9Ka81X4gXFoxRQ6Xao2Ryc3yioptrKMfNy5c9pHhbA9Xn3sYZdx2SPiCGTFXjjXx9xKCPDoq";
    const signature = unwrap(parseSignature(text));
    const digest = blake2b256(utf8("hello, world"));
    expect(ed25519.verify(signature.bytes, digest, key.bytes)).toBe(true);
    const secret = unwrap(parseSecretKey("edsk3vifWnPCr8jXyhnt1YLa5KeNYTPfHENDq9gxqAA8ERkvEigYMe"));
    if (secret.scheme !== "ed25519") throw new Error("not an ed25519 key");
    expect(formatPublicKey({ scheme: "ed25519", bytes: ed25519.getPublicKey(secret.seed) })).toBe(formatPublicKey(key));
    expect(formatSignature({ scheme: "ed25519", bytes: ed25519.sign(digest, secret.seed) })).toBe(text);
  });

  it("[V13] the secp256k1 signature verifies over the digest, and the scalar makes it", () => {
    const key = unwrap(parsePublicKey("sppk7a2WEfU54QzcQZ2EMjihtcxLeRtNTVxHw4FW2e8W5kEJ8ZargSb"));
    const text = "spsig1QLf7cczTbt4UHFGQKUrB2pS3ZTu9wdXR29zKxVPQkhBaiLez6hRcM142ms7HagQa3vuPstvMtYq44y4x4RPcrLu76ZuQ7";
    const signature = unwrap(parseSignature(text));
    const digest = blake2b256(utf8("hello, test"));
    expect(secp256k1.verify(signature.bytes, digest, key.bytes, { prehash: false })).toBe(true);
    const secret = unwrap(parseSecretKey("spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq"));
    if (secret.scheme !== "secp256k1") throw new Error("not a secp256k1 key");
    const made = secp256k1.sign(digest, secret.scalar, { prehash: false });
    expect(formatSignature({ scheme: "secp256k1", bytes: made })).toBe(text);
  });

  it("[V13] the P-256 signature verifies although its s is not the lower one", () => {
    const key = unwrap(parsePublicKey("p2pk65p7HKSGvkMdeK5yckM2nmi59oGNw4ksqdcvwxxF3AV3hopkfGS"));
    const signature = unwrap(
      parseSignature(
        "p2sigefoF8vJvSshWmLL6NyX6QnQUyUhq76r3F3ST6mTNqeCFzosDQyaRanoZpm14eeakZhAJ3LdGHFE4z9cPv9yTWFqWM4j9A",
      ),
    );
    const digest = blake2b256(utf8("hello, message"));
    expect(p256.verify(signature.bytes, digest, key.bytes, { prehash: false, lowS: false })).toBe(true);
  });

  it("[V13] the BLS signature is of the augmented scheme and fails under today's", () => {
    const key = unwrap(parsePublicKey("BLpk1yE462s3cPX5t2HhvGPg3HSEUgqLi9q9Knwx7mbN4VuhEsvBYFvEz5Eu9shR7vZRY1k5PCtV"));
    const signature = unwrap(
      parseSignature(
        "BLsig9WknWnGmPcJw1q9oCBr53UyjAWxxYNS5wz5HBKmCcuxCfK1Hwhs92YDFocvxUhXfUosgcTuzAEuAAjKzjy7isNhU3o2e8snmZyo9E85oRudCpM1MNtkeAAYEkSXUPLKtRYa9yFwni",
      ),
    );
    const message = utf8("hello, bls");
    expect(blsVerifies(key.bytes, concatBytes(key.bytes, message), signature.bytes, BLS_AUG_DST)).toBe(true);
    expect(blsVerifies(key.bytes, message, signature.bytes, BLS_POP_DST)).toBe(false);
  });
});

const CONSENSUS_SECRET = "BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq";
const COMPANION_SECRET = "BLsk1i2spHCMKGiXLegr6k6AUwpDB9nuHRNNKhq2RfFEE52sPbMDub";
const consensusKey = unwrap(
  parsePublicKey("BLpk1yUiLJ7RezbyViD5ZvWTfQndM3TRRYmvYWkUfH2EJqsLFnzzvpJss6pbuz3U1DDMpk8v16nV"),
);
const companionKey = unwrap(
  parsePublicKey("BLpk1mTjnLG4kYmXK5mDAe3g6seC53sN4fKek4r423y9ZBhbtCqrqyAkfGCpkTKeT9K1sZq5Q6Dd"),
);

describe("V14 BLS keys and chain ids", () => {
  it("[V14] BLS secret keys are little-endian and belong to their public keys", () => {
    expect(toHex(blsSecret(COMPANION_SECRET))).toBe("4480497d62b6fb4c96b2c9f16cefb617a03bcb58014087e9cd00869906e2851b");
    expect(toHex(bls.getPublicKey(blsSecret(COMPANION_SECRET)).toBytes())).toBe(toHex(companionKey.bytes));
    expect(toHex(bls.getPublicKey(blsSecret(CONSENSUS_SECRET)).toBytes())).toBe(toHex(consensusKey.bytes));
  });

  it("[V14] the hashes of the BLS keys are the delegates' names", () => {
    expect(formatPublicKeyHash(hashPublicKey(companionKey))).toBe("tz4FkA9iARD8zDB6VTDrxz9SreTtK2PzFKrh");
    expect(formatPublicKeyHash(hashPublicKey(consensusKey))).toBe("tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn");
  });

  it("[V14] the proof of possession signs the compressed public key", () => {
    const proof = blsSign(CONSENSUS_SECRET, consensusKey.bytes, BLS_PROOF_DST);
    expect(formatSignature({ scheme: "bls", bytes: proof })).toBe(
      "BLsig9a5nLiDGB7zGFTWJGdsZT3WPMCTAh5qVUmJekTzPbiQttFVD6jDg4Mf1gEV8Y3fq7sv9Vs6U7Tpx9ZST7GZdw9NGz9JLkdfeXmGz5yh1BnVSr5aYcLfPEpwteCGRx4Bk1q2SuaAnh",
    );
  });

  it.each([
    ["BLockGenesisGenesisGenesisGenesisGenesisf79b5d1CoW2", "7a06a770", "NetXdQprcVkpaWU"],
    ["BLockGenesisGenesisGenesisGenesisGenesisb83baZgbyZe", "8eceda2f", "NetXgtSLGNJvNye"],
  ])("[V14] the genesis %s names chain %s", (genesis, hex, text) => {
    const chainId = chainIdOfGenesis(unwrap(parseText("blockHash", genesis)));
    expect(toHex(chainId)).toBe(hex);
    expect(formatText("chainId", chainId)).toBe(text);
  });
});

describe("V15 from vote to injected operation", () => {
  const secret = unwrap(parseSecretKey("edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh"));
  const seed = secret.scheme === "ed25519" ? secret.seed : new Uint8Array();

  function forge(chainId: ChainId, vote: Preattestation | Attestation) {
    const digest = signingDigest(encodeSigningPayload(voteSigningPayload("ed25519", chainId, vote)));
    return { digest: toHex(digest), signature: { scheme: "ed25519", bytes: ed25519.sign(digest, seed) } as const };
  }

  it("[V15] the seed has bootstrap1's public key", () => {
    expect(formatPublicKey({ scheme: "ed25519", bytes: ed25519.getPublicKey(seed) })).toBe(
      "edpkuBknW28nW72KG6RoHtYW7p12T6GKc7nAbwYX5m8Wd9sDVC9yav",
    );
  });

  it.each([
    {
      id: "V1",
      vote: v1,
      digest: "11e8f192039a4e9507f8566ed6284fa5e0e9469da9f3eb15ffc7072c5e75e0e1",
      text: "edsigtrtyHmL8w8YKNFTv3unby3RJvoeZ6hGRTnYLP2hDfMVPgSntvpG79aAdHm7Y5DhtEX7z1RZwptwyQwCnBNekVxUzv4JzaJ",
      hash: "ooUFqz1VL3PyrmxQPyUQuiYCbTvtGfNYz2MdPjNtNJEJ6Hc4q7c",
    },
    {
      id: "V2",
      vote: v2,
      digest: "22a4661cd4823a14313384e510544af380ce40c3c44d3026319b191718356f4a",
      text: "edsigtqKd5bH9iKgCtPPuMRQ5oN74oZpKBEoeioskqGzyvF91bGypsMqeGivaqUGy4DeNoqetEXakM5FuADs42hiDz1TQmNdDCV",
      hash: "opMKVqbAJkcS9XnKQUXfJsVoqe6FYqLwvqUetzRcyt2AZrwCw79",
    },
    {
      id: "V3",
      vote: v3,
      digest: "4ac16b120dc56028ad9eef729e9440f6d79de3b53c44b4689d560acd027cbc1d",
      text: "edsigtrAVmqBApb4pZasvPoTet44wyB4zxUVeZ6sS45z57eywx86qLtxd66zrirrwWmmAML6zyMMysAkdnqAL9HZBiHPXTY3EaJ",
      hash: "opRHBREuHF4PpEn3af1TY7HeKgczHZhKcYXqhacEBBW9qECBheB",
    },
  ])("[V15 $id] payload, digest, signature and operation hash follow from the vote", ({ vote, digest, text, hash }) => {
    const forged = forge(MAINNET, vote);
    expect(forged.digest).toBe(digest);
    expect(formatSignature(forged.signature)).toBe(text);
    expect(hashText(vote, forged.signature)).toBe(hash);
  });

  it("[V15 V7] payload, digest, signature and block hash follow from the header", () => {
    const digest = signingDigest(encodeSigningPayload({ type: "block", chainId: MAINNET, header: v7 }));
    expect(toHex(digest)).toBe("a2c1e198ee10830c16537980b8a7b33687e87d179494fda3966e54f17c5e6f62");
    const signature: Signature = { scheme: "ed25519", bytes: ed25519.sign(digest, seed) };
    expect(formatSignature(signature)).toBe(
      "edsigtaHi5t1PDsqGCNYsFS9uv6DHCnk8jmDtd6QuC4tCyrptSfjzhgm2K7UjAsFSoj6PEDohaYpKtd586Z5HdrpDrVFkHZFPvh",
    );
    expect(formatText("blockHash", blockHash({ header: v7, signature }))).toBe(
      "BLTHqvQFbioro2dyU4L8KGKjEfCD1ZmDTYX3ZWSpFPyArLQFdyg",
    );
  });

  it.each([
    {
      name: "preattestation",
      vote: v1,
      text: "BLsig9rtwr8Yu1Z9Svnkvc7jFj1TnJJZWAx9z8g8WEZjbQfbDPQd1TRmUprtcDCCeYkwqqE7TqbX9bDddNYF3QL67QgxkdT7JEnC5GxNyUPnXama9jCfiFZk7erhGK9TLkzmDWtfW541J9",
      hash: "opJQySyS4DJ8ktMphGkafcsnvDtTSS8MzX5NPWHEFarQbT9BL9N",
    },
    {
      name: "attestation",
      vote: v2,
      text: "BLsigAJedzg2UyEeTYDMiezqfXmzXKJ72diqU7EEdVd73wc5JTN75R8PQA9okoBTxXvE8Mva23yK5hChaUQZwCVdbWGG6Eux586FSrVovHw5E1BniBKqVEtAjqh4XLzttJcdwCmGSYi5oF",
      hash: "oosgexMcUSTb2d8BxgaG8JZMCa476gUDQkjQgkpeL9inu3R5V2z",
    },
  ])("[V15 BLS] a tz4 key signs the $name in BLS mode, and the operation keeps its slot", ({ vote, text, hash }) => {
    const message = encodeSigningPayload(voteSigningPayload("bls", MAINNET, vote));
    const signature: Signature = { scheme: "bls", bytes: blsSign(CONSENSUS_SECRET, message) };
    expect(formatSignature(signature)).toBe(text);
    expect(hashText(vote, signature)).toBe(hash);
  });

  it("[V15 DAL] consensus and weighted companion signature add up to the sample's", () => {
    const attestation = blsModeAttestation(v3);
    const parts = {
      consensusKey: hashPublicKey(consensusKey),
      companionKey: hashPublicKey(companionKey),
      attestation,
      dalAttestation: 2048n,
    };
    expect(toHex(dalBitsetBytes(2048n))).toBe("0008000000000000");
    expect(toHex(dalAttestationDigest(parts))).toBe("73d6cb23c42233b2846060aa12f3320cae11a023f9a67d6d9c6e0cc0c006be32");

    const message = encodeSigningPayload({ type: "attestation", chainId: MAINNET, operation: attestation });
    const companionSignature = blsSign(COMPANION_SECRET, message);
    expect(formatSignature({ scheme: "bls", bytes: companionSignature })).toBe(
      "BLsig9pUx4Q7kJpQzBNpaqbX4eaVjnGub9aKEHBcxfC77Dyy3sRDhQVZCTNh4jUF8fLnjHwDmuqMwgtX4xu9k343CLVci5G8dKyV13zoRPVr4B53MS3Zc7YNd5heGRAT4FfFzmY5MYv8Ay",
    );
    const w = dalAttestationWeight(parts);
    const sum = bls.Signature.fromBytes(blsSign(CONSENSUS_SECRET, message)).add(
      bls.Signature.fromBytes(companionSignature).multiply(w),
    );
    expect(formatSignature({ scheme: "bls", bytes: sum.toBytes() })).toBe(
      "BLsigBEHrRakRqaPvE9XnpG6ErtR9pqxrh7RL7HGc3bNQttAkJoTfqdiVnqKJ45s6a4xMXi9VhgeUTVbgsfU4xVhPq8oDjADG2pGjhryKg855BtEF8AtRmvBUenbDtkvymUKEHNpth33hY",
    );
    const { Point } = bls12_381.G1;
    const key = Point.fromBytes(consensusKey.bytes).add(Point.fromBytes(companionKey.bytes).multiply(w));
    expect(toHex(key.toBytes())).toBe(
      "afb5298e181a7788319e619b8d1eb835080794a8dd346715b5c745af717a45e8f11f9fbc37731b2bf61a370668d1b695",
    );
    expect(blsVerifies(key.toBytes(), message, sum.toBytes(), BLS_POP_DST)).toBe(true);
  });
});

describe("V16 an aggregate inside evidence", () => {
  const hex =
    "43ce28b36fdbebdaedfc0986122d94af3b2d3aca3759bb7817c566d0c4e8c5c61f0002538f00000000eedf68ab85187d03d7902bc2c2c6e60b8b62204964e2ff9211117d70129ddba200000014000d000000000001ff000002000004000009ff00b9323cb932b454d35436e5f3faf5cc6d1e5359dd3e6a16b5867cd06e860c0cf6e7e53db2ce9706a613a9421e991282d51224793107a3bff85b4e08da704c2896cb51e7c6524c16ca3db887b90fe07d6e0620d03600f2d46e65ec4361249943a0";

  it("[V16] an inlined aggregate has a BLS signature without prefix", () => {
    const member = (index: number, dalAttestation: bigint | null) => ({ slot: slot(index), dalAttestation });
    const signed = {
      operation: {
        kind: "attestationsAggregate",
        branch: unwrap(parseText("blockHash", "BLE9LASpwxzBoEk2uR5mW35FWh8g7Qxui9rkEKR65PEqsM4XozB")),
        level: level(152_463),
        round: round(0),
        payloadHash: unwrap(parseText("blockPayloadHash", "vh3VKo8UcTK1ZtuGzgGpyVYXivH1nDV9GsrHUnXgdcLLQmTtWqFC")),
        committee: [member(13, null), member(0, null), member(1, 0n), member(2, null), member(4, null), member(9, 0n)],
      },
      signature: unwrap(
        parseSignature(
          "BLsigBjEmpFPDQTwjpirWAheQU2G7Tqns2EK9x2xnzpyQEQ1n1P8wVW3KcJTFwzYMBNZLgP8j6ZLqjwhGMwghXi3s2D45wGGvL6Zd4wJuXFqe4DAGgVwiPGoARvJhnaUe5j5x2kVdZP2Vu",
        ),
      ),
    } as const;
    expect(bytesOf(hex)).toHaveLength(0xc1);
    expect(unwrap(decodeInlinedOperation(bytesOf(hex)))).toEqual(signed);
    expect(toHex(encodeInlinedOperation(signed))).toBe(hex);
  });
});
