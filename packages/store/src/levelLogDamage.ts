import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A place in one of LevelDB's logs that does not read, though commits that came later do. */
export interface LevelLogDamage {
  readonly path: string;
  readonly offset: number;
}

/**
 * Looks through the logs that LevelDB will replay when the directory is opened. It passes over what does not read, also
 * commits that were durable, says so in a file only, and then deletes the log: so this is asked before.
 * @returns null for a directory that is new or sound, and for one whose last commit was torn by a crash
 */
export async function findLevelLogDamage(dir: string): Promise<LevelLogDamage | null> {
  for (const name of (await readdir(dir)).filter((file) => file.endsWith(".log")).sort()) {
    const path = join(dir, name);
    const offset = damagedAt(await readFile(path));
    if (offset !== null) return { path, offset };
  }
  return null;
}

const BLOCK_BYTES = 32_768;
/** Masked CRC-32C of type and data, length of the data, type; little-endian. */
const HEADER_BYTES = 7;
const TYPE = { full: 1, first: 2, last: 4 } as const;

/** A tail that does not read is what a crash left; a whole record that begins after it shows that more was written since. */
function damagedAt(log: Buffer): number | null {
  let damaged: number | null = null;
  for (let at = 0; at + HEADER_BYTES <= log.length;) {
    const blockEnd = Math.min(log.length, at - (at % BLOCK_BYTES) + BLOCK_BYTES);
    const length = blockEnd - at < HEADER_BYTES ? null : soundLengthAt(log, at, blockEnd);
    if (length !== null) {
      const type = log[at + 6];
      if (damaged !== null && (type === TYPE.full || type === TYPE.first)) return damaged;
      at += HEADER_BYTES + length;
    } else if (blockEnd - at < HEADER_BYTES) {
      at = blockEnd;
    } else {
      damaged ??= at;
      at += 1;
    }
  }
  return null;
}

/** @returns the length of a record's data, or null when there is no sound one */
function soundLengthAt(log: Buffer, at: number, blockEnd: number): number | null {
  const length = log.readUInt16LE(at + 4);
  const type = log[at + 6]!;
  if (type < TYPE.full || type > TYPE.last || at + HEADER_BYTES + length > blockEnd) return null;
  const sum = crc32c(log.subarray(at + 6, at + HEADER_BYTES + length));
  return mask(sum) === log.readUInt32LE(at) ? length : null;
}

/** A checksum of what holds checksums would be weak, so LevelDB stores another number. */
function mask(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

/** Reflected polynomial of Castagnoli. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1;
  return sum >>> 0;
});

function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = CRC_TABLE[(sum ^ byte) & 0xff]! ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
