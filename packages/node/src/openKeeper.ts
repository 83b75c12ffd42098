import { createNodeEventLog, type EventLog, type NodeEvent } from "@sealwright/api";
import { encodeBlockFacts, genesisFacts } from "@sealwright/consensus";
import type { CryptoService } from "@sealwright/crypto";
import type { Executor, ThreadExecution } from "@sealwright/execution";
import type { ForgeWorker } from "@sealwright/forge";
import type { Transport } from "@sealwright/network";
import type { NodeStore } from "@sealwright/store";
import {
  assert,
  type Clock,
  err,
  type KeeperId,
  type Logger,
  ok,
  type Result,
  type Term,
  type ThreadId,
} from "@sealwright/types";
import { startBeat } from "./beat.js";
import { EvidenceDesk } from "./evidence/evidenceDesk.js";
import type { SlashingHook } from "./evidence/slashingHook.js";
import { genesisOfThreads } from "./genesisOfThreads.js";
import type { PublicIdentity } from "./identity.js";
import { MessageDesk } from "./messages/messageDesk.js";
import { type NetworkEngine, networkEngine } from "./networkEngine.js";
import type { Opening } from "./opening.js";
import { openThreads } from "./openThreads.js";
import { BlockServer } from "./sync/blockServer.js";
import { WireRouter } from "./sync/wireRouter.js";
import { adoptSnapshots } from "./sync/adoptSnapshots.js";
import { followedFrom } from "./sync/followedFrom.js";
import { SnapshotFetcher } from "./sync/snapshotFetcher.js";
import { SnapshotKeeper } from "./sync/snapshotKeeper.js";
import { SignatureDesk } from "./thread/signatureDesk.js";
import type { ThreadService } from "./thread/threadService.js";

/** Everything that a keeper meets outside of itself: a process hands in the real one, a simulation one of its own. */
export interface KeeperWorld {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: NodeStore;
  readonly forge: ForgeWorker;
  /** The lowest term in which the forge signs a vote, per thread; absent: what it says is waited for. */
  readonly votesFrom?: ReadonlyMap<ThreadId, Term>;
  readonly crypto: CryptoService;
  readonly transport: Transport;
  /** What the genesis names; absent: the one of these packages. */
  readonly engine?: NetworkEngine;
  /** Where blocks of a thread are executed. */
  readonly openExecution: (threadId: ThreadId) => ThreadExecution;
  /** Where clients reach the API of each keeper, as far as it is known. */
  readonly apiUrls: ReadonlyMap<KeeperId, string>;
  /** What is told of keepers' faults; null: nothing. */
  readonly slashing: SlashingHook | null;
  /** A snapshot is fetched: the keeper is to be closed and opened again, which adopts it. */
  readonly restart: () => void;
  /** Something that guards safety failed: the keeper must stop. */
  readonly fail: (error: unknown) => void;
}

/** One keeper, wired. */
export interface Keeper {
  readonly executor: Executor;
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly desk: MessageDesk;
  readonly evidence: EvidenceDesk;
  readonly snapshots: SnapshotKeeper;
  readonly fetcher: SnapshotFetcher;
  readonly events: EventLog<NodeEvent>;
  /** Goes on where it was; its transport has been started. */
  start(opening: Opening): Promise<void>;
}

/** The store begins with another genesis block. */
export type OtherGenesis = { readonly code: "otherGenesis" };

/**
 * Wires one keeper over its world: loads what it must never forget, and listens to its peers. Nothing is signed before
 * `start`. The same wiring runs in a process and in a simulation.
 * @param opening is told what has to be closed again
 * @throws OpeningAborted when the signal of `opening` comes: what is open by then is to be undone
 */
export async function openKeeper(
  identity: PublicIdentity,
  world: KeeperWorld,
  opening: Opening,
): Promise<Result<Keeper, OtherGenesis>> {
  const { genesis, networkId, keepers, table } = identity;
  const { store, transport, clock, fail } = world;
  const engine = world.engine ?? networkEngine(genesis, networkId);
  const executor = engine.createReader();
  const blocks = genesisOfThreads(genesis, table, engine, executor);
  const initialized = await store.repository.initialize(
    blocks.map(({ block, entries }) => ({
      threadId: block.header.threadId,
      blockId: block.id,
      header: block.header,
      facts: encodeBlockFacts(genesisFacts(block)),
      state: entries,
    })),
  );
  if (!initialized.ok) return err({ code: "otherGenesis" });
  await adoptSnapshots(store, [...table.map(({ threadId }) => threadId)], world.logger, opening);

  const events = createNodeEventLog(clock.nowMs());
  opening.opened(() => Promise.resolve(events.close()));
  let madeDesk: MessageDesk | null = null;
  const getDesk = (): MessageDesk => {
    assert(madeDesk !== null, "the message desk is made before anything runs");
    return madeDesk;
  };
  const { repository } = store;
  const evidence = new EvidenceDesk(
    { networkId, keepers },
    {
      ...{ ...world, repository, verifier: world.crypto, events },
      accuse: (offence, accusation) => threads.get(offence.threadId)?.takeAccusation(offence, accusation),
    },
  );
  await evidence.load();
  opening.throwIfAborted();
  const signatures = new SignatureDesk({ verifier: world.crypto });
  const snapshots = new SnapshotKeeper(world);
  opening.opened(() => snapshots.finish());
  await snapshots.load(table.map(({ threadId }) => threadId));
  const fetcher = new SnapshotFetcher({ ...world, snapshots: store.snapshots, signatures });
  const threads: ReadonlyMap<ThreadId, ThreadService> = await openThreads(
    identity,
    blocks,
    { ...world, events, desk: getDesk, evidence, snapshots, signatures },
    opening,
  );
  const desk = new MessageDesk({ executor, threadsTable: table, routes: threads, repository, events, clock });
  madeDesk = desk;
  await desk.resume(async (threadId) => {
    opening.throwIfAborted();
    return { fromMs: await followedFrom(store, threadId), finalMs: threads.get(threadId)!.durableFinal.timeMs };
  });

  const peerChanged = (keeperId: KeeperId, connected: boolean): void => {
    events.append({ type: connected ? "keeper.connected" : "keeper.disconnected", atMs: clock.nowMs(), keeperId });
  };
  const blockServer = new BlockServer(store);
  transport.on(
    new WireRouter({ transport, keepers, threads, desk, blockServer, evidence, snapshots, fetcher, fail, peerChanged }),
  );
  return ok({
    executor,
    threads,
    desk,
    evidence,
    snapshots,
    fetcher,
    events,
    start: async (opened) => {
      for (const thread of threads.values()) await fetcher.addThread(fetchingThread(thread));
      // All at once: each may wait a while for a block that is being sealed.
      opened.opened(async () => void (await Promise.all([...threads.values()].map((thread) => thread.stop()))));
      for (const thread of threads.values()) {
        opened.throwIfAborted();
        await thread.start();
      }
      const beat = startBeat({ threads, transport, desk, fetcher, clock, fail });
      opened.opened(() => Promise.resolve(beat.cancel()));
    },
  });
}

function fetchingThread(thread: ThreadService): Parameters<SnapshotFetcher["addThread"]>[0] {
  return {
    rules: thread.keeper.state.config.rules,
    finalHeight: () => thread.durableFinal.height,
    lastVoted: () => thread.keeper.state.vote.lastVoted,
    importCursors: (sources) => thread.importCursors(sources),
    lacksImports: () => thread.lacksImports(),
  };
}
