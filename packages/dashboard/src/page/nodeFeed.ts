import type { BlockJson, KeeperJson, NetworkJson, ThreadJson } from "@sealwright/api";
import { type FeedListener, followEvents } from "../model/followEvents.js";

/** The node that serves this page, over its public API. */
export const node = {
  network: () => read<NetworkJson>("/v1/network"),
  threads: async () => (await read<{ readonly threads: ThreadJson[] }>("/v1/threads")).threads,
  keepers: async () => (await read<{ readonly keepers: KeeperJson[] }>("/v1/keepers")).keepers,
  block: (blockId: string) => read<BlockJson>(`/v1/blocks/${encodeURIComponent(blockId)}`),

  /** Follows the node's events for as long as the page is open. */
  follow: (listener: FeedListener) => followEvents((path) => new EventSource(path), listener),
};

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
