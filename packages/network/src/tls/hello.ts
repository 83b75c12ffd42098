import { type ByteReader, ByteWriter, decode, type KeeperId, type NetworkId } from "@sealwright/types";
import type { RefusalCode } from "../transport.js";

export const TRANSPORT_VERSION = 1;
/** Both greetings together are far below; what is larger comes from something that is not a keeper. */
export const HELLO_BYTES_MAX = 128;
/** "SWNT": tells a stray protocol from a newer version of this one. */
const MAGIC = 0x53574e54;
const ID_BYTES = 32;

/** Sent by the dialler, answered by the listener with its own (welcome) or with a refusal. */
export interface Hello {
  readonly networkId: NetworkId;
  readonly keeper: KeeperId;
}

export function encodeHello(hello: Hello): Uint8Array {
  return new ByteWriter(HELLO_BYTES_MAX)
    .u32(MAGIC)
    .u16(TRANSPORT_VERSION)
    .hex(hello.networkId)
    .hex(hello.keeper)
    .finish();
}

/**
 * @param expected whom the certificate of the other end belongs to, and the network of this node
 * @returns why the greeting is refused, or null when it is as it should be
 */
export function checkHello(bytes: Uint8Array, expected: Hello): RefusalCode | null {
  const decoded = decode(bytes, readHello);
  if (!decoded.ok) return "malformedHello";
  const hello = decoded.value;
  if (hello === "otherVersion") return "wrongVersion";
  if (hello.networkId !== expected.networkId) return "wrongNetwork";
  return hello.keeper === expected.keeper ? null : "unknownKeeper";
}

function readHello(reader: ByteReader): { readonly networkId: string; readonly keeper: string } | "otherVersion" {
  if (reader.u32() !== MAGIC) reader.fail("not a greeting between keepers");
  if (reader.u16() !== TRANSPORT_VERSION) {
    // What follows belongs to that version.
    reader.fixed(reader.remaining);
    return "otherVersion";
  }
  return { networkId: reader.hex(ID_BYTES), keeper: reader.hex(ID_BYTES) };
}

const REFUSAL_NUMBERS = {
  unknownKeeper: 1,
  wrongNetwork: 2,
  wrongVersion: 3,
  wrongDirection: 4,
  banned: 5,
  malformedHello: 6,
} as const satisfies Record<RefusalCode, number>;

export function encodeRefusal(code: RefusalCode): Uint8Array {
  return Uint8Array.of(REFUSAL_NUMBERS[code]);
}

/** @returns null for a refusal that this version does not know */
export function decodeRefusal(bytes: Uint8Array): RefusalCode | null {
  if (bytes.length !== 1) return null;
  const entries = Object.entries(REFUSAL_NUMBERS) as [RefusalCode, number][];
  return entries.find(([, number]) => number === bytes[0])?.[0] ?? null;
}
