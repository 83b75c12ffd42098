import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  addProcessMetrics,
  ApiListenError,
  type ApiServer,
  createApiServer,
  createMetrics,
  createNodeEventLog,
} from "@sealwright/api";
import {
  decodeBlockFacts,
  type Genesis,
  genesisBlock,
  genesisFacts,
  genesisThreads,
  encodeBlockFacts,
  keeperIdOf,
  KeeperSet,
  networkIdOf,
  parseGenesis,
  type ThreadRules,
} from "@sealwright/consensus";
import { CryptoPool, verifyPossession } from "@sealwright/crypto";
import {
  createWorkerExecution,
  type Executor,
  ledgerExecutor,
  ledgerExecutorSource,
  ledgerGenesisEntries,
} from "@sealwright/execution";
import {
  FileWatermarkStore,
  type ForgeWorker,
  LocalBlsSigner,
  publicKeyHexFromBytes,
  startForgeWorker,
} from "@sealwright/forge";
import { initialKeeperState } from "@sealwright/keeper";
import { TlsTransport } from "@sealwright/network";
import { MessageQueue } from "@sealwright/producer";
import { type NodeStore, openNodeStore } from "@sealwright/store";
import {
  assert,
  type Clock,
  encodeWireMessage,
  err,
  type KeeperId,
  type Logger,
  type NetworkId,
  ok,
  type Result,
  type SealedBlock,
  type StateChange,
  type ThreadId,
  type ThreadsTable,
  threadsTableHash,
  type Timer,
  unwrap,
} from "@sealwright/types";
import { KeeperBackend } from "./backend/nodeBackend.js";
import { loadKeys, type NodeConfig, type NodeKeys } from "./config/index.js";
import { MessageDesk } from "./messages/messageDesk.js";
import { nodeLogger } from "./nodeLogger.js";
import type { NodeExit, StartNodeError } from "./nodeError.js";
import { addNodeMetrics } from "./nodeMetrics.js";
import { BlockServer } from "./sync/blockServer.js";
import { WireRouter } from "./sync/wireRouter.js";
import { ImportDesk } from "./thread/importDesk.js";
import { SignatureDesk } from "./thread/signatureDesk.js";
import { ThreadService } from "./thread/threadService.js";
import { SOFTWARE_VERSION } from "./version.js";
import { systemClock } from "./world/systemClock.js";
import { systemRandom } from "./world/systemRandom.js";

/** A keeper that runs. */
export interface RunningNode {
  readonly apiUrl: string;
  readonly keeperId: KeeperId;
  readonly networkId: NetworkId;
  /** Resolves once, with how the node ended. */
  readonly done: Promise<NodeExit>;
  /** Finishes what is under way, closes everything; safe to call again. */
  stop(): Promise<void>;
}

/** A vote that is not settled leaves again after this long (protocol §5). */
const VOTE_RESEND_MS = 300;
const STATUS_INTERVAL_MS = 1_000;

interface Identity {
  readonly genesis: Genesis;
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
  readonly table: ThreadsTable;
  readonly keys: NodeKeys;
  readonly self: KeeperId;
  readonly blsPublicKey: Uint8Array;
}

/**
 * Starts one keeper: loads what it must never forget before anything is signed, joins its peers, serves its API, and
 * goes on where it was.
 */
export async function startNode(config: NodeConfig): Promise<Result<RunningNode, StartNodeError>> {
  const identity = await loadIdentity(config);
  if (!identity.ok) return identity;
  const opening = new Opening();
  try {
    const node = await openNode(config, identity.value, opening);
    if (!node.ok) await opening.undo();
    return node;
  } catch (error) {
    await opening.undo();
    throw error;
  }
}

/** What was opened so far, to be closed in reverse when a later part cannot start. */
class Opening {
  readonly #closers: (() => Promise<void>)[] = [];

  opened(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  async undo(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

async function loadIdentity(config: NodeConfig): Promise<Result<Identity, StartNodeError>> {
  const genesis = await readGenesis(config.genesisPath);
  if (!genesis.ok) return genesis;
  const keys = await loadKeys(config.keys);
  if (!keys.ok) return err(keys.error);
  const keepers = KeeperSet.create(genesis.value.keepers);
  if (!keepers.ok)
    return err({
      code: "badGenesis",
      message: `the keepers in ${config.genesisPath} cannot form a set: ${keepers.error.code}`,
    });
  const networkId = networkIdOf(genesis.value);
  const blsPublicKey = keys.value.blsSecretKey.publicKey();
  const self = keeperIdOf(blsPublicKey);
  const table = genesisThreads(genesis.value, networkId);
  return ok({ genesis: genesis.value, networkId, keepers: keepers.value, table, keys: keys.value, self, blsPublicKey });
}

async function readGenesis(path: string): Promise<Result<Genesis, StartNodeError>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const message = `cannot read the genesis document ${path}: ${error instanceof Error ? error.message : "unknown"}; check 'genesis' in the configuration`;
    return err({ code: "genesisUnreadable", message });
  }
  const genesis = parseGenesis(json, verifyPossession);
  if (genesis.ok) return genesis;
  const { path: field, value, allowed } = genesis.error;
  return err({ code: "badGenesis", message: `${path}: ${field} is ${JSON.stringify(value)}, allowed is ${allowed}` });
}

async function openNode(
  config: NodeConfig,
  identity: Identity,
  opening: Opening,
): Promise<Result<RunningNode, StartNodeError>> {
  const { genesis, networkId, keepers, table, self } = identity;
  const clock = systemClock;
  const logger = nodeLogger(config.log);
  const store = await openNodeStore({ dir: join(config.dataDir, "store"), networkId, keeperId: self });
  if (!store.ok) {
    const { code, what, why, todo } = store.error;
    return err({ code, message: `${what}: ${why}; ${todo}` });
  }
  opening.opened(() => store.value.close());
  const forge = await openForge(config, identity, { clock, logger }, opening);
  if (!forge.ok) return forge;
  const verifier = new CryptoPool({}, { logger });
  opening.opened(() => verifier[Symbol.asyncDispose]());
  const executor = ledgerExecutor({ networkId, transferFee: genesis.transferFee });
  const blocks = genesisOfThreads(genesis, networkId, table, executor);
  const initialized = await store.value.repository.initialize(
    blocks.map(({ block, entries }) => ({
      threadId: block.header.threadId,
      blockId: block.id,
      header: block.header,
      facts: encodeBlockFacts(genesisFacts(block)),
      state: entries,
    })),
  );
  if (!initialized.ok)
    return err({
      code: "otherGenesis",
      message: `the data directory ${config.dataDir} was made with another genesis block`,
    });

  const stopped = new NodeEnd();
  const transport = new TlsTransport(
    {
      self,
      networkId,
      seed: identity.keys.transportSeed,
      listen: config.listen.keeper,
      peers: config.peers.flatMap((peer) => {
        const index = keepers.indexOf(peer.id);
        return index === null
          ? []
          : [
              {
                id: peer.id,
                publicKey: keepers.at(index).transportPublicKey,
                host: peer.address.host,
                port: peer.address.port,
              },
            ];
      }),
    },
    { clock, random: systemRandom, logger },
  );
  const events = createNodeEventLog(clock.nowMs());
  // Opened before all that appends to it, so closed after.
  opening.opened(() => Promise.resolve(events.close()));
  const imports = new ImportDesk(table, { repository: store.value.repository });
  const threads = new Map<ThreadId, ThreadService>();
  const deskHolder: { desk: MessageDesk | null } = { desk: null };
  const desk = (): MessageDesk => {
    assert(deskHolder.desk !== null, "the message desk is made before anything runs");
    return deskHolder.desk;
  };
  const signatures = new SignatureDesk({ verifier });
  const key = publicKeyHexFromBytes(identity.blsPublicKey);
  const apiUrlOf = (): null => null;
  for (const { block } of blocks) {
    const threadId = block.header.threadId;
    const rules: ThreadRules = {
      networkId,
      threadId,
      seed: block.id,
      keepers,
      threadsTableHash: threadsTableHash(table),
    };
    const execution = createWorkerExecution(
      { threadId, threadsTable: table },
      { executor: ledgerExecutorSource({ networkId, transferFee: genesis.transferFee }), clock, logger },
    );
    opening.opened(() => execution.close());
    execution.onDied((error) => stopped.fail(error));
    const initial = await loadThread(store.value, threadId, rules, identity, block);
    await execution.load(store.value.repository.state(threadId), initial.keeper.final.id);
    imports.addSource(threadId, initial.keeper.final.height, initial.keeper.final.id, initial.proof);
    const service = new ThreadService(
      { rules, settings: genesis.settings, threadsTable: table, self, signer: keepers.indexOf(self), key },
      { keeper: initial.keeper, lastSealed: initial.lastSealed },
      {
        execution,
        queue: new MessageQueue(),
        repository: store.value.repository,
        blockStates: store.value.blockStates,
        forge: forge.value,
        crypto: verifier,
        signatures,
        imports,
        transport,
        events,
        clock,
        logger,
        desk,
        finalMoved: (moved) => {
          for (const other of threads.values()) {
            if (other.threadId !== moved) other.otherThreadFinal(threads.get(moved)!.durableFinal.height);
          }
        },
        apiUrlOf,
        fail: (error) => stopped.fail(error),
      },
    );
    threads.set(threadId, service);
  }
  deskHolder.desk = new MessageDesk({
    executor,
    threadsTable: table,
    routes: threads,
    repository: store.value.repository,
    events,
    clock,
  });
  await desk().resume();

  const metrics = createMetrics();
  const stopMeasuring = addProcessMetrics(metrics, { clock });
  addNodeMetrics(metrics, { threads, transport, store: store.value, forge: forge.value, desk: desk() });
  opening.opened(() => Promise.resolve(stopMeasuring()));
  const backend = new KeeperBackend({
    genesis,
    networkId,
    version: SOFTWARE_VERSION,
    self,
    keepers,
    threadsTable: table,
    threads,
    store: store.value,
    desk: desk(),
    transport,
    events,
    metrics,
    clock,
    apiUrlOf,
  });
  transport.on(
    new WireRouter({
      transport,
      keepers,
      threads,
      desk: desk(),
      blockServer: new BlockServer({ repository: store.value.repository }),
      fail: (error) => stopped.fail(error),
      peerChanged: (keeperId, connected) =>
        events.append({ type: connected ? "keeper.connected" : "keeper.disconnected", atMs: clock.nowMs(), keeperId }),
    }),
  );
  const api = await listenApi(config, { backend, clock, logger, metrics });
  if (!api.ok) return api;
  opening.opened(() => api.value.close());
  const listening = await transport.start();
  opening.opened(() => transport.close());
  if (!listening.ok) return err(transportError(listening.error));
  for (const thread of threads.values()) {
    opening.opened(() => thread.stop());
    await thread.start();
  }
  const beat = startBeat({ threads, transport, desk: desk(), clock, fail: (error) => stopped.fail(error) });
  opening.opened(() => Promise.resolve(beat.cancel()));
  logger.log("info", "node.started", {
    keeper: self,
    network: networkId,
    api: api.value.address().url,
    threads: threads.size,
  });
  return ok({
    apiUrl: api.value.address().url,
    keeperId: self,
    networkId,
    done: stopped.whenEnded(async () => opening.undo()),
    stop: () => stopped.stop(),
  });
}

/** The one place where a node ends: by request, or because something that guards safety failed. */
class NodeEnd {
  #end: (exit: NodeExit) => void = () => undefined;
  readonly #ended = new Promise<NodeExit>((resolve) => (this.#end = resolve));
  #done: Promise<NodeExit> = this.#ended;

  fail(error: unknown): void {
    this.#end({ reason: "failed", error });
  }

  whenEnded(close: () => Promise<void>): Promise<NodeExit> {
    this.#done = this.#ended.then(async (exit) => {
      await close();
      return exit;
    });
    return this.#done;
  }

  async stop(): Promise<void> {
    this.#end({ reason: "stopped" });
    await this.#done;
  }
}

async function openForge(
  config: NodeConfig,
  identity: Identity,
  world: { readonly clock: Clock; readonly logger: Logger },
  opening: Opening,
): Promise<Result<ForgeWorker, StartNodeError>> {
  const watermarks = await FileWatermarkStore.open({ directory: join(config.dataDir, "watermarks") }, world);
  if (!watermarks.ok) return err({ code: watermarks.error.code, message: watermarks.error.message });
  opening.opened(() => watermarks.value.close());
  const service = new CryptoPool({ signerKeys: [identity.keys.blsSecretKey.toBytes()] }, { logger: world.logger });
  opening.opened(() => service[Symbol.asyncDispose]());
  const signer = new LocalBlsSigner({ keys: [publicKeyHexFromBytes(identity.blsPublicKey)] }, { service });
  const forge = await startForgeWorker({}, { signers: [signer], watermarks: watermarks.value, ...world });
  if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message });
  opening.opened(() => forge.value.shutdown());
  return ok(forge.value);
}

/** Every thread's genesis block follows from the document: its state root is computed, never stored on trust. */
function genesisOfThreads(
  genesis: Genesis,
  networkId: NetworkId,
  table: ThreadsTable,
  executor: Executor,
): { block: SealedBlock; entries: StateChange[] }[] {
  assert(networkIdOf(genesis) === networkId, "the network id is the document's");
  return table.map(({ threadId }) => {
    const entries = ledgerGenesisEntries(threadId, table, genesis.accounts);
    const state = unwrap(executor.load(threadId, entries));
    return { block: genesisBlock(genesis, threadId, state.root), entries };
  });
}

async function loadThread(
  store: NodeStore,
  threadId: ThreadId,
  rules: ThreadRules,
  identity: Identity,
  genesis: SealedBlock,
) {
  const { repository } = store;
  const final = await repository.lastFinal(threadId);
  assert(final !== null, "an initialized thread has a final block");
  const facts = final.height === 0n ? genesisFacts(genesis) : unwrap(decodeBlockFacts(final.facts));
  const vote = await repository.voteState(threadId);
  const keeper = initialKeeperState(
    {
      rules,
      self: identity.self,
      signer: identity.keepers.indexOf(identity.self),
      timeAheadMaxMs: identity.genesis.settings.timeAheadMaxMs,
      voteResendMs: VOTE_RESEND_MS,
    },
    facts,
    vote,
  );
  const proof = final.height === 0n ? null : await repository.finalityProof(final.blockId);
  return { keeper, proof, lastSealed: await repository.lastSealed(threadId) };
}

async function listenApi(
  config: NodeConfig,
  deps: Parameters<typeof createApiServer>[1],
): Promise<Result<ApiServer, StartNodeError>> {
  try {
    return ok(await createApiServer({ listen: config.listen.api }, deps));
  } catch (error) {
    if (!(error instanceof ApiListenError)) throw error;
    return err({
      code: error.code,
      message: `${error.message}; change 'listen.api' in the configuration or free the port`,
    });
  }
}

function transportError(error: {
  readonly code: string;
  readonly host?: string;
  readonly port?: number;
  readonly detail?: string;
}): StartNodeError {
  const where = error.host === undefined ? "" : ` ${error.host}:${error.port}`;
  const detail = error.detail === undefined ? "" : ` (${error.detail})`;
  return {
    code: error.code,
    message: `cannot listen for keepers on${where}${detail}: ${error.code}; change 'listen.keeper' in the configuration or free the port`,
  };
}

/** Once a second: everybody hears where this node stands, and messages that wait are looked at. */
function startBeat(deps: {
  readonly threads: ReadonlyMap<ThreadId, ThreadService>;
  readonly transport: TlsTransport;
  readonly desk: MessageDesk;
  readonly clock: Clock;
  readonly fail: (error: unknown) => void;
}): Timer {
  let timer: Timer;
  const beat = (): void => {
    for (const thread of deps.threads.values()) {
      deps.transport.broadcast(encodeWireMessage({ type: "status", status: thread.status() }));
    }
    deps.desk.tick((threadId) => deps.threads.get(threadId)!.durableFinal.timeMs).catch(deps.fail);
    timer = deps.clock.setTimer(STATUS_INTERVAL_MS, beat);
  };
  timer = deps.clock.setTimer(STATUS_INTERVAL_MS, beat);
  return { cancel: () => timer.cancel() };
}
