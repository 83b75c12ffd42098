import type { BlockJson, EventJson, KeeperJson, NetworkJson, ThreadJson } from "@sealwright/api";

const TYPES = [
  "block.sealed",
  "block.certified",
  "block.prefinal",
  "block.final",
  "block.abandoned",
  "thread.term",
  "keeper.connected",
  "keeper.disconnected",
];

export interface FeedListener {
  event(event: EventJson): void;
  /** Events were lost, or the node started again: what is shown must be read anew. */
  gap(): void;
  link(state: "live" | "lost"): void;
}

/** The node that serves this page, over its public API. */
export const node = {
  network: () => read<NetworkJson>("/v1/network"),
  threads: async () => (await read<{ readonly threads: ThreadJson[] }>("/v1/threads")).threads,
  keepers: async () => (await read<{ readonly keepers: KeeperJson[] }>("/v1/keepers")).keepers,
  block: (blockId: string) => read<BlockJson>(`/v1/blocks/${encodeURIComponent(blockId)}`),

  /** Follows the node's events for as long as the page is open; the browser connects again by itself. */
  follow(listener: FeedListener): void {
    const source = new EventSource(`/v1/events?types=${TYPES.join(",")}`);
    source.addEventListener("open", () => listener.link("live"));
    source.addEventListener("error", () => listener.link("lost"));
    for (const type of TYPES)
      source.addEventListener(type, (message: MessageEvent<string>) =>
        listener.event(JSON.parse(message.data) as EventJson),
      );
    source.addEventListener("gap", () => listener.gap());
  },
};

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
