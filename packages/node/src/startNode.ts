import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ApiListenError, type ApiServer, createApiServer, createMetrics, type PageFiles } from "@sealwright/api";
import { isCustomExecutor } from "@sealwright/consensus";
import type { CryptoPool } from "@sealwright/crypto";
import { createWorkerExecution, type ThreadExecution } from "@sealwright/execution";
import { TlsTransport, type TransportPeer, type TransportStartError } from "@sealwright/network";
import { FORMAT_VERSION, type NodeStore, openNodeStore, StoreError } from "@sealwright/store";
import {
  assert,
  err,
  type KeeperId,
  type Logger,
  type NetworkId,
  ok,
  type Result,
  type ThreadId,
} from "@sealwright/types";
import { KeeperBackend } from "./backend/nodeBackend.js";
import { writeAbout } from "./about.js";
import { ClockWatch } from "./clock/clockWatch.js";
import { apiUrlsOf, type NodeConfig } from "./config/index.js";
import type { SlashingHook } from "./evidence/slashingHook.js";
import { fileSystemFault } from "./fileSystemFault.js";
import { type Identity, loadIdentity } from "./identity.js";
import { NodeEnd } from "./nodeEnd.js";
import type { NodeExit, StartNodeError } from "./nodeError.js";
import { type BringEngine, networkEngine } from "./networkEngine.js";
import { nodeLogger } from "./nodeLogger.js";
import { addNodeMetrics } from "./nodeMetrics.js";
import { openForge } from "./openForge.js";
import { openKeeper } from "./openKeeper.js";
import { Opening, OpeningAborted } from "./opening.js";
import { PatientCryptoPool } from "./patientCrypto.js";
import { keysFlaw, peersFlaw, peersMissing } from "./placeInNetwork.js";
import { addProcessMetrics } from "./processMetrics.js";
import { directoryBytes } from "./pruning/directoryBytes.js";
import { neededFrom } from "./pruning/neededFrom.js";
import { Pruner } from "./pruning/pruner.js";
import { type NodeRun, type OpenRun, RestartingNode } from "./restartingNode.js";
import { readSafetyStop, recordSafetyStop, SafetyStop } from "./safetyStop.js";
import { SOFTWARE_VERSION } from "./version.js";
import { systemClock } from "./world/systemClock.js";
import { systemRandom } from "./world/systemRandom.js";

/** A keeper that runs; leaving an `await using` block stops it. */
export interface RunningNode extends AsyncDisposable {
  readonly apiUrl: string;
  readonly keeperId: KeeperId;
  readonly networkId: NetworkId;
  /** Resolves once, with how the node ended. */
  readonly done: Promise<NodeExit>;
  /** Finishes what is under way, closes everything; safe to call again. */
  stop(): Promise<void>;
}

/** What a fault drill may do to a node from the inside; all else it does from the outside, to the process. */
export interface DrillTarget {
  /** These keepers, and only these, cannot be reached until told otherwise. */
  setUnreachable(peers: readonly KeeperId[]): void;
}

/** What a node shows besides its API; it comes from the floor above. */
export interface NodeSurface {
  readonly page?: PageFiles;
  /** Called before any peer is met, anew each time the node opens itself again: how a fault drill reaches into this node. */
  readonly drill?: (target: DrillTarget) => void;
}

/** What a program of its own gives to a node and hears from it. */
export interface NodeHooks {
  readonly slashing?: SlashingHook;
  /** Needed where the genesis document names an engine of its own, and not asked otherwise. */
  readonly engine?: BringEngine;
  /** Aborted while the node opens: nobody waits for it any more. `stop()` ends a node that runs, this does not. */
  readonly signal?: AbortSignal;
}

const clock = systemClock;

/**
 * Starts one keeper: loads what it must never forget before anything is signed, joins its peers, serves its API, and
 * goes on where it was.
 * @param surface what it shows to people, if anything
 * @param hooks what is told of keepers' faults, the engine of a network that has its own, and a signal that calls the
 * start off: at its next step, and in the middle of a state's loading
 * @returns the running node, or why it cannot start in words for the operator (code `aborted`: the signal came); nothing
 * stays open then
 */
export async function startNode(
  config: NodeConfig,
  surface: NodeSurface = {},
  hooks: NodeHooks = {},
): Promise<Result<RunningNode, StartNodeError>> {
  if (hooks.signal?.aborted === true) return aborted(config);
  const identity = await loadIdentity(config);
  if (!identity.ok) return identity;
  const flaw =
    engineFlaw(config, identity.value, hooks) ?? keysFlaw(config, identity.value) ?? peersFlaw(config, identity.value);
  if (flaw !== null) return err(flaw);
  const { host, port } = config.listen.api;
  const open: OpenRun = (apiPort, signal) => {
    const api = { host, port: apiPort };
    const opening = new Opening(signal);
    return openRun({ ...config, listen: { ...config.listen, api } }, identity.value, { ...surface, ...hooks }, opening);
  };
  const first = await open(port, hooks.signal);
  return first.ok ? ok(new RestartingNode(first.value, open)) : first;
}

/** A network of its own engine runs in the program that brings it. */
function engineFlaw({ genesisPath }: NodeConfig, { genesis }: Identity, { engine }: NodeHooks): StartNodeError | null {
  if (engine !== undefined || !isCustomExecutor(genesis.executor)) return null;
  const message = `${genesisPath} names the engine ${genesis.executor}, which this program does not have; start this keeper with the program that brings it`;
  return { code: "engineMissing", message };
}

async function openRun(
  config: NodeConfig,
  identity: Identity,
  surface: NodeSurface & NodeHooks,
  opening: Opening,
): Promise<Result<NodeRun, StartNodeError>> {
  try {
    const node = await openNode(config, identity, surface, opening);
    if (!node.ok) await opening.undo();
    return node;
  } catch (error) {
    await opening.undo();
    if (error instanceof OpeningAborted) return aborted(config);
    if (error instanceof StoreError) return err({ code: error.code, message: error.message });
    const fault = fileSystemFault(error, config.dataDir);
    if (fault !== null) return err(fault);
    throw error;
  }
}

/** Also a line in the log: whoever stops a slow start over and over finds nothing else there. */
function aborted({ log }: NodeConfig): Result<never, StartNodeError> {
  nodeLogger(log).log("info", "node.startAborted");
  const message = "the program that began this start called it off; what was open by then is closed again";
  return err({ code: "aborted", message });
}

async function openNode(
  config: NodeConfig,
  identity: Identity,
  surface: NodeSurface & NodeHooks,
  opening: Opening,
): Promise<Result<NodeRun, StartNodeError>> {
  opening.throwIfAborted();
  const { genesis, networkId, table, self } = identity;
  const logger = nodeLogger(config.log);
  const engine = networkEngine(genesis, networkId, surface.engine);
  const opened = await openStore(config, identity, opening);
  if (!opened.ok) return opened;
  const store = opened.value;
  opening.throwIfAborted();
  const crypto = openCrypto(identity, logger, opening);
  const signing = await openForge(config, identity, { service: crypto, store, clock, logger }, opening);
  if (!signing.ok) return signing;
  const { forge, watermarks, probeSigner, votesFrom } = signing.value;

  const end = new NodeEnd();
  const fail = (error: unknown): void => {
    if (!(error instanceof SafetyStop)) return end.fail(error);
    recordSafetyStop(config.dataDir, error, clock.nowMs()).then(
      () => end.fail(error),
      (cause: unknown) => end.fail(new Error(`${error.message}; and this could not be recorded`, { cause })),
    );
  };
  const restart = (): void => end.restart();
  const transport = createTransport(config, identity, logger);
  surface.drill?.({ setUnreachable: (peers) => transport.setUnreachable(new Set(peers)) });
  const openExecution = (threadId: ThreadId): ThreadExecution =>
    createWorkerExecution({ threadId, threadsTable: table }, { executor: engine.source, clock, logger });
  const slashing = surface.slashing ?? null;
  const apiUrls = apiUrlsOf(config, self);
  const edges = { engine, store, forge, votesFrom, crypto, transport, clock, logger, openExecution, apiUrls, slashing };
  const world = { ...edges, restart, fail };
  const keeper = await openKeeper(identity, world, opening);
  if (!keeper.ok) {
    const message = `the data directory ${config.dataDir} begins with another genesis block; give this network a directory of its own`;
    return err({ code: keeper.error.code, message });
  }
  opening.throwIfAborted();
  // Last, for it says that store and watermarks are there.
  const about = { sealwright: "data", formatVersion: FORMAT_VERSION, networkId, keeperId: self } as const;
  await writeAbout(config.dataDir, about);
  const { threads, desk, evidence, snapshots, fetcher, events } = keeper.value;

  const metrics = createMetrics();
  const stopMeasuring = addProcessMetrics(metrics, { clock });
  opening.opened(() => Promise.resolve(stopMeasuring()));
  const pruner = new Pruner(config.retention, {
    repository: store.repository,
    threads: [...threads.keys()],
    neededFrom: (threadId) => neededFrom(threads, snapshots, threadId),
    clock,
    measureDisk: () => directoryBytes(config.dataDir),
    fail,
  });
  opening.opened(() => pruner.stop());
  const { timeAheadMaxMs } = identity.genesis.settings;
  const clockWatch = new ClockWatch(
    { keepersMin: identity.keepers.quorum - 1, timeAheadMaxMs },
    { transport, clock, logger },
  );
  opening.opened(() => Promise.resolve(clockWatch.stop()));
  const watched = { threads, transport, store, forge, watermarks, desk, evidence, fetcher, pruner, clockWatch };
  addNodeMetrics(metrics, watched);
  const backend = new KeeperBackend({
    ...identity,
    engine,
    apiUrls,
    version: SOFTWARE_VERSION,
    threads,
    store,
    watermarks,
    probeSigner,
    desk,
    evidence,
    fetcher,
    transport,
    events,
    metrics,
    clock,
    clockWatch,
  });
  opening.throwIfAborted();
  const api = await listenApi(config, surface, { backend, clock, logger, metrics });
  if (!api.ok) return api;
  opening.opened(() => api.value.close());
  opening.throwIfAborted();
  const listening = await transport.start();
  opening.opened(() => transport.close());
  if (!listening.ok) return err(transportError(listening.error));
  await keeper.value.start(opening);
  opening.throwIfAborted();
  pruner.start();
  clockWatch.start();
  const apiUrl = api.value.address().url;
  const missing = peersMissing(config, identity);
  if (missing.length > 0) logger.log("warn", "config.peersMissing", { keepers: missing });
  logger.log("info", "node.started", { keeper: self, network: networkId, api: apiUrl, threads: threads.size });
  return ok({ apiUrl, keeperId: self, networkId, done: end.whenEnded(() => opening.undo()), stop: () => end.stop() });
}

/** The keeper's key is known to its workers, unless it is elsewhere. A second worker signs while the first one checks; on two processors it would only cost memory. */
function openCrypto({ keys }: Identity, logger: Logger, opening: Opening): CryptoPool {
  const workers = availableParallelism() > 2 ? 2 : 1;
  const signerKeys = keys.blsSecretKey === null ? [] : [keys.blsSecretKey.toBytes()];
  const crypto = new PatientCryptoPool({ workers, signerKeys }, { logger, clock });
  opening.opened(() => crypto[Symbol.asyncDispose]());
  return crypto;
}

async function openStore(
  config: NodeConfig,
  { networkId, self: keeperId }: Identity,
  opening: Opening,
): Promise<Result<NodeStore, StartNodeError>> {
  const stopped = await readSafetyStop(config.dataDir);
  if (stopped !== null) return err({ code: "stoppedForSafety", message: `${stopped.found}; ${stopped.advice}` });
  const store = await openNodeStore({ dir: join(config.dataDir, "store"), networkId, keeperId });
  if (!store.ok) {
    const { code, what, why, todo } = store.error;
    return err({ code, message: `${what}: ${why}; ${todo}` });
  }
  opening.opened(() => store.value.close());
  return store;
}

function createTransport(
  config: NodeConfig,
  { self, networkId, keys, keepers }: Identity,
  logger: Logger,
): TlsTransport {
  const peers = config.peers.map(({ id, address }): TransportPeer => {
    const index = keepers.indexOf(id);
    assert(index !== null, "a node starts only with peers that are keepers");
    return { id, publicKey: keepers.at(index).transportPublicKey, ...address };
  });
  const options = { self, networkId, seed: keys.transportSeed, listen: config.listen.keeper, peers };
  return new TlsTransport(options, { clock, random: systemRandom, logger });
}

async function listenApi(
  config: NodeConfig,
  surface: NodeSurface,
  deps: Parameters<typeof createApiServer>[1],
): Promise<Result<ApiServer, StartNodeError>> {
  try {
    return ok(await createApiServer({ listen: config.listen.api, messageWay: config.messageWay, ...surface }, deps));
  } catch (error) {
    if (!(error instanceof ApiListenError)) throw error;
    return err({ code: error.code, message: `${error.message}; ${API_TODO[error.code]}` });
  }
}

const API_TODO = {
  portTaken: "end that process, or change 'listen.api' in the configuration",
  notPermitted: "choose a port above 1023 in 'listen.api' in the configuration",
  noSuchAddress: "name one of its own in 'listen.api' in the configuration, or 0.0.0.0 for all of them",
  listenFailed: "see 'listen.api' in the configuration",
} as const satisfies Record<ApiListenError["code"], string>;

const LISTEN_TEXT = {
  portTaken: "another program listens there",
  noPermission: "this user may not listen there",
  badAddress: "this machine has no such address",
  badKey: "a transport key cannot be used",
  badPeers: "the list of peers contradicts itself",
  listenFailed: "the system refused",
} as const satisfies Record<TransportStartError["code"], string>;

function transportError(error: TransportStartError): StartNodeError {
  const where = "host" in error ? ` on ${error.host}:${error.port}` : "";
  const detail = "detail" in error ? ` (${error.detail})` : "";
  const todo = "see 'listen.keeper', 'peers' and 'keys.transport' in the configuration";
  return {
    code: error.code,
    message: `cannot listen for keepers${where}: ${LISTEN_TEXT[error.code]}${detail}; ${todo}`,
  };
}
