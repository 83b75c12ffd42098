import { EVENTS_KEPT_MAX } from "@sealwright/api";
import { CERTIFICATES_MAX, PARKED_BLOCKS_MAX, PARKED_BYTES_MAX } from "@sealwright/keeper";
import type { Keeper } from "@sealwright/node";
import { SETTLED_RECORDS_MAX, UNSETTLED_RECORDS_MAX } from "@sealwright/store";

/** Under check, or fetched, at a time for each peer. */
const PER_KEEPER_MAX = 4;
/** What a collection may hold that has no larger bound below. */
const OTHERS_MAX = 600;

/** Collections with larger bounds, which are where each is filled. */
const LARGER: Readonly<Record<string, number>> = {
  "EventLog.#ring": EVENTS_KEPT_MAX,
  "MessageQueue.#waiting": 50_000,
  "MessageQueue.#taken": 50_000,
  "MessageQueue.#refused": 4_096,
  "LiveMessages.#live": 200_000,
  "CensorshipWatch.#complaints": 4_096,
  "SignatureDesk.#good": 8_192,
  "DecodedBlocks.#known": 2_048,
  "BlockTrace.#blocks": 2_048,
  "KeyValueBlockStateRepository.#settled": SETTLED_RECORDS_MAX,
  "KeyValueBlockStateRepository.#children": SETTLED_RECORDS_MAX + UNSETTLED_RECORDS_MAX,
};

/** @returns what of a keeper's chain state holds more than it may, or null */
export function brokenBound({ threads }: Pick<Keeper, "threads">): string | null {
  for (const { keeper } of threads.values()) {
    const { config, parked, certificates, switching, nacking, lastRequests, lastShown, contradictions } = keeper.state;
    const keepers = config.rules.keepers.size;
    const waiting = [...parked.values()].flat();
    const found = firstAbove([
      ["parked blocks", waiting.length, PARKED_BLOCKS_MAX],
      ["bytes of parked blocks", waiting.reduce((sum, { block }) => sum + block.bytes.length, 0), PARKED_BYTES_MAX],
      ["certificates", certificates.size, CERTIFICATES_MAX],
      ["suspects", switching.suspects.size, keepers],
      ["Locks", switching.locks.size, keepers],
      ["yields", switching.yields.size, keepers],
      ["Nacks whose block is fetched", nacking.fetching.length, PER_KEEPER_MAX * keepers],
      ["distrusted", nacking.distrusted.size, keepers],
      ["requests", lastRequests.size, keepers],
      ["shown", lastShown.size, keepers],
      ["contradictions", contradictions.size, PER_KEEPER_MAX * keepers],
    ]);
    if (found !== null) return found;
  }
  return null;
}

/** @returns which collection holds more than it may, or null */
export function brokenSize(sizes: ReadonlyMap<string, number>): string | null {
  return firstAbove([...sizes].map(([name, size]) => [name, size, LARGER[name] ?? OTHERS_MAX]));
}

function firstAbove(measured: readonly (readonly [name: string, size: number, max: number])[]): string | null {
  const above = measured.find(([, size, max]) => size > max);
  return above === undefined ? null : `${above[0]}: ${above[1]}, at most ${above[2]} are allowed`;
}
