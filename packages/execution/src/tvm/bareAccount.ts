import { assert, toHex } from "@sealwright/types";

/**
 * A bare account is one without a contract: a bag of two cells, of which the second begins with the account's address. In
 * the form of `writeCell` the address always stands at the same place, so accounts that differ in nothing else can be
 * written and compared as bytes. A network begins with thousands of them.
 */
const HEAD = Uint8Array.of(0xb5, 0xee, 0x9c, 0x72, 1, 1, 2, 1, 0);
const ROOT_CELL_AT = HEAD.length + 2;
/** Descriptors, hash and logical time of the last transaction, one ref. */
const ROOT_CELL_BYTES = 2 + 32 + 8 + 1;
const ACCOUNT_AT = ROOT_CELL_AT + ROOT_CELL_BYTES + 2;
/** An account that exists, its address in the standard form and in the basic workchain: 12 bits. */
const ADDRESS_BEGIN = 0xc0;
const ID_BYTES = 32;
const BYTES_MIN = ACCOUNT_AT + 2 + ID_BYTES;
const BYTES_MAX = 0xff;

/** Whether the id in these bytes could be any other: nothing else in them depends on it. */
export function isBareAccount(bytes: Uint8Array): boolean {
  return (
    bytes.length >= BYTES_MIN &&
    bytes.length <= BYTES_MAX &&
    HEAD.every((byte, i) => bytes[i] === byte) &&
    bytes[ACCOUNT_AT] === ADDRESS_BEGIN &&
    bytes[ACCOUNT_AT + 1]! >> 4 === 0
  );
}

/** @param account bare; it stays as it is */
export function withId(account: Uint8Array, id: Uint8Array): Uint8Array {
  assert(isBareAccount(account) && id.length === ID_BYTES, "only a bare account can be given another id");
  const bytes = account.slice();
  const at = ACCOUNT_AT + 1;
  // The id begins in the middle of a byte.
  bytes[at]! &= 0xf0;
  bytes[at + ID_BYTES]! &= 0x0f;
  bytes.fill(0, at + 1, at + ID_BYTES);
  for (const [i, byte] of id.entries()) {
    bytes[at + i]! |= byte >> 4;
    bytes[at + i + 1]! |= (byte & 0x0f) << 4;
  }
  return bytes;
}

const NO_ID = new Uint8Array(ID_BYTES);

/** The same text for bare accounts that differ in nothing but their id. */
export function textWithoutId(account: Uint8Array): string {
  return toHex(withId(account, NO_ID));
}
