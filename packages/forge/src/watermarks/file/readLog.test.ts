import { ByteWriter, concatBytes, silentLogger, toHex, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planSigning } from "../../requests/forgeRequest.js";
import { blockRequest, testKey } from "../../testing/requests.js";
import { recordsOf } from "../marks.js";
import { writeRecord } from "../recordCodec.js";
import { encodeRecordList } from "../recordList.js";
import { openDurableFile } from "./durableFile.js";
import { FileWatermarkStore } from "./fileWatermarkStore.js";
import { SECTOR_BYTES } from "./sectors.js";
import { LOG_NAME } from "./openLog.js";
import { readLog } from "./readLog.js";

const SIZE_BYTES = 24 * SECTOR_BYTES;

/** A log as a store wrote it: its bytes, and where its last commit begins and ends. */
interface WrittenLog {
  readonly bytes: Buffer;
  readonly lastAt: number;
  readonly endAt: number;
}

let directory = "";
let logs: readonly WrittenLog[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "forge-log-"));
  logs = [await writeLog("one sector", 1), await writeLog("several sectors", 8)];
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Three commits, the last one of so many marks. */
async function writeLog(name: string, marksInLast: number): Promise<WrittenLog> {
  const written: { readonly at: number; readonly sizeBytes: number }[] = [];
  const folder = join(directory, name);
  const store = unwrap(
    await FileWatermarkStore.open(
      { directory: folder, logSizeBytes: SIZE_BYTES },
      {
        clock: new ManualClock(),
        logger: silentLogger,
        openFile: async (path) => {
          const file = await openDurableFile(path);
          return {
            write: (bytes, at) => (written.push({ at, sizeBytes: bytes.length }), file.write(bytes, at)),
            close: () => file.close(),
          };
        },
      },
    ),
  );
  for (const [index, count] of [1, 2, marksInLast].entries()) {
    const answers = Array.from({ length: count }, (_, key) => {
      const { claim } = planSigning(blockRequest(testKey(key), { term: 0, height: index + 1, block: "a" }), null);
      if (claim === null) throw new TypeError("blocks are guarded");
      return store.guard(claim);
    });
    for (const answer of await Promise.all(answers)) expect(answer.ok).toBe(true);
  }
  await store.close();
  const last = written.at(-1);
  if (last === undefined) throw new Error("nothing was written");
  expect(written).toHaveLength(3);
  return { bytes: await readFile(join(folder, LOG_NAME)), lastAt: last.at, endAt: last.at + last.sizeBytes };
}

/** The same marks as the first version of the format has them, a record to a commit but for the last commit. */
function firstVersionOf({ bytes }: WrittenLog, inLast: number): WrittenLog {
  const contents = unwrap(readLog(bytes));
  const entries = [...contents.marks].map(([scope, marks], index) => {
    const writer = new ByteWriter(512).u8(0).u32(index).bytes(Buffer.from(scope, "utf8"));
    for (const record of recordsOf(marks)) writeRecord(writer.u8(1).u32(index), record);
    return writer.finish();
  });
  const payloads = [...entries.slice(0, -inLast), concatBytes(...entries.slice(-inLast))];
  const frames = payloads.map((payload, seq) => {
    const frame = Buffer.alloc(Math.ceil((20 + payload.length) / SECTOR_BYTES) * SECTOR_BYTES);
    frame.writeUInt32BE(0x53574652, 0);
    frame.writeBigUInt64BE(BigInt(seq), 4);
    frame.writeUInt32BE(payload.length, 12);
    frame.writeUInt32BE(crc32(payload, crc32(frame.subarray(4, 16))), 16);
    frame.set(payload, 20);
    return frame;
  });
  const header = Buffer.alloc(SECTOR_BYTES);
  header.write("SWMARKS\n", "latin1");
  header.writeUInt32BE(1, 8);
  const used = Buffer.concat([header, ...frames]);
  const lastAt = used.length - (frames.at(-1)?.length ?? 0);
  return { bytes: Buffer.concat([used, Buffer.alloc(SIZE_BYTES - used.length)]), lastAt, endAt: used.length };
}

/** All marks as one text; or why the start is stopped. */
function read(bytes: Buffer): { readonly marks: string; readonly tornBytes: number } | { readonly stopped: string } {
  const contents = readLog(bytes);
  if (!contents.ok) return { stopped: contents.error.code };
  const { marks, tornBytes } = contents.value;
  const texts = [...marks].map(([scope, each]) => `${scope} ${toHex(encodeRecordList(recordsOf(each)))}`);
  return { marks: texts.sort().join("\n"), tornBytes };
}

function withoutLast({ bytes, lastAt, endAt }: WrittenLog): Buffer {
  return Buffer.from(bytes).fill(0, lastAt, endAt);
}

describe.each([0, 1])("the last commit (of one sector, or of several: %i)", (which) => {
  const log = (): WrittenLog => logs[which]!;

  it("[I2] [I12] never loses a mark to a flipped bit: the start stops, or the marks are what they were", () => {
    const { bytes, lastAt, endAt } = log();
    const whole = read(bytes);
    expect(whole).toMatchObject({ tornBytes: 0 });
    const lost: number[] = [];
    for (let bit = lastAt * 8; bit < endAt * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = read(flipped);
      if ("marks" in found && found.marks !== ("marks" in whole ? whole.marks : "")) lost.push(bit);
    }
    expect(lost).toEqual([]);
  });

  it("[I12] is cut when some of its sectors were not written before the power went, whichever they are", () => {
    const { bytes, lastAt, endAt } = log();
    const before = read(withoutLast(log()));
    const whole = read(bytes);
    const sectors = (endAt - lastAt) / SECTOR_BYTES;
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: sectors, maxLength: sectors }), (isWritten) => {
        const torn = Buffer.from(bytes);
        for (const [index, written] of isWritten.entries()) {
          const at = lastAt + index * SECTOR_BYTES;
          if (!written) torn.fill(0, at, at + SECTOR_BYTES);
        }
        const found = read(torn);
        const tornBytes = (isWritten.lastIndexOf(true) + 1) * SECTOR_BYTES;
        expect(found).toEqual(isWritten.every((written) => written) ? whole : { ...before, tornBytes });
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("[I12] is no torn one when all its sectors are there and one is changed", () => {
    const { bytes, lastAt, endAt } = log();
    fc.assert(
      fc.property(fc.nat({ max: endAt - lastAt - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[lastAt + at] = (changed[lastAt + at] ?? 0) ^ change;
        const found = read(changed);
        if ("marks" in found) expect(found).toEqual(read(bytes));
        else expect(found).toEqual({ stopped: "corruptedLog" });
      }),
      { seed: 8, numRuns: 500 },
    );
  });
});

describe("a log of the first version", () => {
  it("says what it said, and is written anew before anything is added", async () => {
    const { bytes } = firstVersionOf(logs[1]!, 3);
    expect(read(bytes)).toEqual(read(logs[1]!.bytes));
    const folder = join(directory, "first version");
    await mkdir(folder);
    await writeFile(join(folder, LOG_NAME), bytes);
    const store = unwrap(
      await FileWatermarkStore.open(
        { directory: folder, logSizeBytes: SIZE_BYTES },
        { clock: new ManualClock(), logger: silentLogger },
      ),
    );
    expect(store.report).toEqual({ created: false, tornBytes: 0, scopes: 8 });
    await store.close();
    const after = await readFile(join(folder, LOG_NAME));
    expect(unwrap(readLog(after)).version).toBe(2);
    expect(read(after)).toEqual(read(bytes));
  });

  it("[I2] never loses a mark to a flipped bit in a last commit of one sector, or behind the length of a longer one", () => {
    for (const inLast of [1, 4]) {
      const { bytes, lastAt, endAt } = firstVersionOf(logs[1]!, inLast);
      const lost = new Set<number>();
      for (let bit = lastAt * 8; bit < endAt * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const found = read(flipped);
        if (!("stopped" in found) && found.tornBytes > 0) lost.add((bit >> 3) - lastAt);
      }
      // Bytes 12 to 15 are the length, which nothing in this version protects: a larger one looks torn.
      expect([...lost].every((byte) => byte >= 12 && byte < 16)).toBe(true);
    }
  });

  it("[I12] is cut at a torn last commit", () => {
    const { bytes, lastAt } = firstVersionOf(logs[1]!, 4);
    bytes.fill(0, lastAt + SECTOR_BYTES, lastAt + 2 * SECTOR_BYTES);
    expect(read(bytes)).toHaveProperty("marks");
    expect(read(bytes)).not.toHaveProperty("tornBytes", 0);
  });
});

describe("a file that was cut", () => {
  it("[I2] [I12] stops the start, wherever it was cut: its length never changes while it is used", () => {
    const { bytes } = logs[1]!;
    for (let length = 0; length < bytes.length; length++)
      expect(read(bytes.subarray(0, length)), String(length)).toHaveProperty("stopped");
    expect(read(Buffer.concat([bytes, Buffer.alloc(SECTOR_BYTES)]))).toHaveProperty("stopped");
  });
});

describe("bytes behind the last commit", () => {
  it("[I12] that no commit under way explains stop the start", () => {
    const { bytes, lastAt, endAt } = logs[1]!;
    // The second sector of the last commit is missing, and something stands behind its end.
    const torn = Buffer.from(bytes).fill(0, lastAt + SECTOR_BYTES, lastAt + 2 * SECTOR_BYTES);
    expect(read(torn)).toHaveProperty("marks");
    torn[endAt + 5 * SECTOR_BYTES] = 1;
    expect(read(torn)).toEqual({ stopped: "corruptedLog" });
  });
});
