import { createInlineExecution } from "@sealwright/execution";
import { LocalBlsSigner, publicKeyHexFromBytes, type Signer, startForgeWorker } from "@sealwright/forge";
import type { Transport } from "@sealwright/network";
import { TearableLog, TearableWatermarkStore } from "@sealwright/forge/testing";
import { type Keeper, openKeeper, Opening, raiseWatermarks } from "@sealwright/node";
import { CENSORSHIP_REASON } from "@sealwright/keeper";
import {
  type MemoryStore,
  memoryStore,
  type NodeStore,
  openNodeStoreOver,
  type Repository,
  StoreError,
} from "@sealwright/store";
import { type BlockId, err, type KeeperId, type LogLevel, type Term, type ThreadId, unwrap } from "@sealwright/types";
import type { Liar } from "../liars/liar.js";
import { Violation } from "../witness/violation.js";
import type { Conditions, EffectKind } from "./conditions.js";
import { NodeClock } from "./nodeClock.js";
import { SimCrypto } from "./simCrypto.js";
import { START_UNIX_MS } from "./simGenesis.js";
import type { LivingNode } from "./livingNode.js";
import type { SimWorld } from "./simWorld.js";
import { slowExecution } from "./slowExecution.js";
import { SpiedTransport } from "./spiedTransport.js";

/** What of a keeper outlives its crashes. */
export class KeeperDisk {
  /** The life that writes to it. */
  writer: SimNode | null = null;
  store: MemoryStore | null = null;
  readonly marks = new TearableLog();
  /** A start found a torn tail of the watermarks, and has not raised them since. */
  isCutNoted = false;
}

/** One keeper between two crashes: a real one, wired as in a process, over a simulated machine. */
export class SimNode implements LivingNode {
  readonly clock: NodeClock;
  isAlive = true;
  hasDiskFailed = false;
  #keeper: Keeper | null = null;
  #isRunning = false;
  readonly #name: string;
  readonly #cable: Transport;
  readonly #isTwin: boolean;

  /** @param twinOf the node that has the same key, and whose cable this one shares */
  constructor(
    readonly world: SimWorld,
    readonly self: KeeperId,
    readonly disk: KeeperDisk,
    readonly conditions: Conditions,
    readonly liar: Liar | null,
    twinOf: SimNode | null = null,
  ) {
    this.#isTwin = twinOf !== null;
    this.#cable = twinOf === null ? world.network.transport(self) : twinOf.#cable;
    disk.writer = this;
    this.clock = new NodeClock(world.time, { startUnixMs: START_UNIX_MS, offsetMs: conditions.clockOffsetMs });
    this.#name = twinOf === null ? world.nameOf(self) : `${world.nameOf(self)}'`;
  }

  get keeper(): Keeper | null {
    return this.#isRunning ? this.#keeper : null;
  }

  async start(): Promise<void> {
    const { world, self, clock } = this;
    const { genesis, networkId, keepers, table } = world.genesis;
    const { executor } = world;
    const blsPublicKey = keepers.at(keepers.indexOf(self)!).blsPublicKey;
    const identity = { genesis, networkId, keepers, table, self, blsPublicKey };
    const store = await this.#openStore();
    const crypto = new SimCrypto({ scheme: world.scheme, signerKeys: [world.genesis.secrets.get(self)!] }, (answer) =>
      this.#later(answer),
    );
    const watermarks = await this.#openMarks();
    const forge = unwrap(
      await startForgeWorker(
        {},
        {
          signers: [this.#signer(crypto, blsPublicKey)],
          watermarks,
          clock,
          logger: { log: (level, code, fields) => this.#log(level, code, fields) },
        },
      ),
    );
    const votesFrom = await raiseWatermarks(
      identity,
      { watermarks, repository: store.repository },
      { isCut: this.disk.isCutNoted },
    );
    this.disk.isCutNoted = false;
    const transport = new SpiedTransport(this.#cable, {
      sending: (to, frame) => this.#sending(to, frame),
      receiving: (from, frame) => this.#receiving(from, frame),
      arrive: (act) => clock.run(act),
      penalized: (peer, reason) => {
        if (this.isHonest) world.noteBlame(self, peer, reason);
      },
    });
    const opened = await openKeeper(
      identity,
      {
        clock,
        logger: { log: (level, code, fields) => this.#log(level, code, fields) },
        store,
        forge,
        votesFrom: unwrap(votesFrom),
        crypto,
        transport,
        openExecution: (threadId) =>
          slowExecution(createInlineExecution({ threadId, threadsTable: table }, { executor, clock }), (answer) =>
            this.#later(answer),
          ),
        apiUrls: new Map(),
        slashing: {
          offenceProved: ({ offence }) => {
            if (this.isHonest) world.noteOffence(self, offence.accused, offence.kind);
          },
        },
        // Simulated keepers prune nothing, so blocks alone bring every one of them back.
        restart: () => this.#fail(new Error("a snapshot was fetched where every keeper keeps all blocks")),
        fail: (error) => this.#fail(error),
      },
      new Opening(),
    );
    if (!this.isAlive) return;
    const keeper = unwrap(opened);
    this.#keeper = keeper;
    if (this.isHonest) {
      for (const { threadId, durableFinal } of keeper.threads.values())
        world.witness.noteRestart(self, threadId, durableFinal.height, durableFinal.id);
      keeper.events.tap((event) => world.noteEvent(this, event));
    }
    if (!this.#isTwin) unwrap(await transport.start());
    await keeper.start(new Opening());
    this.#isRunning = true;
    this.liar?.begin?.(this);
  }

  get isHonest(): boolean {
    return this.liar === null;
  }

  crash(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#isRunning = false;
    this.clock.kill();
    this.world.network.live(this.self)?.crash();
    this.disk.store = this.disk.store?.crash() ?? null;
    this.disk.marks.powerCut(() => this.world.random.happens(0.5));
  }

  sendRaw(to: KeeperId, frame: Uint8Array): void {
    if (this.isAlive) this.world.network.live(this.self)?.send(to, frame);
  }

  trace(what: string): void {
    this.world.trace.add(this.world.time.nowMs, this.#name, what);
  }

  async #openStore(): Promise<NodeStore> {
    const { world, self, disk } = this;
    disk.store ??= memoryStore({ beforeWrite: () => disk.writer!.#write("write") });
    const { networkId } = world.genesis;
    const store = unwrap(await openNodeStoreOver(disk.store, { networkId, keeperId: self }));
    return {
      ...store,
      get status() {
        return store.status;
      },
      repository: this.#spiedRepository(store.repository),
    };
  }

  /** As a real start does it: a torn tail is noted, cut, and answered for with what `raiseWatermarks` does. */
  async #openMarks(): Promise<TearableWatermarkStore> {
    const { disk, self, world } = this;
    const opened = await TearableWatermarkStore.open(disk.marks, {
      write: () => this.#write("mark"),
      beforeCut: async () => {
        this.trace("cuts its watermarks");
        if (this.isHonest)
          world.witness.signing.noteCut(
            self,
            world.genesis.table.map(({ threadId }) => threadId),
          );
        await this.#write("mark");
        disk.isCutNoted = true;
      },
    });
    return unwrap(opened);
  }

  /**
   * One synced write takes its time, and the power may go in the middle of it. A batch of the store then never was; of
   * watermarks it may be all there, in part or not at all.
   */
  async #write(effect: "write" | "mark"): Promise<void> {
    if (!this.isAlive) return new Promise(() => undefined);
    if (this.conditions.isDiskFull) {
      this.hasDiskFailed = true;
      this.trace(`disk full at ${effect}`);
      throw new StoreError("diskFull", "no space left on the simulated disk");
    }
    this.#begin(effect);
    if (!this.isAlive) return new Promise(() => undefined);
    await this.clock.later(this.world.random.int(this.conditions.syncMsMax + 1), undefined);
  }

  #later<T>(answer: T): Promise<T> | T {
    const { edgeMsMax } = this.conditions;
    return edgeMsMax === 0 ? answer : this.clock.later(this.world.random.int(edgeMsMax + 1), answer);
  }

  #spiedRepository(repository: Repository): Repository {
    const { witness } = this.world;
    const commit: Repository["commit"] = async (batch) => {
      witness.noteCommitAsked(batch);
      await repository.commit(batch);
      if (this.isHonest) this.world.watch(() => witness.noteCommitDone(this.self, batch));
    };
    return new Proxy(repository, {
      get(target, name) {
        if (name === "commit") return commit;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  }

  #signer(crypto: SimCrypto, publicKey: Uint8Array): Signer {
    const local = new LocalBlsSigner({ keys: [publicKeyHexFromBytes(publicKey)] }, { service: crypto });
    return {
      name: local.name,
      concurrentMax: local.concurrentMax,
      keys: () => local.keys(),
      sign: async (key, bytes, options) => {
        this.#begin("sign");
        const { request } = options;
        // The mark is on disk: whatever becomes of this call, the key has promised.
        if (this.isHonest && this.isAlive && request !== undefined)
          this.world.watch(() => this.world.witness.noteSigned(this.self, request));
        if (this.isHonest && this.isAlive && request?.kind === "nack")
          this.world.noteInvalid(this, request.verdict.blockId, "a Nack of it was signed");
        if (this.world.random.happens(this.conditions.signerFailRatio))
          return err({ code: "signerUnavailable", message: "the simulated signer does not answer", retryable: true });
        return this.#later(await local.sign(key, bytes));
      },
    };
  }

  #sending(to: KeeperId, frame: Uint8Array): readonly Uint8Array[] {
    this.#begin("send");
    if (!this.isAlive) return [];
    if (this.liar !== null) return this.liar.sending?.(to, frame) ?? [frame];
    this.world.noteFrame(this, to, frame);
    return [frame];
  }

  #receiving(from: KeeperId, frame: Uint8Array): Uint8Array | null {
    if (this.isHonest) this.world.noteHeard(this, frame);
    this.liar?.heard?.(from, frame);
    return this.liar?.hearing === undefined ? frame : this.liar.hearing(from, frame);
  }

  /** A planned power cut may come with any effect. */
  #begin(effect: EffectKind): void {
    const { crashOn } = this.conditions;
    if (crashOn === null || crashOn.effect !== effect || !this.isAlive) return;
    crashOn.left -= 1;
    if (crashOn.left > 0) return;
    this.conditions.crashOn = null;
    this.trace(`power cut at ${effect}`);
    this.world.noteFault("powerCut");
    this.world.powerCut(this);
  }

  #fail(error: unknown): void {
    if (!this.isAlive) return;
    const isExpected = this.hasDiskFailed && isDiskFault(error);
    if (!isExpected && this.isHonest) this.world.fail(error, `${this.#name} stopped`);
    this.trace("stopped");
    this.world.powerCut(this);
  }

  #log(_level: LogLevel, code: string, fields: Readonly<Record<string, unknown>> | undefined): void {
    if (!this.isAlive || !this.isHonest) return;
    if (code === "block.invalid") this.world.noteInvalid(this, String(fields?.["block"]), String(fields?.["reason"]));
    if (code === "nack.refuted")
      this.world.witness.nacks.noteRefuted(this.self, fields?.["keeper"] as KeeperId, fields?.["block"] as BlockId);
    if (code === "producer.suspected" && fields?.["reason"] === CENSORSHIP_REASON)
      this.world.noteCensorship(this, fields["thread"] as ThreadId, fields["term"] as Term);
    if (code === "import.refused")
      this.world.fail(new Violation("I11", `${this.#name} offered itself imports out of order`), "");
  }
}

function isDiskFault(error: unknown): boolean {
  return error instanceof StoreError || (error instanceof Error && isDiskFault(error.cause));
}
