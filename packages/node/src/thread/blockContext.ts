import type { BlockContext, BlockLimits } from "@sealwright/execution";
import type { ProtocolSettings } from "@sealwright/consensus";
import {
  ByteWriter,
  type Height,
  limits,
  type RandomnessSource,
  sha256,
  type Term,
  type ThreadId,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";

/** Where a block stands, as far as execution may know: the same for its builder and for its verifiers. */
export interface BlockPlace {
  readonly threadId: ThreadId;
  readonly height: Height;
  readonly term: Term;
  readonly timeMs: UnixMs;
  readonly randomness: RandomnessSource;
}

export function blockContextOf(place: BlockPlace, threadsTable: ThreadsTable): BlockContext {
  const { threadId, height, term, timeMs, randomness } = place;
  const seed = new ByteWriter(82).hex(threadId).u64(height).u64(term).hex(randomness.ancestorId);
  return { threadId, height, term, timeMs, randomnessSeed: sha256(seed.finish()), threadsTable };
}

/** What a block of this network may hold; the same on every keeper. */
export function blockLimitsOf(settings: ProtocolSettings): BlockLimits {
  return {
    gasMax: settings.gasPerBlockMax,
    externalsMax: settings.externalsPerBlockMax,
    importsMax: settings.externalsPerBlockMax,
    outboundMax: limits.OUTBOUND_PER_BLOCK_MAX,
    sizeBytesMax: 6 * 1024 * 1024,
  };
}
