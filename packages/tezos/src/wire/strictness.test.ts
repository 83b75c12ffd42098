import { ByteWriter, concatBytes, decode, fromHex, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import {
  appendSignature,
  decodeBlockHeader,
  decodeDalLags,
  decodeDalSlots,
  decodeOperation,
  decodeSignedOperation,
  encodeBlockHeader,
  encodeDalLags,
  encodeDalSlots,
  encodeOperation,
  encodeSignedOperation,
  level,
  OPERATION_BYTES_MAX,
  parseOperationJson,
  readZ,
  round,
  slot,
  writeZ,
} from "../index.js";
import { sampleAttestation, sampleBlockHeader, samplePreattestation } from "../testing/index.js";

const hex = (text: string) => fromHex(text.replaceAll(" ", "")) ?? new Uint8Array();

function zReason(text: string): string {
  const decoded = decode(hex(text), readZ);
  return decoded.ok ? decoded.value.toString() : decoded.error.reason;
}

describe("integers", () => {
  it.each([
    ["8000", "an integer with more bytes than it needs"],
    ["808000", "an integer with more bytes than it needs"],
    ["818000", "an integer with more bytes than it needs"],
    ["40", "a negative zero"],
    ["80", "input ends 1 bytes early"],
  ])("[T2] %s is refused: %s", (text, reason) => {
    expect(zReason(text)).toBe(reason);
  });

  it.each([
    ["41", -1n],
    ["7f", -63n],
    ["c001", -64n],
    ["3f", 63n],
    ["8001", 64n],
  ])("[T1] %s is %s", (text, value) => {
    expect(zReason(text)).toBe(value.toString());
    const writer = new ByteWriter();
    writeZ(writer, value);
    expect(writer.finish()).toEqual(hex(text));
  });

  it("[T16] no integer is longer than 128 bytes", () => {
    expect(zReason(`${"80".repeat(127)}01`)).toMatch(/^[0-9]+$/);
    expect(zReason(`${"80".repeat(128)}01`)).toBe("an integer of more than 128 bytes");
  });
});

describe("operations", () => {
  it("[T2] a negative DAL bitset is refused", () => {
    const bytes = encodeOperation(sampleAttestation({}, 1n));
    bytes[75] = 0x41;
    expect(decodeOperation(bytes)).toMatchObject({ ok: false, error: { reason: "a negative bitset", offset: 76 } });
  });

  it("[T2] an unknown tag is refused", () => {
    const bytes = encodeOperation(samplePreattestation());
    bytes[32] = 0x16;
    expect(decodeOperation(bytes)).toMatchObject({ ok: false, error: { reason: "unknown operation tag 22" } });
  });

  it("[T2] a committee whose length cuts a member is refused", () => {
    const { branch, payloadHash } = samplePreattestation();
    const target = { branch, level: level(1), round: round(0), payloadHash };
    const bytes = encodeOperation({ kind: "preattestationsAggregate", ...target, committee: [slot(1), slot(2)] });
    bytes[32 + 1 + 4 + 4 + 32 + 3] = 3;
    expect(decodeOperation(bytes)).toMatchObject({
      ok: false,
      error: { reason: "an item crosses the end of its list" },
    });
  });

  it("[T16] more than the limit is refused unread", () => {
    expect(decodeOperation(new Uint8Array(OPERATION_BYTES_MAX + 1))).toMatchObject({ ok: false, error: { offset: 0 } });
  });

  it("[T17] forms that are only signed are never carried", () => {
    const { branch, level: at, round: of, payloadHash } = samplePreattestation();
    const unsigned = encodeOperation({ kind: "blsModePreattestation", branch, level: at, round: of, payloadHash });
    expect(decodeSignedOperation(concatBytes(unsigned, new Uint8Array(64)))).toMatchObject({ ok: false });
  });

  it("[T18] no signature is 64 zero bytes, and a longer one has its prefix", () => {
    const operation = samplePreattestation();
    const unsigned = encodeOperation(operation);
    expect(encodeSignedOperation({ operation, signature: null })).toEqual(concatBytes(unsigned, new Uint8Array(64)));
    const bls = { scheme: "bls", bytes: new Uint8Array(96).fill(7) } as const;
    expect(encodeSignedOperation({ operation, signature: bls })).toEqual(concatBytes(unsigned, hex("ff03"), bls.bytes));
    const mldsa = { scheme: "mldsa44", bytes: new Uint8Array(2420).fill(7) } as const;
    expect(appendSignature(unsigned, mldsa)).toEqual(concatBytes(unsigned, hex("ff04"), mldsa.bytes));
  });

  it("[T18] a long signature with a wrong prefix is refused", () => {
    const tail = concatBytes(hex("ff04"), new Uint8Array(96).fill(7));
    const bytes = concatBytes(encodeOperation(samplePreattestation()), tail);
    expect(decodeSignedOperation(bytes)).toMatchObject({
      ok: false,
      error: { reason: "a signature of this length begins with ff03" },
    });
  });
});

describe("block headers", () => {
  it("[T2] the option byte of the nonce hash is 00 or ff", () => {
    const bytes = encodeBlockHeader(sampleBlockHeader());
    bytes[bytes.length - 2] = 0x01;
    expect(decodeBlockHeader(bytes)).toMatchObject({ ok: false, error: { reason: "an option begins with 00 or ff" } });
  });

  it.each([[3], [12], [16], [255]])("[T2] the vote byte %i is refused", (votes) => {
    const bytes = encodeBlockHeader(sampleBlockHeader());
    bytes[bytes.length - 1] = votes;
    expect(decodeBlockHeader(bytes)).toMatchObject({ ok: false, error: { reason: "unknown per-block votes" } });
  });

  it("[T1] older protocols' second vote stands in bits 2 and 3", () => {
    const bytes = encodeBlockHeader(sampleBlockHeader());
    bytes[bytes.length - 1] = 0b1001;
    expect(unwrap(decodeBlockHeader(bytes)).votes).toEqual({ liquidityBaking: "off", second: "pass" });
  });
});

describe("DAL bitsets", () => {
  it("[4.5] the worked example: lag 1 attests slots 1 and 5, lag 3 slots 0 and 11", () => {
    const bits = 0b00100001_00000010_01000101_1010n;
    expect(encodeDalLags([[], [1, 5], [], [0, 11]])).toBe(bits);
    expect(unwrap(decodeDalLags(bits, 4, 32))).toEqual([[], [1, 5], [], [0, 11]]);
  });

  it("[4.5] up to protocol 024 bit i is slot i: 2048 is slot 11", () => {
    expect(encodeDalSlots([11])).toBe(2048n);
    expect(unwrap(decodeDalSlots(2048n, 32))).toEqual([11]);
  });

  it.each([
    ["a lag without a last chunk", 0b00000010_0001n],
    ["an empty last chunk", 0b00000001_0001n],
    ["bits behind the last chunk", 0b1_00000011_0001n],
    ["bits behind the last chunk", 0b1_0000n],
    ["a slot outside of 5", 0b10000001_0001n],
    ["negative", -1n],
  ])("[T2] %s is refused", (reason, bits) => {
    expect(decodeDalLags(bits, 4, 5)).toEqual({ ok: false, error: { code: "badDalBitset", reason } });
  });
});

describe("JSON form", () => {
  const valid = {
    branch: "BKpbfCvh777DQHnXjU2sqHvVUNZ7dBAdqEfKkdw8EGSkD9LSYXb",
    contents: [
      {
        kind: "attestation_with_dal",
        slot: 0,
        level: 1331,
        round: 0,
        block_payload_hash: "vh1g87ZG6scSYxKhspAUzprQVuLAyoa5qMBKcUfjgnQGnFb3dJcG",
        dal_attestation: "2048",
      },
    ],
    signature: "what a node adds is left alone",
  };
  const [content] = valid.contents;

  it("[V3] reads the sample", () => {
    expect(unwrap(parseOperationJson(valid))).toEqual(sampleAttestation({}, 2048n));
  });

  it.each([
    ["$", null],
    ["$.branch", { ...valid, branch: 5 }],
    ["$.branch", { ...valid, branch: content?.block_payload_hash }],
    ["$.contents", { ...valid, contents: [] }],
    ["$.contents", { ...valid, contents: [content, content] }],
    ["$.contents[0].kind", { ...valid, contents: [{ ...content, kind: "transaction" }] }],
    ["$.contents[0].level", { ...valid, contents: [{ ...content, level: -1 }] }],
    ["$.contents[0].round", { ...valid, contents: [{ ...content, round: 2 ** 31 }] }],
    ["$.contents[0].slot", { ...valid, contents: [{ ...content, slot: 65_536 }] }],
    ["$.contents[0].dal_attestation", { ...valid, contents: [{ ...content, dal_attestation: "-1" }] }],
    ["$.contents[0].dal_attestation", { ...valid, contents: [{ ...content, dal_attestation: "9".repeat(400) }] }],
  ])("[T2] names %s when that is wrong", (path, value) => {
    expect(parseOperationJson(value)).toMatchObject({ ok: false, error: { path } });
  });
});
