import type { Metrics } from "@sealwright/api";
import type { ForgeWorker, WatermarkStore } from "@sealwright/forge";
import type { Transport } from "@sealwright/network";
import type { NodeStore } from "@sealwright/store";
import { type ThreadId, threadIndexOf } from "@sealwright/types";
import type { ClockWatch } from "./clock/clockWatch.js";
import type { EvidenceDesk } from "./evidence/evidenceDesk.js";
import type { MessageDesk } from "./messages/messageDesk.js";
import type { Pruner } from "./pruning/pruner.js";
import type { SnapshotFetcher } from "./sync/snapshotFetcher.js";
import type { ThreadService } from "./thread/threadService.js";

export interface NodeMetricsSources {
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly transport: Transport;
  readonly store: NodeStore;
  readonly forge: ForgeWorker;
  readonly watermarks: Pick<WatermarkStore, "health">;
  readonly desk: MessageDesk;
  readonly pruner: Pruner;
  readonly evidence: EvidenceDesk;
  readonly fetcher: SnapshotFetcher;
  readonly clockWatch: ClockWatch;
}

/** What an operator watches of one keeper; every series exists from the first scrape. */
export function addNodeMetrics(metrics: Metrics, sources: NodeMetricsSources): void {
  const { threads, transport, store, forge, watermarks, desk, evidence, fetcher, pruner, clockWatch } = sources;
  const perThread = (name: string, help: string, read: (thread: ThreadService) => number): void => {
    metrics.gauge({
      name,
      help,
      labels: ["thread"],
      collect: (gauge) => {
        for (const thread of threads.values())
          gauge.set({ thread: String(threadIndexOf(thread.threadId)) }, read(thread));
      },
    });
  };
  perThread("sealwright_final_height", "Height of the last final block, per thread.", (thread) =>
    Number(thread.durableFinal.height),
  );
  perThread(
    "sealwright_open_blocks",
    "Blocks above the last final one, per thread.",
    (thread) => thread.keeper.state.blocks.size,
  );
  perThread("sealwright_term", "The term that this keeper is in, per thread.", (thread) =>
    Number(thread.keeper.state.vote.currentTerm),
  );
  perThread(
    "sealwright_queue_messages",
    "External messages that wait for a block of this node, per thread.",
    (thread) => thread.queue.length,
  );
  perThread(
    "sealwright_built_ahead_blocks",
    "Blocks that this node built and has not sealed, per thread.",
    (thread) => thread.builtAhead,
  );
  perThread(
    "sealwright_terms_entered",
    "Terms that this keeper entered since its start, per thread.",
    (thread) => thread.switchCounts.terms,
  );
  perThread(
    "sealwright_suspects",
    "How often this keeper began to suspect a producer, per thread.",
    (thread) => thread.switchCounts.suspects,
  );
  perThread(
    "sealwright_nacks",
    "Nacks of other keepers with good signatures since the start, per thread.",
    (thread) => thread.nackCount,
  );
  perThread("sealwright_producing", "1 while this node produces the thread.", (thread) =>
    thread.isProducing() ? 1 : 0,
  );
  const late = metrics.counter({
    name: "sealwright_late_blocks_total",
    help: "Blocks that became final late, or were given up, by thread and reason.",
    labels: ["thread", "reason"],
  });
  metrics.beforeRead(() => {
    late.reset();
    for (const { threadId, life } of threads.values())
      for (const [reason, count] of life.delays.entries())
        late.inc({ thread: String(threadIndexOf(threadId)), reason }, count);
  });
  metrics.gauge({
    name: "sealwright_connected_keepers",
    help: "Other keepers that are connected now.",
    collect: (gauge) => gauge.set(transport.peers().filter((peer) => peer.state === "connected").length),
  });
  metrics.gauge({
    name: "sealwright_clock_skew_seconds",
    help: "Other keepers' clocks minus this one's, in the median; NaN while too few of them tell their time.",
    collect: (gauge) => gauge.set((clockWatch.skewMs ?? Number.NaN) / 1_000),
  });
  metrics.gauge({
    name: "sealwright_store_writable",
    help: "1 while the store takes writes.",
    collect: (gauge) => gauge.set(store.status === "open" ? 1 : 0),
  });
  metrics.gauge({
    name: "sealwright_watermarks_writable",
    help: "1 while the watermarks take writes; nothing is signed without them.",
    collect: (gauge) => gauge.set(watermarks.health().ok ? 1 : 0),
  });
  metrics.gauge({
    name: "sealwright_disk_bytes",
    help: "Bytes in the data directory, as measured last.",
    collect: (gauge) => gauge.set(pruner.diskBytes),
  });
  const pruned = metrics.counter({
    name: "sealwright_pruned_blocks_total",
    help: "Old blocks that were forgotten since the start.",
  });
  let counted = 0;
  metrics.beforeRead(() => {
    pruned.inc(pruner.blocksPruned - counted);
    counted = pruner.blocksPruned;
  });
  metrics.gauge({
    name: "sealwright_custody_messages",
    help: "Clients' messages that this node keeps until their last word.",
    collect: (gauge) => gauge.set(desk.custodyCount),
  });
  perThread("sealwright_behind_blocks", "Final blocks that others have and this node has not, per thread.", (thread) =>
    Number(thread.behind()),
  );
  perThread(
    "sealwright_snapshot_fetched_ratio",
    "How much of a thread's snapshot is fetched, 0 to 1; 1 also while none is needed.",
    (thread) => {
      const progress = fetcher.progress(thread.threadId);
      return progress === null ? 1 : progress.done / Math.max(1, progress.of);
    },
  );
  metrics.gauge({
    name: "sealwright_evidence",
    help: "Proofs of keepers' faults that this node keeps.",
    collect: (gauge) => gauge.set(evidence.count),
  });
  metrics.gauge({
    name: "sealwright_forge_waiting_requests",
    help: "Signing requests that wait in the forge.",
    collect: (gauge) => gauge.set(forge.status().waiting),
  });
}
