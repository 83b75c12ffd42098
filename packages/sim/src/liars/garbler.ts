import { limits } from "@sealwright/types";
import type { Liar } from "./liar.js";
import type { LiarTools } from "./liarTools.js";

/** The larger one is the largest that a link carries at all. */
const HUGE_BYTES = [1024 * 1024, limits.FRAME_BYTES_MAX] as const;

/** Sends garbage besides its own messages: random bytes, real messages with flipped bits, cut off or made huge. */
export function garbler({ random }: LiarTools): Liar {
  const garbage = (frame: Uint8Array): Uint8Array => {
    const kind = random.int(10);
    if (kind < 3) return random.bytes(random.int(400));
    if (kind < 6) return flip(frame);
    if (kind < 8) return frame.subarray(0, random.int(frame.length + 1));
    if (kind < 9) return withHugeCount(frame);
    const huge = new Uint8Array(random.pick(HUGE_BYTES));
    huge.set(frame.subarray(0, huge.length));
    return huge;
  };
  const flip = (frame: Uint8Array): Uint8Array => {
    const copy = frame.slice();
    for (let i = 0; i <= random.int(4); i++) copy[random.int(copy.length)]! ^= 1 << random.int(8);
    return copy;
  };
  const withHugeCount = (frame: Uint8Array): Uint8Array => {
    const copy = frame.slice();
    const at = random.int(copy.length);
    copy.fill(0xff, at, Math.min(at + 4, copy.length));
    return copy;
  };
  return { sending: (_to, frame) => (random.happens(0.1) ? [garbage(frame), frame] : [frame]) };
}
