import { assert, fromHex } from "@sealwright/types";

/** One row of the table: `prefix` and `payloadBytes` decide the text, `chars` follows from them. */
export interface Encoding {
  /** How every text of this kind begins. */
  readonly text: string;
  /** Bytes before the payload, in hex; chosen so that the text begins as it does. */
  readonly prefix: string;
  readonly payloadBytes: number;
  /** Length of every text of this kind, checksum included. */
  readonly chars: number;
}

function row(text: string, prefix: string, payloadBytes: number, chars: number): Encoding {
  return { text, prefix, payloadBytes, chars };
}

/** Every kind of base58check text this package reads and writes. No prefix is the beginning of another one. */
export const ENCODINGS = {
  blockHash: row("B", "0134", 32, 51),
  operationHash: row("o", "0574", 32, 51),
  operationListHash: row("Lo", "85e9", 32, 52),
  operationListListHash: row("LLo", "1d9f6d", 32, 53),
  protocolHash: row("P", "02aa", 32, 51),
  contextHash: row("Co", "4fc7", 32, 52),
  blockPayloadHash: row("vh", "016af2", 32, 52),
  nonceHash: row("nce", "45dca9", 32, 53),
  chainId: row("Net", "575200", 4, 15),
  ed25519PublicKeyHash: row("tz1", "06a19f", 20, 36),
  secp256k1PublicKeyHash: row("tz2", "06a1a1", 20, 36),
  p256PublicKeyHash: row("tz3", "06a1a4", 20, 36),
  blsPublicKeyHash: row("tz4", "06a1a6", 20, 36),
  mldsa44PublicKeyHash: row("tz5", "06a1a9", 20, 36),
  contractHash: row("KT1", "025a79", 20, 36),
  smartRollupHash: row("sr1", "067c75", 20, 36),
  peerId: row("id", "9967", 16, 30),
  ed25519PublicKey: row("edpk", "0d0f25d9", 32, 54),
  secp256k1PublicKey: row("sppk", "03fee256", 33, 55),
  p256PublicKey: row("p2pk", "03b28b7f", 33, 55),
  blsPublicKey: row("BLpk", "069587cc", 48, 76),
  mldsa44PublicKey: row("mdpk", "0d07ed43", 1312, 1802),
  ed25519Seed: row("edsk", "0d0f3a07", 32, 54),
  ed25519SecretKey: row("edsk", "2bf64e07", 64, 98),
  secp256k1SecretKey: row("spsk", "11a2e0c9", 32, 54),
  p256SecretKey: row("p2sk", "1051eebd", 32, 54),
  blsSecretKey: row("BLsk", "0396c028", 32, 54),
  mldsa44SecretKey: row("mdsk", "09397439", 3872, 5298),
  ed25519EncryptedSeed: row("edesk", "075a3cb329", 56, 88),
  secp256k1EncryptedSecretKey: row("spesk", "09edf1ae96", 56, 88),
  p256EncryptedSecretKey: row("p2esk", "09303973ab", 56, 88),
  blsEncryptedSecretKey: row("BLesk", "02051e3519", 56, 88),
  ed25519Signature: row("edsig", "09f5cd8612", 64, 99),
  secp256k1Signature: row("spsig1", "0d7365133f", 64, 99),
  p256Signature: row("p2sig", "36f02c34", 64, 98),
  genericSignature: row("sig", "04822b", 64, 96),
  blsSignature: row("BLsig", "28ab40cf", 96, 142),
  genericAggregateSignature: row("asig", "024bea65", 96, 141),
  mldsa44Signature: row("mdsig", "019c2dd203", 2420, 3316),
} as const satisfies Record<string, Encoding>;

/** What a Base58Check text says that it is, by its prefix. */
export type EncodingKind = keyof typeof ENCODINGS;

export const ENCODING_KINDS = Object.keys(ENCODINGS) as readonly EncodingKind[];

const PREFIX_BYTES = new Map(ENCODING_KINDS.map((kind) => [kind, fromHex(ENCODINGS[kind].prefix)]));

/** The bytes before the payload. */
export function prefixOf(kind: EncodingKind): Uint8Array {
  const prefix = PREFIX_BYTES.get(kind) ?? null;
  assert(prefix !== null, "every prefix of the table is hex");
  return prefix;
}
