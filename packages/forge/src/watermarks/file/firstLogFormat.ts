import { crc32 } from "node:zlib";
import { FRAME_PAYLOAD_BYTES_MAX, type FrameFound } from "./logFormat.js";
import { isZero, SECTOR_BYTES } from "./sectors.js";

const FRAME_MAGIC = 0x53574652;
const FRAME_HEADER_BYTES = 20;

/**
 * A frame of the first version, which is read and no longer written: magic(u32) seq(u64) payload length(u32) crc(u32)
 * payload. Its length has no checksum of its own and its sectors no marks, so one case cannot be decided: a last commit
 * whose length was changed to a larger one, and one whose payload ends in a sector of zeros, look torn.
 */
export function readFirstFrame(file: Buffer, offset: number): FrameFound {
  if (isZero(file, offset, offset + SECTOR_BYTES)) return { kind: "none" };
  const frame = file.subarray(offset);
  if (frame.readUInt32BE(0) !== FRAME_MAGIC) return { kind: "damaged", reason: "no commit begins here" };
  const length = frame.readUInt32BE(12);
  const sizeBytes = Math.ceil((FRAME_HEADER_BYTES + length) / SECTOR_BYTES) * SECTOR_BYTES;
  if (length > FRAME_PAYLOAD_BYTES_MAX || sizeBytes > frame.length)
    return { kind: "damaged", reason: "the commit does not fit" };
  const seq = frame.readBigUInt64BE(4);
  const payload = frame.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length);
  if (frame.readUInt32BE(16) === crc32(payload, crc32(frame.subarray(4, 16))))
    return { kind: "sound", seq, payload, sizeBytes };
  for (let sector = offset + SECTOR_BYTES; sector < offset + sizeBytes; sector += SECTOR_BYTES)
    if (isZero(file, sector, sector + SECTOR_BYTES)) return { kind: "torn", seq, sizeBytes };
  return { kind: "damaged", reason: "the commit was written whole and changed afterwards" };
}
