import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseParser } from "./sseParser.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const STREAM =
  'retry: 5\nid: 1.0\n: hi\n\nid: 1.1\nevent: a\ndata: {"x":"ü"}\n\nid: 1.2\n: beat\n\nevent: b\r\ndata:1\r\ndata: 2\r\n\r\n';

describe("SseParser", () => {
  it("reads events, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 })), (cuts) => {
        const parser = new SseParser();
        const input = bytes(STREAM);
        const events = [];
        let offset = 0;
        for (const cut of [...cuts, input.length]) {
          events.push(...parser.push(input.subarray(offset, offset + cut)));
          offset += cut;
        }
        expect(events).toEqual([
          { id: "1.1", type: "a", data: '{"x":"ü"}' },
          { id: "1.2", type: "b", data: "1\n2" },
        ]);
      }),
    );
  });

  it("takes the cursor of a block without data, and of no half block", () => {
    const parser = new SseParser();
    parser.push(bytes("id: 1.0\n\nid: 1.5\ndata: x\n"));
    expect(parser.lastId).toBe("1.0");
    parser.push(bytes("\n"));
    expect(parser.lastId).toBe("1.5");
  });
});
