import { resolve } from "node:path";
import { SealwrightClient } from "@sealwright/api/client";
import { DEFAULT_SETTINGS, type ProtocolSettings, quorum } from "@sealwright/consensus";
import { formatSocketAddress, type TestAccount } from "@sealwright/node";
import { assert, limits, type NetworkId } from "@sealwright/types";
import { DevnetError, fileSystemError } from "../devnetError.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import {
  type DevnetFolder,
  LOAD_WALLETS,
  nodeConfigPathOf,
  nodeLogPathOf,
  openDevnetFolder,
  type PortWishes,
} from "./devnetFolder.js";
import type { DevnetParameters, DevnetWishes } from "./devnetParameters.js";
import { devnetPlaceAt } from "./devnetPlace.js";
import type { DevnetUrls } from "./devnetUrls.js";
import { loadWallets } from "../wallets/wallet.js";
import { lockDir } from "./dirLock.js";
import { type DevnetEndpoint, removeEndpoints, writeEndpoints } from "./endpointsFile.js";
import { type Faucet, startFaucet } from "./faucet.js";
import { KeeperProcess, type ProcessExit } from "./keeperProcess.js";
import { continueOrphans } from "./orphans.js";

/** Of what is left open, the network in the folder decides, and the defaults of a new one. */
export interface DevnetOptions extends DevnetWishes {
  /** Kept across restarts. */
  readonly dataDir: string;
  /** How to start one keeper: program and arguments; `--config <file> --exit-with-parent --obey-parent` is added. */
  readonly nodeCommand: readonly string[];
  /** Wished for; taken ones are replaced and told by an event. Default 8600… for APIs, 8500… for keepers. */
  readonly ports?: PortWishes;
  /** Of a new network. */
  readonly settings?: Partial<ProtocolSettings>;
  readonly onEvent?: (event: DevnetEvent) => void;
  /** When the start began, of `performance.timeOrigin`'s kind; now unless told. */
  readonly startedAtMs?: number;
  readonly signal?: AbortSignal;
}

/** What a devnet tells of its keepers while it starts and runs. */
export type DevnetEvent =
  | { readonly type: "portTaken"; readonly wished: number; readonly port: number }
  | { readonly type: "nodeStarted"; readonly index: number; readonly pid: number }
  /** A keeper ended that nobody asked to. */
  | { readonly type: "nodeEnded"; readonly index: number; readonly exit: ProcessExit; readonly lastWords: string };

/** A keeper that can be asked. */
export interface AnsweringKeeper {
  readonly index: number;
  readonly client: SealwrightClient;
  /** By a partition: it may lag, and must not contradict. */
  readonly isCutOff: boolean;
}

/** The first keeper has these, each further one the next. */
export const DEFAULT_PORTS: PortWishes = { api: 8_600, keeper: 8_500 };

const START_MS_MAX = 150_000;
/** Keepers that start need the processor themselves. */
const READY_POLL_MS = 100;
/** Asked only of keepers that answer, and so the accuracy of `startToFirstFinalMs`. */
const FINAL_POLL_MS = 25;
/** One that stands still takes a connection and never answers. */
const ANSWER_MS_MAX = 2_000;

/** Aborts at no time. */
const NEVER = new AbortController().signal;

/** How long a keeper is waited for. */
interface WaitLimits {
  /** Monotonic. */
  readonly deadlineMs: number;
  /** Nobody waits any more. */
  readonly over: AbortSignal;
}

/** How a wait ended that did not fail; `over` also when the keeper was ended on purpose. */
type WaitEnd = "true" | "over";

/** A running network of keeper processes on this machine. */
export class Devnet implements AsyncDisposable {
  /** From the start to the first final block that any keeper told. */
  startToFirstFinalMs = 0;
  readonly clients: readonly SealwrightClient[];
  /** Ends that nobody asked for, as the report counts them. */
  readonly unwantedEnds: { readonly index: number; readonly exit: ProcessExit }[] = [];
  readonly #processes: (KeeperProcess | null)[];
  readonly #cutOff = new Set<number>();
  readonly #restarts = new Map<number, Promise<void>>();
  /** Keepers that have answered since they were started last. */
  readonly #answered = new Set<number>();
  #faucet: Faucet | null = null;
  #published = Promise.resolve();
  #isStopping = false;
  #stopped: Promise<void> | null = null;

  constructor(
    readonly folder: DevnetFolder,
    private readonly options: DevnetOptions,
    private readonly unlock: () => void,
  ) {
    this.#processes = folder.addresses.map(() => null);
    this.clients = folder.addresses.map(
      ({ api }) => new SealwrightClient({ baseUrl: `http://${formatSocketAddress(api)}` }, { clock: wakefulClock }),
    );
  }

  get #brokenOff(): AbortSignal {
    return this.options.signal ?? NEVER;
  }

  get networkId(): NetworkId {
    return this.folder.networkId;
  }

  /** Those of the ledger; none with another engine. */
  get accounts(): readonly TestAccount[] {
    const { funded } = this.folder;
    return funded.type === "ledger" ? funded.accounts : [];
  }

  get urls(): DevnetUrls {
    const api = this.clients[0]!.baseUrl;
    const ton = this.folder.parameters.executor === "tvm" ? `${api}/api/v2/jsonRPC` : null;
    return { ton, api, page: `${api}/page/`, faucet: this.#faucet?.url ?? null };
  }

  get endpoints(): readonly DevnetEndpoint[] {
    return this.folder.addresses.map(({ keeper }, index) => ({
      index,
      keeperId: this.folder.keeperIds[index]!,
      apiUrl: this.clients[index]!.baseUrl,
      keeperAddress: formatSocketAddress(keeper),
      pid: this.#processes[index]?.pid ?? 0,
      log: nodeLogPathOf(this.folder.dir, index),
    }));
  }

  pid(index: number): number {
    return this.#running(index).pid;
  }

  isRunning(index: number): boolean {
    return this.#processes[index]?.exit === null;
  }

  /** Keepers that can be asked: they run, have answered since they were started, and do not stand still. */
  answering(): readonly AnsweringKeeper[] {
    return this.clients.flatMap((client, index) =>
      this.#isMoving(index) && this.#answered.has(index) ? [{ index, client, isCutOff: this.#cutOff.has(index) }] : [],
    );
  }

  /**
   * `kill -9`.
   * @throws DevnetError `nodeStopped` when it does not run
   */
  async kill(index: number): Promise<void> {
    await this.#alive(index).kill();
  }

  /**
   * Stands still (SIGSTOP) until it is resumed.
   * @throws DevnetError `nodeStopped` when it does not run, `noEffect` when it stands still already
   */
  pause(index: number): void {
    const keeper = this.#alive(index);
    if (keeper.isPaused) throw noEffect(`keeper ${index} stands still already`, "continue it first");
    keeper.pause();
  }

  /** @throws DevnetError `nodeStopped` when it does not run, `noEffect` when it does not stand still */
  resume(index: number): void {
    const keeper = this.#alive(index);
    if (!keeper.isPaused)
      throw noEffect(`keeper ${index} does not stand still`, "name the one that was stopped by its number");
    keeper.resume();
  }

  /**
   * Cuts a keeper off from all others, also across its restarts, until `heal`. Clients still reach it.
   * @throws DevnetError `noEffect` when it is cut off already
   */
  cutOff(index: number): void {
    if (this.#cutOff.has(index)) throw noEffect(`keeper ${index} is cut off already`, "heal first");
    this.#cutOff.add(index);
    this.#orderAll();
  }

  /**
   * Ends all partitions.
   * @throws DevnetError `noEffect` when there is none
   */
  heal(): void {
    if (this.#cutOff.size === 0) throw noEffect("no keeper is cut off", "cut one off first");
    this.#cutOff.clear();
    this.#orderAll();
  }

  /**
   * Starts a keeper that is down, or again one that is not, from its data. Resolves when it answers and, where it reaches
   * a quorum, is ready. Two restarts of one keeper follow each other: its data has room for one process.
   * @param over from then on nothing is waited for: one that answers is restarted, ready or not
   * @throws DevnetError `notReady` when it did not answer or get ready in time, `nodeStopped` when it ended before it answered
   */
  restart(index: number, over: AbortSignal = NEVER): Promise<void> {
    const before = this.#restarts.get(index) ?? Promise.resolve();
    const restarted = before.catch(() => undefined).then(() => this.#restart(index, over));
    this.#restarts.set(index, restarted);
    return restarted;
  }

  async #restart(index: number, runIsOver: AbortSignal): Promise<void> {
    const over = AbortSignal.any([runIsOver, this.#brokenOff]);
    if (over.aborted) throw tooLate(index);
    if (this.isRunning(index)) await this.#running(index).stop();
    this.#start(index);
    // Whoever cleans up after this process must know the new one.
    await this.#publish();
    await this.#ready(index, { deadlineMs: wakefulClock.monotonicMs() + START_MS_MAX, over }, () =>
      this.#reachesQuorum(index),
    );
    if (!this.#answered.has(index)) throw over.aborted ? tooLate(index) : endedEarly(index);
  }

  /** Whether a keeper can get ready: it and others that it reaches are a quorum. */
  #reachesQuorum(index: number): boolean {
    const reached = [...this.#processes.keys()].filter((other) => this.#isMoving(other) && !this.#cutOff.has(other));
    return !this.#cutOff.has(index) && reached.length >= quorum(this.#processes.length);
  }

  #isMoving(index: number): boolean {
    return this.isRunning(index) && !this.#running(index).isPaused;
  }

  /** Starts all keepers. Resolves when all are ready and every thread has a final block above its genesis. */
  async start(): Promise<void> {
    const startedAtMs = this.options.startedAtMs ?? wakefulClock.nowMs();
    for (const index of this.#processes.keys()) this.#start(index);
    const waitLimits = { deadlineMs: wakefulClock.monotonicMs() + START_MS_MAX, over: this.#brokenOff };
    await Promise.all([
      this.#firstFinal(startedAtMs),
      ...this.#processes.map((_, index) => this.#ready(index, waitLimits).then(mustBeTrue)),
    ]);
    await Promise.all(this.#processes.map((_, index) => this.#hasFinalBlocks(index, waitLimits).then(mustBeTrue)));
    this.#faucet = await this.#openFaucet();
    await this.#publish();
  }

  /** Stops all keepers in order; may be called again. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stopAll());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #openFaucet(): Promise<Faucet | null> {
    const { funded, networkId } = this.folder;
    if (funded.type !== "tvm") return null;
    const wallet = loadWallets(funded.loadSeed, LOAD_WALLETS + 1)[LOAD_WALLETS]!;
    return startFaucet({ networkId, wallet, seed: funded.loadSeed }, () => this.#reachable());
  }

  /** A keeper that answers and is not cut off, if there is one. */
  #reachable(): SealwrightClient {
    const answering = this.answering();
    return (answering.find(({ isCutOff }) => !isCutOff) ?? answering[0])?.client ?? this.clients[0]!;
  }

  async #stopAll(): Promise<void> {
    this.#isStopping = true;
    await this.#faucet?.close();
    await Promise.all(this.#processes.flatMap((keeper) => (keeper?.exit === null ? [keeper.stop()] : [])));
    for (const client of this.clients) client.close();
    await this.#published.catch(() => undefined);
    await removeEndpoints(this.folder.dir);
    this.unlock();
  }

  #start(index: number): void {
    assert(!this.#isStopping, "a devnet that stops starts nothing");
    const { dir } = this.folder;
    const keeper = new KeeperProcess({
      command: this.options.nodeCommand,
      configPath: nodeConfigPathOf(dir, index),
      logPath: nodeLogPathOf(dir, index),
    });
    this.#processes[index] = keeper;
    this.#answered.delete(index);
    if (this.#cutOff.size > 0) this.#order(index);
    this.options.onEvent?.({ type: "nodeStarted", index, pid: keeper.pid });
    void this.#watch(index, keeper);
  }

  async #watch(index: number, keeper: KeeperProcess): Promise<void> {
    const exit = await keeper.exited;
    if (exit.isWanted) return;
    this.unwantedEnds.push({ index, exit });
    this.options.onEvent?.({ type: "nodeEnded", index, exit, lastWords: await keeper.lastWords() });
  }

  #running(index: number): KeeperProcess {
    const keeper = this.#processes[index];
    assert(keeper != null, `no keeper ${index} was started`);
    return keeper;
  }

  #alive(index: number): KeeperProcess {
    const keeper = this.#running(index);
    if (keeper.exit === null) return keeper;
    throw new DevnetError("nodeStopped", `keeper ${index} is not running`, "restart it first");
  }

  #orderAll(): void {
    for (const [index, keeper] of this.#processes.entries()) if (keeper?.exit === null) this.#order(index);
  }

  /** Tells a keeper whom it cannot reach: whoever is cut off, or everybody when it is itself. */
  #order(index: number): void {
    const unreachable = this.folder.keeperIds.filter(
      (_, other) => other !== index && (this.#cutOff.has(index) || this.#cutOff.has(other)),
    );
    this.#running(index).order({ unreachable });
  }

  /** @param isDemanded whether it must be ready, asked again and again; where not, it need only answer */
  #ready(index: number, waitLimits: WaitLimits, isDemanded = (): boolean => true): Promise<WaitEnd> {
    let detail = "it does not answer";
    const isReady = async (signal: AbortSignal): Promise<boolean> => {
      const readiness = await this.clients[index]!.readiness({ signal });
      detail = readiness.checks
        .filter(({ ok }) => !ok)
        .map((check) => `${check.name}: ${check.detail}`)
        .join("; ");
      this.#answered.add(index);
      return readiness.ready || !isDemanded();
    };
    return this.#until(index, isReady, { ...waitLimits, everyMs: READY_POLL_MS, why: () => detail });
  }

  #hasFinalBlocks(index: number, waitLimits: WaitLimits): Promise<WaitEnd> {
    const isFinal = async (signal: AbortSignal): Promise<boolean> => {
      const threads = await this.clients[index]!.threads({ signal });
      return threads.every(({ final }) => final !== null && BigInt(final.height) > 0n);
    };
    const why = (): string => "a thread has no final block yet";
    return this.#until(index, isFinal, { ...waitLimits, everyMs: FINAL_POLL_MS, why });
  }

  async #firstFinal(startedAtMs: number): Promise<void> {
    while (!this.#isStopping && this.#processes.some((keeper) => keeper?.exit === null)) {
      for (const index of this.#answered) {
        const signal = AbortSignal.timeout(ANSWER_MS_MAX);
        const threads = await this.clients[index]!.threads({ signal }).catch(() => []);
        if (!threads.some(({ final }) => final !== null && BigInt(final.height) > 0n)) continue;
        this.startToFirstFinalMs = Math.round(wakefulClock.nowMs() - startedAtMs);
        return;
      }
      await sleepMs(FINAL_POLL_MS);
    }
  }

  async #until(
    index: number,
    isTrue: (signal: AbortSignal) => Promise<boolean>,
    { deadlineMs, over, everyMs, why }: WaitLimits & { readonly everyMs: number; readonly why: () => string },
  ): Promise<WaitEnd> {
    const ask = (): Promise<boolean> => isTrue(AbortSignal.any([over, AbortSignal.timeout(ANSWER_MS_MAX)]));
    while (!(await ask().catch(() => false))) {
      const keeper = this.#running(index);
      const log = nodeLogPathOf(this.folder.dir, index);
      if (over.aborted || keeper.exit?.isWanted === true) return "over";
      if (keeper.exit !== null) throw await nodeStopped(index, keeper, log);
      if (wakefulClock.monotonicMs() > deadlineMs) {
        const text = `keeper ${index} is not ready after ${START_MS_MAX / 1_000} s: ${why()}`;
        throw new DevnetError("notReady", text, `its log is ${log}`);
      }
      await sleepMs(everyMs, over);
    }
    return "true";
  }

  /** One at a time: keepers that restart together write one file. */
  #publish(): Promise<void> {
    return (this.#published = this.#published.catch(() => undefined).then(() => this.#writeEndpoints()));
  }

  #writeEndpoints(): Promise<void> {
    const { dir, name, networkId, accountsPath: accounts, genesisPath: genesis } = this.folder;
    const { pid } = process;
    const nodes = this.endpoints;
    return writeEndpoints(dir, { sealwright: "endpoints", version: 1, name, networkId, pid, accounts, genesis, nodes });
  }
}

/**
 * Starts a network of real keeper processes on the loopback interface, or goes on with the one in `dataDir`.
 * @throws DevnetError
 */
export async function createDevnet(options: DevnetOptions): Promise<Devnet> {
  const dir = resolve(options.dataDir);
  const { parameters } = await devnetPlaceAt(dir, options);
  assert(parameters.nodes >= 1 && parameters.nodes <= limits.KEEPERS_MAX, "a devnet has at least one node");
  const { folder, unlock } = await openLocked(dir, parameters, options);
  for (const { wished, port } of folder.changedPorts) options.onEvent?.({ type: "portTaken", wished, port });
  const devnet = new Devnet(folder, options, unlock);
  try {
    await devnet.start();
    return devnet;
  } catch (error) {
    await devnet.stop();
    throw fileSystemError(error, dir);
  }
}

async function openLocked(
  dir: string,
  parameters: DevnetParameters,
  options: DevnetOptions,
): Promise<{ readonly folder: DevnetFolder; readonly unlock: () => void }> {
  let unlock = (): void => undefined;
  try {
    unlock = lockDir(dir);
    await continueOrphans(dir);
    const settings = { ...DEFAULT_SETTINGS, ...options.settings };
    const folder = await openDevnetFolder({ dir, parameters, settings, ports: options.ports ?? DEFAULT_PORTS });
    return { folder, unlock };
  } catch (error) {
    unlock();
    throw fileSystemError(error, dir);
  }
}

function mustBeTrue(end: WaitEnd): void {
  if (end === "over") throw new DevnetError("notReady", "the start was broken off", "start it again");
}

function noEffect(why: string, advice: string): DevnetError {
  return new DevnetError("noEffect", why, advice);
}

function tooLate(index: number): DevnetError {
  return new DevnetError("notReady", `the run was over before keeper ${index} answered`, "restart it earlier");
}

function endedEarly(index: number): DevnetError {
  return new DevnetError("nodeStopped", `keeper ${index} was ended before it answered`, "end it later");
}

async function nodeStopped(index: number, keeper: KeeperProcess, log: string): Promise<DevnetError> {
  const { code, signal } = keeper.exit ?? { code: null, signal: null };
  const how = code === null ? `by ${signal ?? "an error"}` : `with code ${code}`;
  const lastWords = await keeper.lastWords();
  return new DevnetError(
    "nodeStopped",
    `keeper ${index} ended ${how} while starting: ${lastWords}`,
    `its log is ${log}`,
  );
}
