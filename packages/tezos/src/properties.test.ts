import { type ByteReader, ByteWriter, concatBytes, decode, equalBytes, type Result, unwrap } from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BlockHeader,
  BLS_GROUP_ORDER,
  blsModeAttestation,
  type BlsModeOperation,
  compareFitness,
  dalAttestationWeight,
  decodeBase58,
  decodeBlockHeader,
  decodeDalLags,
  decodeDalSlots,
  decodeInlinedOperation,
  decodeOperation,
  decodeProtocolFitness,
  decodeSignedBlockHeader,
  decodeSignedOperation,
  decodeSigningPayload,
  encodeBase58,
  encodeBlockHeader,
  encodeDalLags,
  encodeDalSlots,
  encodeInlinedOperation,
  encodeOperation,
  encodeProtocolFitness,
  encodeSignedBlockHeader,
  encodeSignedOperation,
  encodeSigningPayload,
  ENCODING_KINDS,
  ENCODINGS,
  type Fitness,
  fitnessElements,
  formatText,
  hashPublicKey,
  identifyText,
  type Level,
  merkleRoot,
  type Operation,
  operationToJson,
  parseFitness,
  parseOperationJson,
  payload,
  type PublicKey,
  readPublicKey,
  readPublicKeyHash,
  readZ,
  type Round,
  SIGNATURE_SCHEMES,
  type Signature,
  signatureBytes,
  publicKeyBytes,
  type SigningPayload,
  type Slot,
  writePublicKey,
  writePublicKeyHash,
  writeZ,
} from "./index.js";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const i32 = fc.integer({ min: 0, max: 0x7fff_ffff });
const level = i32.map((value) => value as Level);
const round = i32.map((value) => value as Round);
const slot = fc.integer({ min: 0, max: 0xffff }).map((value) => value as Slot);
const bitset = fc.bigInt({ min: 0n, max: (1n << 895n) - 1n });
const optionalBitset = fc.option(bitset);
const hash = <K extends (typeof ENCODING_KINDS)[number]>(kind: K) => bytesOf(32).map((bytes) => payload(kind, bytes));

const target = { branch: hash("blockHash"), level, round, payloadHash: hash("blockPayloadHash") };
const preattestation = fc.record({ kind: fc.constant("preattestation" as const), slot, ...target });
const attestation = fc.record({
  kind: fc.constant("attestation" as const),
  slot,
  ...target,
  dalAttestation: optionalBitset,
});
const blsPreattestation = fc.record({ kind: fc.constant("blsModePreattestation" as const), ...target });
const blsAttestation = fc.record({ kind: fc.constant("blsModeAttestation" as const), ...target });

const carried: fc.Arbitrary<Operation> = fc.oneof(
  preattestation,
  attestation,
  fc.record({
    kind: fc.constant("preattestationsAggregate" as const),
    ...target,
    committee: fc.array(slot, { maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant("attestationsAggregate" as const),
    ...target,
    committee: fc.array(fc.record({ slot, dalAttestation: optionalBitset }), { maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant("seedNonceRevelation" as const),
    branch: target.branch,
    level,
    nonce: bytesOf(32),
  }),
);
const operation: fc.Arbitrary<Operation | BlsModeOperation> = fc.oneof(carried, blsPreattestation, blsAttestation);

/** The signatures whose scheme the wire tells; null is no signature. */
const wireSignature: fc.Arbitrary<Signature | null> = fc.option(
  fc.constantFrom("generic" as const, "bls" as const, "mldsa44" as const).chain((scheme) =>
    bytesOf(signatureBytes(scheme))
      .filter((bytes) => bytes.some((byte) => byte !== 0))
      .map((bytes) => ({ scheme, bytes })),
  ),
);

/** A longer signature cut to the length of a shorter one reads as that: only the signature check can tell. */
const shortSignature: fc.Arbitrary<Signature | null> = fc.option(
  bytesOf(64)
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map((bytes) => ({ scheme: "generic" as const, bytes })),
);

const fitness: fc.Arbitrary<Fitness> = fc
  .record({ level, lockedRound: fc.option(round), predecessorRound: round, round })
  .filter((value) => value.lockedRound === null || value.round > value.lockedRound);

const vote = fc.constantFrom("on" as const, "off" as const, "pass" as const);
const headerFields = {
  level,
  proto: fc.integer({ min: 0, max: 255 }),
  predecessor: hash("blockHash"),
  timestampSeconds: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  validationPass: fc.integer({ min: 0, max: 255 }),
  operationsHash: hash("operationListListHash"),
  context: hash("contextHash"),
  payloadHash: hash("blockPayloadHash"),
  payloadRound: round,
  proofOfWorkNonce: bytesOf(8),
  seedNonceHash: fc.option(hash("nonceHash")),
  votes: fc.record({ liquidityBaking: vote, second: vote }),
};
const header: fc.Arbitrary<BlockHeader> = fc.record({
  ...headerFields,
  fitness: fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 10 }),
});
const bakedHeader: fc.Arbitrary<BlockHeader> = fc
  .record({ ...headerFields, fitness })
  .map(({ fitness: baked, ...rest }) => ({
    ...rest,
    level: baked.level,
    payloadRound: Math.min(rest.payloadRound, baked.round) as Round,
    fitness: fitnessElements(baked),
  }));

const chainId = bytesOf(4).map((bytes) => payload("chainId", bytes));
const exactPayload: fc.Arbitrary<SigningPayload> = fc.oneof(
  fc.record({ type: fc.constant("block" as const), chainId, header: bakedHeader }),
  fc.record({
    type: fc.constant("preattestation" as const),
    chainId,
    operation: fc.oneof(preattestation, blsPreattestation),
  }),
  fc.record({ type: fc.constant("attestation" as const), chainId, operation: fc.oneof(attestation, blsAttestation) }),
);
const signingPayload: fc.Arbitrary<SigningPayload> = fc.oneof(
  exactPayload,
  fc.record({
    type: fc.constant("operation" as const),
    operation: fc.record({
      branch: hash("blockHash"),
      contents: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Uint8Array.from([0x6c, ...bytes])),
    }),
  }),
);

interface Codec<T> {
  readonly name: string;
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Result<T, { readonly code: string }>;
  /** Values of which no beginning is another value; null for contents that only end with the bytes. */
  readonly whole: fc.Arbitrary<T> | null;
}

function describeCodec<T>({ name, values, encode, decode: decodeValue, whole }: Codec<T>): void {
  describe(name, () => {
    it("[T1] decoding undoes encoding", () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(unwrap(decodeValue(encode(value)))).toEqual(value);
        }),
      );
    });

    it("[T2] every accepted byte string is what the encoder writes for it", () => {
      const mutated = fc.tuple(values, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([value, place, flip]) => {
        const bytes = encode(value);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        return bytes;
      });
      fc.assert(
        fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
          const decoded = decodeValue(bytes);
          return !decoded.ok || equalBytes(encode(decoded.value), bytes);
        }),
        { numRuns: 500 },
      );
    });

    it("[T4] what is decoded does not change with the buffer it came in", () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(value);
          const decoded = unwrap(decodeValue(bytes));
          bytes.fill(0xa5);
          expect(decoded).toEqual(value);
        }),
      );
    });

    if (whole !== null) {
      it("[T3] every truncation and every trailing byte is refused", () => {
        fc.assert(
          fc.property(whole, fc.integer({ min: 0, max: 255 }), (value, extra) => {
            const bytes = encode(value);
            for (let length = 0; length < bytes.length; length++) {
              if (decodeValue(bytes.subarray(0, length)).ok) return false;
            }
            return !decodeValue(concatBytes(bytes, Uint8Array.of(extra))).ok;
          }),
          { numRuns: 60 },
        );
      });
    }
  });
}

describeCodec<Operation | BlsModeOperation>({
  name: "unsigned operation",
  values: operation,
  encode: encodeOperation,
  decode: decodeOperation,
  whole: operation,
});
describeCodec({
  name: "signed operation",
  values: fc.record({ operation: carried, signature: wireSignature }),
  encode: encodeSignedOperation,
  decode: decodeSignedOperation,
  whole: fc.record({ operation: carried, signature: shortSignature }),
});
describeCodec({
  name: "inlined operation",
  values: fc.record({ operation: carried, signature: wireSignature }),
  encode: encodeInlinedOperation,
  decode: decodeInlinedOperation,
  whole: fc.record({ operation: carried, signature: shortSignature }),
});
describeCodec({
  name: "unsigned block header",
  values: header,
  encode: encodeBlockHeader,
  decode: decodeBlockHeader,
  whole: header,
});
describeCodec({
  name: "signed block header",
  values: fc.record({ header, signature: wireSignature }),
  encode: encodeSignedBlockHeader,
  decode: decodeSignedBlockHeader,
  whole: fc.record({ header, signature: shortSignature }),
});
describeCodec({
  name: "signing payload of a block or a vote",
  values: exactPayload,
  encode: encodeSigningPayload,
  decode: (bytes) => withoutPosition(decodeSigningPayload(bytes)),
  whole: exactPayload,
});
describeCodec({
  name: "signing payload of any kind",
  values: signingPayload,
  encode: encodeSigningPayload,
  decode: (bytes) => withoutPosition(decodeSigningPayload(bytes)),
  whole: null,
});
describeCodec({
  name: "protocol fitness",
  values: fitness,
  encode: encodeProtocolFitness,
  decode: decodeProtocolFitness,
  whole: fitness,
});
const integer = fc.bigInt({ min: -(1n << 895n) + 1n, max: (1n << 895n) - 1n });
describeCodec({
  name: "signed integer",
  values: integer,
  encode: written(writeZ),
  decode: (bytes) => decode(bytes, readZ),
  whole: integer,
});

const publicKey: fc.Arbitrary<PublicKey> = fc
  .constantFrom(...SIGNATURE_SCHEMES)
  .chain((scheme) => bytesOf(publicKeyBytes(scheme)).map((bytes) => ({ scheme, bytes })));
const decodeBytes =
  <T>(read: (reader: ByteReader) => T) =>
  (bytes: Uint8Array) =>
    decode(bytes.slice(), read);
describeCodec({
  name: "public key",
  values: publicKey,
  encode: written(writePublicKey),
  decode: decodeBytes(readPublicKey),
  whole: publicKey,
});
describeCodec({
  name: "public key hash",
  values: publicKey.map(hashPublicKey),
  encode: written(writePublicKeyHash),
  decode: decodeBytes(readPublicKeyHash),
  whole: publicKey.map(hashPublicKey),
});

function written<T>(write: (writer: ByteWriter, value: T) => void): (value: T) => Uint8Array {
  return (value) => {
    const writer = new ByteWriter();
    write(writer, value);
    return writer.finish();
  };
}

function withoutPosition<E>(decoded: Result<SigningPayload, E>): Result<SigningPayload, E> {
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  if (value.type === "operation") return { ok: true, value };
  if (value.type === "block")
    return { ok: true, value: { type: "block", chainId: value.chainId, header: value.header } };
  const { type, chainId: chain, operation: signed } = value;
  return { ok: true, value: { type, chainId: chain, operation: signed } as SigningPayload };
}

describe("texts", () => {
  it("[T5] base58 keeps every byte, leading zeros included", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), (bytes, zeros) => {
        const all = concatBytes(new Uint8Array(zeros), bytes);
        expect(unwrap(decodeBase58(encodeBase58(all)))).toEqual(all);
      }),
    );
  });

  it("[T5] every kind reads its own texts, begins and ends as the table says", () => {
    for (const kind of ENCODING_KINDS) {
      const { text: start, chars, payloadBytes } = ENCODINGS[kind];
      const check = (bytes: Uint8Array) => {
        const text = formatText(kind, bytes);
        expect(text).toHaveLength(chars);
        expect(text.startsWith(start)).toBe(true);
        expect(unwrap(identifyText(text))).toEqual({ kind, payload: bytes });
      };
      check(new Uint8Array(payloadBytes));
      check(new Uint8Array(payloadBytes).fill(0xff));
      fc.assert(fc.property(bytesOf(payloadBytes), check), { numRuns: 20 });
    }
  });

  it("[T5] no prefix is the beginning of another, so no text has two meanings", () => {
    for (const a of ENCODING_KINDS) {
      const others = ENCODING_KINDS.filter((b) => b !== a);
      expect(others.filter((b) => ENCODINGS[b].prefix.startsWith(ENCODINGS[a].prefix))).toEqual([]);
    }
  });

  it("[T5] one changed or missing character is always noticed", () => {
    const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    fc.assert(
      fc.property(bytesOf(20), fc.nat(35), fc.nat(57), (bytes, at, digit) => {
        const text = formatText("ed25519PublicKeyHash", bytes);
        const changed = text.slice(0, at) + alphabet.charAt(digit) + text.slice(at + 1);
        expect(identifyText(changed).ok).toBe(changed === text);
        expect(identifyText(text.slice(0, at) + text.slice(at + 1)).ok).toBe(false);
      }),
    );
  });

  it("[T6] no text makes the parser throw", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof identifyText(text).ok === "boolean"));
  });
});

describe("JSON form", () => {
  it("[T1] reading undoes writing, through the text of the JSON", () => {
    fc.assert(
      fc.property(operation, (value) => {
        const json: unknown = JSON.parse(JSON.stringify(operationToJson(value)));
        expect(unwrap(parseOperationJson(json))).toEqual(value);
      }),
    );
  });

  it("[T6] no JSON value makes the parser throw", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof parseOperationJson(value).ok === "boolean"));
    const shaped = fc.record({
      branch: fc.jsonValue(),
      contents: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
    });
    fc.assert(fc.property(shaped, (value) => !parseOperationJson(value).ok));
  });
});

describe("fitness", () => {
  it("[T1] the list form gives the same fitness back", () => {
    fc.assert(
      fc.property(fitness, (value) => {
        expect(unwrap(parseFitness(fitnessElements(value)))).toEqual(value);
      }),
    );
  });

  it("[T7] a locked block beats an unlocked one of its level, then lower predecessor rounds and higher rounds win", () => {
    const byRules = (a: Fitness, b: Fitness) =>
      a.level - b.level ||
      (a.lockedRound ?? -1) - (b.lockedRound ?? -1) ||
      b.predecessorRound - a.predecessorRound ||
      a.round - b.round;
    fc.assert(
      fc.property(fitness, fitness, fc.boolean(), (a, b, sameLevel) => {
        const other = sameLevel ? { ...b, level: a.level } : b;
        const order = compareFitness(fitnessElements(a), fitnessElements(other));
        expect(Math.sign(order)).toBe(Math.sign(byRules(a, other)));
      }),
    );
  });
});

describe("DAL bitsets", () => {
  const slots = (count: number) => fc.uniqueArray(fc.nat(count - 1)).map((picked) => picked.sort((a, b) => a - b));

  it("[T1] the flat form keeps the slots", () => {
    fc.assert(
      fc.property(slots(32), (value) => {
        expect(unwrap(decodeDalSlots(encodeDalSlots(value), 32))).toEqual(value);
      }),
    );
  });

  it("[T1] the form with lags keeps the slots of every lag", () => {
    const lags = fc.array(slots(32), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lags, (value) => {
        expect(unwrap(decodeDalLags(encodeDalLags(value), value.length, 32))).toEqual(value);
      }),
    );
  });

  it("[T2] every accepted integer is the one form of its slots", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 40n }), (bits) => {
        const flat = decodeDalSlots(bits, 32);
        if (flat.ok) expect(encodeDalSlots(flat.value)).toBe(bits);
        const lags = decodeDalLags(bits, 4, 32);
        if (lags.ok) expect(encodeDalLags(lags.value)).toBe(bits);
      }),
      { numRuns: 1_000 },
    );
  });

  it("[T8] another bitset is another weight, always below the group order", () => {
    const key = { scheme: "bls" as const, hash: new Uint8Array(20) };
    fc.assert(
      fc.property(attestation, bitset, bitset, (value, a, b) => {
        const parts = { consensusKey: key, companionKey: key, attestation: blsModeAttestation(value) };
        const weight = dalAttestationWeight({ ...parts, dalAttestation: a });
        expect(weight < BLS_GROUP_ORDER).toBe(true);
        expect(weight === dalAttestationWeight({ ...parts, dalAttestation: b })).toBe(a === b);
      }),
    );
  });
});

describe("Merkle root", () => {
  it("[T9] is the root of the list that repeats its last item up to a power of two", () => {
    fc.assert(
      fc.property(fc.array(bytesOf(32), { minLength: 1, maxLength: 40 }), (items) => {
        const padded = [...items];
        while ((padded.length & (padded.length - 1)) !== 0) padded.push(items.at(-1) ?? new Uint8Array());
        expect(merkleRoot(items)).toEqual(merkleRoot(padded));
      }),
    );
  });
});
