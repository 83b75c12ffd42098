import type { NodeEvent } from "@sealwright/api";
import { faultTolerance, producerOf, type Verification } from "@sealwright/consensus";
import { type BlsScheme, blstScheme } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import { ChainAudit, type Executor } from "@sealwright/execution";
import { memoryNetwork, type MemoryNetwork } from "@sealwright/network/testing";
import {
  assert,
  type BlockId,
  decodeWireMessage,
  height,
  type Height,
  type KeeperId,
  type MessageHash,
  term,
  type Term,
  type ThreadId,
} from "@sealwright/types";
import type { FaultName, FaultTarget } from "../faults/fault.js";
import { FAULT_KINDS } from "../faults/faultKinds.js";
import { LIAR_KINDS } from "../liars/liarKinds.js";
import { liarTools } from "../liars/liarTools.js";
import { hold, Violation } from "../witness/violation.js";
import { Witness } from "../witness/witness.js";
import { type Conditions, goodConditions } from "../world/conditions.js";
import { Links } from "../world/links.js";
import { NodeClock } from "../world/nodeClock.js";
import { createSimGenesis, type SimGenesis, START_UNIX_MS } from "../world/simGenesis.js";
import type { LivingNode } from "../world/livingNode.js";
import { KeeperDisk, SimNode } from "../world/simNode.js";
import { SimRandom } from "../world/simRandom.js";
import type { SimWorld } from "../world/simWorld.js";
import { Trace } from "../world/trace.js";
import { VirtualTime } from "../world/virtualTime.js";
import { createClient, type Client, type OwedMessage } from "./client.js";
import type { PlannedLottery, SimPlan } from "./plan.js";

const RESTART_MS = 700;
/** Messages that may leave only when something is on disk: a candidate, an attestation, a Lock. */
const GUARDED_TAGS = [0, 1, 8];
const NACK_TAG = 17;
/** After trouble every thread must get this many new final blocks on every honest keeper ... */
const CALM_BLOCKS = 4n;
/** ... within this much simulated time (I8). */
const CALM_MS_MAX = 60_000;
const CHECK_EVERY_MS = 250;
/** A network that came back executes what its honest keepers took within this much simulated time. */
const SERVICE_MS_MAX = 20_000;

/** How one run ended. Two runs of one plan have the same `traceDigest`, or something was not replayed. */
export interface SimOutcome {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly finalizedBlocks: number;
  /** What of the plan happened, liars among it. */
  readonly faults: Readonly<Record<string, number>>;
  readonly traceDigest: string;
  readonly violation: { readonly invariant: string; readonly text: string; readonly story: readonly string[] } | null;
}

export interface SimulationOptions {
  readonly plan: SimPlan;
  /** Every line of the trace as it happens. */
  readonly print?: (line: string) => void;
  /** Every frame of an honest keeper as it leaves. */
  readonly onFrame?: (frame: Uint8Array) => void;
}

/** One run of one plan: a whole network in one thread. The same plan gives the same trace, byte for byte. */
export class Simulation implements SimWorld {
  readonly time = new VirtualTime();
  readonly trace: Trace;
  readonly random: SimRandom;
  readonly genesis: SimGenesis;
  readonly scheme: BlsScheme;
  readonly witness: Witness;
  readonly network: MemoryNetwork;
  readonly #plan: SimPlan;
  readonly #onFrame: ((frame: Uint8Array) => void) | null;
  readonly #links: Links;
  readonly #places: readonly KeeperId[];
  readonly #conditions: readonly Conditions[];
  readonly #disks: readonly KeeperDisk[];
  readonly #nodes = new Map<KeeperId, SimNode>();
  /** The second machines of liars that are two. */
  readonly #twinDisks = new Map<KeeperId, KeeperDisk>();
  readonly #twins = new Map<KeeperId, SimNode>();
  readonly #counts = new Map<string, number>();
  readonly #client: Client;
  #executor: Executor | null = null;
  #failure: Violation | null = null;
  #steps = 0;

  constructor({ plan, print, onFrame }: SimulationOptions) {
    this.#plan = plan;
    this.#onFrame = onFrame ?? null;
    this.trace = new Trace({ print: print ?? null });
    this.random = new SimRandom(plan.seed, "world");
    this.scheme = plan.realBls ? blstScheme : fakeBls;
    this.genesis = genesisFor(plan, this.scheme);
    const { table, entries } = this.genesis;
    const value =
      plan.executor === "tvm"
        ? new ChainAudit(table, entries, (rule, holds, describe) => hold(holds, rule, describe))
        : null;
    this.witness = new Witness(this.genesis, this.scheme, value);
    this.#places = this.genesis.keepers.members.map(({ id }) => id);
    const clock = new NodeClock(this.time, { startUnixMs: START_UNIX_MS, offsetMs: 0 });
    const base = {
      latencyMs: plan.latencyMs,
      jitterMs: plan.jitterMs,
      lossRatio: 0,
      duplicateRatio: 0,
      reorderRatio: 0,
      reorderMs: 0,
    };
    this.network = memoryNetwork({ keepers: this.#places, link: base }, { clock, random: this.random.fork("network") });
    this.#links = new Links(this.network, base);
    this.#conditions = this.#places.map(() => goodConditions(plan.syncMsMax));
    this.#disks = this.#places.map(() => new KeeperDisk());
    this.#client = createClient(this.genesis, {
      random: this.random.fork("client"),
      messages: this.witness.messages,
      fail: (error, context) => this.fail(error, context),
    });
  }

  async run(): Promise<SimOutcome> {
    const onRejection = (error: unknown): void => this.fail(error, "nobody handled a rejection");
    process.on("unhandledRejection", onRejection);
    try {
      this.#executor = await this.genesis.openExecutor();
      await this.#runPlan();
      return this.#outcome();
    } finally {
      process.off("unhandledRejection", onRejection);
    }
  }

  async #runPlan(): Promise<void> {
    for (const place of this.#places.keys()) this.#start(place);
    const faults = this.#planFaults();
    this.#planMessages();
    await this.#runUntil(this.#plan.troubleMs, () => false);
    for (const end of faults) end();
    for (const place of this.#places.keys()) this.#start(place);
    await this.#calm();
    this.watch(() => this.witness.nacks.checkRefuted(this.time.nowMs));
  }

  get executor(): Executor {
    assert(this.#executor !== null, "keepers start when there is something to execute with");
    return this.#executor;
  }

  nameOf(keeper: KeeperId): string {
    return `k${this.#places.indexOf(keeper)}`;
  }

  noteFrame(node: LivingNode, to: KeeperId, frame: Uint8Array): void {
    node.trace(`sends ${frame[0]} ${frame.length} to ${this.nameOf(to)}`);
    this.#onFrame?.(frame);
    if (!GUARDED_TAGS.includes(frame[0]!)) return;
    const decoded = decodeWireMessage(frame);
    if (decoded.ok) this.watch(() => this.witness.noteLeaves(node.self, decoded.value));
  }

  noteHeard({ self }: LivingNode, frame: Uint8Array): void {
    if (frame[0] !== NACK_TAG) return;
    const decoded = decodeWireMessage(frame);
    if (decoded.ok && decoded.value.type === "nack") this.witness.nacks.noteHeard(self, decoded.value.nack);
  }

  noteEvent(node: LivingNode, event: NodeEvent): void {
    if ("block" in event)
      node.trace(`${event.type} ${event.block.height}.${event.block.term} ${event.block.blockId.slice(0, 12)}`);
    else node.trace(event.type);
    this.watch(() => {
      if (event.type === "block.final") this.witness.nacks.noteFinal(node.self, event.block.blockId, this.time.nowMs);
      const firstFinal = this.witness.noteEvent(node.self, event);
      if (firstFinal !== null) this.#checkTotals(node, firstFinal.header.threadId, firstFinal.id);
    });
    if (event.type === "block.certified") this.#checkHolders(event.block.blockId, event.block.threadId, node);
  }

  noteInvalid(node: LivingNode, blockId: string, reason: string): void {
    node.trace(`invalid ${blockId.slice(0, 12)} ${reason}`);
    this.watch(() => this.witness.finality.noteInvalid(blockId as BlockId, reason));
    const producer = this.witness.ancestry.get(blockId as BlockId)?.header.producer;
    if (producer !== undefined && !this.#isLiar(producer))
      this.fail(
        new Violation(
          "I14",
          `${this.nameOf(node.self)} refuses a block of the honest ${this.nameOf(producer)}: ${reason}`,
        ),
        "",
      );
  }

  noteBlame(by: KeeperId, peer: KeeperId, reason: string): void {
    this.trace.add(this.time.nowMs, this.nameOf(by), `blames ${this.nameOf(peer)}: ${reason}`);
    if (!this.#isLiar(peer))
      this.fail(new Violation("blame", `${this.nameOf(by)} blames the honest ${this.nameOf(peer)}: ${reason}`), "");
  }

  noteCensorship(by: LivingNode, threadId: ThreadId, nextTerm: Term): void {
    const seed = this.genesis.blocks.find(({ header }) => header.threadId === threadId)!.id;
    const producer = producerOf(seed, term(nextTerm - 1n), this.genesis.keepers);
    by.trace(`suspects ${this.nameOf(producer)} of censorship`);
    if (!this.#isLiar(producer))
      this.fail(
        new Violation("blame", `${this.nameOf(by.self)} suspects the honest ${this.nameOf(producer)} of censorship`),
        "",
      );
  }

  noteOffence(by: KeeperId, accused: KeeperId, kind: string): void {
    if (kind === "wrongNack") this.witness.nacks.noteRefuted(by, accused, null);
    this.trace.add(this.time.nowMs, this.nameOf(by), `holds proof of ${kind} by ${this.nameOf(accused)}`);
    if (!this.#isLiar(accused))
      this.fail(
        new Violation("blame", `${this.nameOf(by)} holds proof of ${kind} by the honest ${this.nameOf(accused)}`),
        "",
      );
  }

  noteFault(type: FaultName): void {
    this.#count(type);
  }

  watch(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error, "");
    }
  }

  powerCut({ self }: LivingNode): void {
    this.#stop(self);
    const place = this.#places.indexOf(self);
    this.time.at(this.time.nowMs + RESTART_MS, () => this.#start(place));
  }

  fail(error: unknown, context: string): void {
    if (this.#failure !== null) return;
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#failure = error instanceof Violation ? error : new Violation("I12", `${context}: ${cause}`, { cause: error });
    this.trace.add(this.time.nowMs, "witness", this.#failure.message.split("\n")[0]!);
  }

  #isLiar(keeper: KeeperId): boolean {
    return this.#plan.liars.some((liar) => this.#places[liar.keeper] === keeper);
  }

  #start(place: number): void {
    const keeper = this.#places[place]!;
    if (this.#nodes.has(keeper) || this.#conditions[place]!.isDiskFull) return;
    const lie = this.#plan.liars.find((liar) => liar.keeper === place);
    const liar =
      lie === undefined
        ? null
        : LIAR_KINDS[lie.type](liarTools(keeper, this.genesis, this.scheme, this.random.fork(`liar ${place}`)));
    const node = new SimNode(this, keeper, this.#disks[place]!, this.#conditions[place]!, liar);
    this.#nodes.set(keeper, node);
    this.#run(node);
    if (liar?.twin === undefined) return;
    const disk = this.#twinDisks.get(keeper) ?? new KeeperDisk();
    this.#twinDisks.set(keeper, disk);
    const twin = new SimNode(this, keeper, disk, this.#conditions[place]!, liar.twin, node);
    this.#twins.set(keeper, twin);
    this.#run(twin);
  }

  #run(node: SimNode): void {
    node.trace("starts");
    node.start().catch((error: unknown) => {
      if (!node.isAlive) return;
      if (!node.hasDiskFailed) this.fail(error, `${this.nameOf(node.self)} cannot start`);
      this.powerCut(node);
    });
  }

  #crash(place: number): void {
    const keeper = this.#places[place]!;
    this.#nodes.get(keeper)?.trace("crashes");
    this.#stop(keeper);
  }

  #stop(keeper: KeeperId): void {
    this.#nodes.get(keeper)?.crash();
    this.#nodes.delete(keeper);
    this.witness.nacks.noteDeath(keeper);
    this.#twins.get(keeper)?.crash();
    this.#twins.delete(keeper);
  }

  /** @returns ends what is still in force */
  #planFaults(): (() => void)[] {
    const target: FaultTarget = {
      links: this.#links,
      random: this.random.fork("faults"),
      idOf: (place) => this.#places[place]!,
      conditionsOf: (place) => this.#conditions[place]!,
      nodeOf: (place) => this.#nodes.get(this.#places[place]!),
      crash: (place) => this.#crash(place),
      restart: (place) => this.#start(place),
      happened: (type) => this.noteFault(type),
    };
    for (const liar of this.#plan.liars) this.#count(liar.type);
    return this.#plan.faults.map((fault) => {
      let end: (() => void) | null = null;
      const finish = (): void => {
        end?.();
        end = null;
      };
      const begin = this.time.at(fault.atMs, () => {
        if (FAULT_KINDS[fault.type].happens === "whenItBegins") this.#count(fault.type);
        this.trace.add(fault.atMs, "fault", `${fault.type} ${fault.keepers.join()} ${fault.amount} for ${fault.forMs}`);
        end = FAULT_KINDS[fault.type].begin(target, fault);
        this.time.at(fault.atMs + fault.forMs, finish);
      });
      return () => {
        begin.cancel();
        finish();
      };
    });
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  #planMessages(): void {
    const submit = (): void => {
      if (this.time.nowMs >= this.#plan.troubleMs) return;
      const honest = this.#running().filter((node) => node.isHonest);
      if (honest.length > 0) this.#client.submit(honest[this.random.int(honest.length)]!);
      this.time.at(this.time.nowMs + this.#plan.messageEveryMs, submit);
    };
    this.time.at(this.#plan.messageEveryMs, submit);
  }

  #running(): SimNode[] {
    return [...this.#nodes.values()].filter((node) => node.keeper !== null);
  }

  /** I10: right when a block became final for the first time, before its ancestors' states go. */
  #checkTotals(node: LivingNode, threadId: ThreadId, blockId: BlockId): void {
    const execution = node.keeper?.threads.get(threadId)?.execution;
    execution?.totals(blockId).then(
      ({ balances, fees, sent, received }) =>
        this.watch(() =>
          this.witness.noteTotals(threadId, balances + fees + sent - received, this.genesis.balances.get(threadId)!),
        ),
      (error: unknown) => this.fail(error, "totals of a final block"),
    );
  }

  /** I13 */
  #checkHolders(blockId: BlockId, threadId: ThreadId, node: LivingNode): void {
    const certificate = node.keeper?.threads.get(threadId)?.keeper.state.certificates.get(blockId);
    if (certificate === undefined) return;
    const { keepers } = this.genesis;
    const honest = certificate.signers.map((signer) => keepers.at(signer).id).filter((id) => !this.#isLiar(id));
    this.watch(() => this.witness.disks.noteCertified(blockId, honest, faultTolerance(keepers.size) + 1));
  }

  /** I8: within bounded time every thread gets new final blocks everywhere, and all that was promised comes true. */
  async #calm(): Promise<void> {
    if (this.#failure !== null) return;
    const before = this.genesis.blocks.map(({ header }) =>
      height(this.witness.finality.finals(header.threadId).length - 1),
    );
    const { messages } = this.witness;
    const deadlineMs = this.time.nowMs + CALM_MS_MAX;
    let nextCheckMs = this.time.nowMs;
    let liveAtMs = Infinity;
    await this.#runUntil(deadlineMs, () => {
      if (this.time.nowMs < nextCheckMs) return false;
      nextCheckMs = this.time.nowMs + CHECK_EVERY_MS;
      if (!this.#isLive(before)) return false;
      liveAtMs = Math.min(liveAtMs, this.time.nowMs);
      if (this.#neglected(liveAtMs).length > 0) return true;
      return this.#openMessages().length === 0 && messages.onTheWay().length === 0;
    });
    if (this.#failure !== null) return;
    const [neglected] = this.#neglected(liveAtMs);
    if (neglected !== undefined)
      return this.fail(
        new Violation(
          "I9",
          `message ${neglected.hash}, which nothing speaks against, is in no final block ${SERVICE_MS_MAX} ms after the network came back, though the honest ${this.nameOf(neglected.takenBy)} took it`,
        ),
        "",
      );
    if (!this.#isLive(before))
      return this.fail(
        new Violation("I8", `no new final blocks ${CALM_MS_MAX} ms after the last fault: ${this.#heights()}`),
        "",
      );
    const open = this.#openMessages();
    if (open.length > 0)
      return this.fail(new Violation("I9", `${open.length} messages have no last word, the first ${open[0]!}`), "");
    const onTheWay = messages.onTheWay();
    if (onTheWay.length > 0)
      this.fail(new Violation("I11", `messages between threads never arrived: ${onTheWay.join()}`), "");
  }

  #isLive(before: readonly Height[]): boolean {
    const honest = this.#places.filter((id) => !this.#isLiar(id)).map((id) => this.#nodes.get(id));
    return honest.every((node) =>
      this.genesis.blocks.every(({ header: { threadId } }, i) => {
        const thread = node?.keeper?.threads.get(threadId);
        return thread !== undefined && thread.durableFinal.height >= before[i]! + CALM_BLOCKS;
      }),
    );
  }

  /**
   * What the network owes to be alive for its clients: a message that an honest keeper took, that no state refuses and
   * whose life lasts long enough must be executed, not expire. A producer that censors may keep a message waiting.
   */
  #neglected(liveAtMs: number): readonly OwedMessage[] {
    if (this.#plan.liars.some(({ type }) => type === "censor")) return [];
    const servedByMs = liveAtMs + SERVICE_MS_MAX;
    const { messages } = this.witness;
    return this.#client
      .owed()
      .filter(({ expiresAtMs }) => expiresAtMs > START_UNIX_MS + servedByMs)
      .filter(({ hash }) => !messages.isExecuted(hash) && (messages.isDone(hash) || this.time.nowMs >= servedByMs));
  }

  /** What a client or a keeper was told to count on. */
  #openMessages(): MessageHash[] {
    const { messages } = this.witness;
    return this.genesis.blocks
      .map(({ header }) => header.threadId)
      .flatMap((threadId) => [...this.#client.accepted(threadId), ...messages.promised(threadId)])
      .filter((hash) => !messages.isDone(hash));
  }

  #heights(): string {
    return [...this.#nodes.values()]
      .map(
        (node) =>
          `${this.nameOf(node.self)}: ${[...(node.keeper?.threads.values() ?? [])].map(({ durableFinal }) => durableFinal.height).join()}`,
      )
      .join("; ");
  }

  async #runUntil(atMs: number, isDone: () => boolean): Promise<void> {
    while (this.#failure === null && this.time.nextMs <= atMs && !isDone()) {
      this.time.runNextInstant();
      this.#steps += 1;
      // Everything that was answered takes effect: only microtasks, so the order is always the same.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.time.nextMs > atMs) this.time.jumpTo(atMs);
  }

  #outcome(): SimOutcome {
    const violation = this.#failure;
    const story = this.trace.story();
    const traceDigest = this.trace.digest();
    for (const keeper of this.#places) this.#stop(keeper);
    return {
      seed: this.#plan.seed,
      steps: this.#steps,
      simulatedMs: this.time.nowMs,
      finalizedBlocks: this.witness.finality.count,
      faults: Object.fromEntries(this.#counts),
      traceDigest,
      violation: violation === null ? null : { invariant: violation.invariant, text: violation.message, story },
    };
  }
}

const made = new Map<string, SimGenesis>();

/** Genesis depends on nothing but these, and takes longer to make than a short run. */
function genesisFor({ keepers, threads, executor, realBls, lottery }: SimPlan, scheme: BlsScheme): SimGenesis {
  const key = `${keepers}/${threads}/${executor}/${realBls}/${JSON.stringify(lottery)}`;
  const verification = verificationOf(lottery);
  const known = made.get(key) ?? createSimGenesis({ keepers, threads, executor, scheme, verification });
  made.set(key, known);
  return known;
}

function verificationOf(lottery: PlannedLottery | null): Verification {
  if (lottery === null) return "all";
  const { verifiers: unsafeVerifiersForTests, verifyWindowMs } = lottery;
  return { lottery: { verifyWindowMs, unsafeVerifiersForTests } };
}
