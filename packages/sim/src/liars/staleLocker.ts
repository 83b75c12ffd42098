import { encodeWireMessage, equalBytes, type KeeperId, type SignedLock, type ThreadId } from "@sealwright/types";
import type { Liar } from "./liar.js";
import { type LiarTools, messageIn } from "./liarTools.js";
import { signLock } from "./signLock.js";

const KEPT_MAX = 16;

/**
 * Repeats Locks of its past, and promises new terms with the oldest certificate that it ever showed, or with none: as
 * if it had forgotten what it attested since.
 */
export function staleLocker(tools: LiarTools): Liar {
  const { random } = tools;
  const past = new Map<ThreadId, SignedLock[]>();
  const remember = (lock: SignedLock): readonly SignedLock[] => {
    const known = past.get(lock.threadId) ?? [];
    past.set(lock.threadId, known);
    if (known.length < KEPT_MAX && known.every(({ signature }) => !equalBytes(signature, lock.signature)))
      known.push(lock);
    return known;
  };
  const frameOf = (lock: SignedLock): Uint8Array => encodeWireMessage({ type: "lock", lock });
  const sending = (_to: KeeperId, frame: Uint8Array): readonly Uint8Array[] => {
    const message = messageIn(frame);
    if (message.type === "status") {
      const known = past.get(message.status.threadId) ?? [];
      return known.length > 0 && random.happens(0.5) ? [frameOf(random.pick(known)), frame] : [frame];
    }
    if (message.type !== "lock") return [frame];
    const known = remember(message.lock);
    const old = signLock(tools, { ...message.lock, qc: random.happens(0.3) ? null : known[0]!.qc, attestations: [] });
    const stale = frameOf(old);
    const kind = random.int(4);
    if (kind === 0) return [frame];
    if (kind === 1) return [stale];
    return kind === 2 ? [stale, frame] : [frame, stale, frameOf(random.pick(known))];
  };
  return { sending };
}
