import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError } from "../assert.js";
import { unwrap } from "../result.js";
import { ByteReader, decode } from "./byteReader.js";
import { ByteWriter } from "./byteWriter.js";

const refusal = (bytes: Uint8Array, read: (reader: ByteReader) => unknown): string => {
  const result = decode(bytes, read);
  if (result.ok) throw new Error("was taken");
  return result.error.reason;
};

describe("fields", () => {
  it("are big-endian, one after the other", () => {
    const bytes = new ByteWriter(1).u8(1).u16(2).u32(3).u64(4n).bool(true).hex("ff00").bytes(Uint8Array.of(7)).finish();
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "01" + "0002" + "00000003" + "0000000000000004" + "01" + "ff00" + "0000000107",
    );
  });

  it("come back as they were written, whatever the writer's first capacity", () => {
    const item = fc.tuple(
      fc.nat(0xff),
      fc.nat(0xffff),
      fc.nat(0xffff_ffff),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const whole = fc.record({
      capacity: fc.nat(64),
      items: fc.array(item, { maxLength: 5 }),
      time: fc.nat(Number.MAX_SAFE_INTEGER),
      maybe: fc.option(fc.uint8Array({ maxLength: 9 })),
      flag: fc.boolean(),
    });
    fc.assert(
      fc.property(whole, ({ capacity, items, time, maybe, flag }) => {
        const writer = new ByteWriter(capacity).list(items, (w, [a, b, c, d]) => w.u8(a).u16(b).u32(c).u64(d));
        const bytes = writer
          .u53(time)
          .option(maybe, (w, value) => w.bytes(value))
          .bool(flag)
          .finish();
        const read = decode(bytes, (r) => ({
          items: r.list(5, 15, (x) => [x.u8(), x.u16(), x.u32(), x.u64()]),
          time: r.time(),
          maybe: r.option((x) => x.bytes(9)),
          flag: r.bool(),
        }));
        expect(unwrap(read)).toEqual({ items, time, maybe, flag });
      }),
    );
  });

  it("are written into a buffer that nobody else changes", () => {
    const writer = new ByteWriter().u8(1);
    const first = writer.finish();
    expect(writer.u8(2).finish()).toEqual(Uint8Array.of(1, 2));
    expect(first).toEqual(Uint8Array.of(1));
    expect(first.buffer.byteLength).toBe(1);
  });

  it.each<[string, (w: ByteWriter) => unknown]>([
    ["a u8 of 256", (w) => w.u8(256)],
    ["a fraction as u8", (w) => w.u8(1.5)],
    ["a negative u16", (w) => w.u16(-1)],
    ["a fraction as u16", (w) => w.u16(0.1)],
    ["a u32 of 2^32", (w) => w.u32(2 ** 32)],
    ["not a number as u32", (w) => w.u32(Number.NaN)],
    ["a u64 of 2^64", (w) => w.u64(2n ** 64n)],
    ["a negative u64", (w) => w.u64(-1n)],
    ["a u53 of 2^53", (w) => w.u53(2 ** 53)],
    ["bytes of another length", (w) => w.fixed(new Uint8Array(3), 4)],
    ["half a byte of hex", (w) => w.hex("abc")],
    ["letters that are not hex", (w) => w.hex("zz")],
  ])("refuse %s as our own bug", (_case, write) => {
    expect(() => write(new ByteWriter())).toThrow(AssertionError);
  });
});

describe("ByteReader", () => {
  it("refuses left-over bytes, an early end, flags above 1 and times above 2^53", () => {
    expect(refusal(Uint8Array.of(1, 2), (r) => r.u8())).toBe("1 bytes are left over");
    expect(refusal(Uint8Array.of(1), (r) => r.u32())).toBe("input ends 3 bytes early");
    expect(refusal(Uint8Array.of(2), (r) => r.bool())).toBe("flag must be 0 or 1");
    expect(refusal(Uint8Array.of(2), (r) => r.option((x) => x.u8()))).toBe("flag must be 0 or 1");
    expect(refusal(new ByteWriter().u64(2n ** 53n).finish(), (r) => r.time())).toBe("number above 2^53");
  });

  it("[I12] refuses a length above its limit before it looks for the bytes", () => {
    expect(refusal(new ByteWriter().u32(0xffff_ffff).finish(), (r) => r.bytes(10))).toContain("at most 10");
  });

  it("[I12] refuses a count above its limit, or larger than the input can hold, without reading one item", () => {
    const bytes = new ByteWriter().u32(1_000_000).u32(0).finish();
    const read = (): never => {
      throw new Error("read an item");
    };
    expect(refusal(bytes, (r) => r.list(999_999, 1, read))).toContain("at most 999999");
    expect(refusal(bytes, (r) => r.list(2_000_000, 1, read))).toBe("count is larger than the input");
  });

  it("says where it stopped", () => {
    expect(decode(Uint8Array.of(0, 0, 9), (r) => [r.u16(), r.bool()])).toEqual({
      ok: false,
      error: { code: "decodeError", reason: "flag must be 0 or 1", offset: 3 },
    });
  });

  it("gives views, not copies, and works on a view itself", () => {
    const buffer = Uint8Array.of(9, 1, 2, 9);
    const reader = new ByteReader(buffer.subarray(1, 3));
    const view = reader.fixed(2);
    expect(view.buffer).toBe(buffer.buffer);
    expect([...view]).toEqual([1, 2]);
  });

  it("lets errors that are not about the input pass through", () => {
    const bug = (): never => {
      throw new TypeError("our bug");
    };
    expect(() => decode(new Uint8Array(), bug)).toThrow(new TypeError("our bug"));
  });
});
