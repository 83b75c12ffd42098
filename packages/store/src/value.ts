import { crc32 } from "node:zlib";
import { type DecodeError, ok, type Result, toHex } from "@sealwright/types";
import { StoreError } from "./storeError.js";

const VALUE_VERSION = 1;
const PREFIX_BYTES = 1 + 4;

/**
 * A stored value: version (1 byte), CRC-32 over key and payload (4 bytes), payload. The key takes part, so that a value
 * under the wrong key is found out too. Bodies are stored as they travel instead: their id is their checksum.
 */
export function wrapValue(key: Uint8Array, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(PREFIX_BYTES + payload.length);
  const sum = checksum(key, payload);
  out[0] = VALUE_VERSION;
  // Big-endian by hand: this runs for every record of every block, and a view would cost more than the value.
  out[1] = sum >>> 24;
  out[2] = sum >>> 16;
  out[3] = sum >>> 8;
  out[4] = sum;
  out.set(payload, PREFIX_BYTES);
  return out;
}

/** @throws StoreError `corrupt` with the key, when version or checksum do not match or the payload does not decode */
export function unwrapValue<T>(
  key: Uint8Array,
  value: Uint8Array,
  decodePayload: (payload: Uint8Array) => Result<T, DecodeError>,
): T {
  if (value.length < PREFIX_BYTES) throw corrupt(key, "value is too short");
  if (value[0] !== VALUE_VERSION) throw corrupt(key, `unknown value version ${value[0]}`);
  const stored = new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(1);
  const payload = value.subarray(PREFIX_BYTES);
  if (stored !== checksum(key, payload)) throw corrupt(key, "checksum does not match");
  const decoded = decodePayload(payload);
  if (!decoded.ok) throw corrupt(key, `${decoded.error.reason} at byte ${decoded.error.offset}`);
  return decoded.value;
}

/** A payload that is the value itself. */
export function rawPayload(payload: Uint8Array): Result<Uint8Array, DecodeError> {
  return ok(payload);
}

export function corrupt(key: Uint8Array, reason: string): StoreError {
  const hex = toHex(key);
  const text = `the value of key ${hex} is damaged (${reason}): restore a copy of the data directory or synchronize anew`;
  return new StoreError("corrupt", text, { key: hex });
}

function checksum(key: Uint8Array, payload: Uint8Array): number {
  const ofKey = crc32(key);
  // Of no bytes at all Node answers 0 or what it began with, by how the array was made.
  return payload.length === 0 ? ofKey : crc32(payload, ofKey);
}
