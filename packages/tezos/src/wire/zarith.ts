import type { ByteReader, ByteWriter } from "@sealwright/types";
import { assert } from "@sealwright/types";

/** Enough for 890 bits: a DAL bitset of sixteen lags with 48 slots each. */
export const Z_BYTES_MAX = 128;
const FIRST_BITS = 6n;
const NEXT_BITS = 7n;
const MORE = 0x80;
const SIGN = 0x40;

/** A signed integer of any size: six bits and the sign in the first byte, seven bits in each further one. */
export function writeZ(writer: ByteWriter, value: bigint): void {
  const sign = value < 0n ? SIGN : 0;
  const magnitude = value < 0n ? -value : value;
  let rest = magnitude >> FIRST_BITS;
  writer.u8(Number(magnitude & 0x3fn) | sign | (rest > 0n ? MORE : 0));
  for (let count = 1; rest > 0n; count++) {
    assert(count < Z_BYTES_MAX, "the integer is above the limit that decoders set");
    const low = Number(rest & 0x7fn);
    rest >>= NEXT_BITS;
    writer.u8(low | (rest > 0n ? MORE : 0));
  }
}

/** Refuses every form but the one `writeZ` writes: a last byte of zero, a negative zero, more than `Z_BYTES_MAX`. */
export function readZ(reader: ByteReader): bigint {
  const first = reader.u8();
  let magnitude = BigInt(first & 0x3f);
  let shift = FIRST_BITS;
  let byte = first;
  for (let count = 1; (byte & MORE) !== 0; count++) {
    if (count === Z_BYTES_MAX) reader.fail(`an integer of more than ${Z_BYTES_MAX} bytes`);
    byte = reader.u8();
    if (byte === 0) reader.fail("an integer with more bytes than it needs");
    magnitude |= BigInt(byte & 0x7f) << shift;
    shift += NEXT_BITS;
  }
  const negative = (first & SIGN) !== 0;
  if (negative && magnitude === 0n) reader.fail("a negative zero");
  return negative ? -magnitude : magnitude;
}
