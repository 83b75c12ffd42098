import fc from "fast-check";
import { expect, it } from "vitest";
import { compareBytes, concatBytes, equalBytes, fromHex, toHex } from "./bytes.js";
import { sha256, sha256Hex } from "./hash.js";

const someBytes = fc.uint8Array({ maxLength: 40 });

it("hex and bytes are each other's inverse, also for a view into a larger buffer", () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      const view = concatBytes(Uint8Array.of(9), bytes, Uint8Array.of(9)).subarray(1, bytes.length + 1);
      expect(toHex(view)).toBe(toHex(bytes));
      expect(fromHex(toHex(view))).toEqual(bytes);
    }),
  );
});

it("a text that is not pairs of hex digits has no bytes", () => {
  for (const text of ["a", "0g", " 00", "00\n", "0x00"]) expect(fromHex(text)).toBeNull();
  expect(fromHex("")).toEqual(new Uint8Array());
  expect(fromHex("AbCd")).toEqual(Uint8Array.of(0xab, 0xcd));
});

it("equality and order of bytes agree with their hex digits", () => {
  fc.assert(
    fc.property(someBytes, someBytes, (a, b) => {
      const [x, y] = [toHex(a), toHex(b)];
      expect(equalBytes(a, b)).toBe(x === y);
      expect(Math.sign(compareBytes(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
    }),
  );
});

it("hashes are SHA-256, as plain bytes whose slices are copies", () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const digest = sha256(Buffer.from("abc"));
  expect(toHex(digest)).toBe(expected);
  expect(sha256Hex(Buffer.from("abc"))).toBe(expected);
  expect(Buffer.isBuffer(digest)).toBe(false);
});
