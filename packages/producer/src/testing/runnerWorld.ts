import type { BlockFacts, ThreadRules } from "@sealwright/consensus";
import {
  type BlockContext,
  type BuildRequest,
  type BuiltBlock,
  ExecutionError,
  type MessageResult,
  type ThreadExecution,
} from "@sealwright/execution";
import {
  type AccountId,
  assert,
  type BlockId,
  type Clock,
  type KeeperId,
  merkleRoot,
  type MessageHash,
  type SealedBlock,
  sha256,
  sha256Hex,
  type Term,
  unixMs,
} from "@sealwright/types";
import { BlockProducer } from "../blockProducer.js";
import type { IgnoredReason } from "../ignoredReason.js";
import { MessageQueue, type QueuedMessage } from "../messageQueue.js";
import type { ProducerPorts, SealOutcome } from "../producerPorts.js";
import type { StartOutcome, StartParams } from "../startParams.js";
import { INTERVAL_MS, SHARE_STATE_EVERY, TIMEOUT_MS } from "./producerWorld.js";

/** Something that the producer asked for and that the test has not answered yet. */
export type Asked =
  | {
      readonly type: "build";
      readonly request: BuildRequest;
      built(results: readonly MessageResult["type"][]): void;
      failed(): void;
    }
  | { readonly type: "recordSeal"; readonly block: SealedBlock; done(): void; failed(error: Error): void }
  | { readonly type: "signSeal"; readonly blockId: BlockId; answer(outcome: SealOutcome): void }
  | { readonly type: "findStart"; readonly term: Term; answer(outcome: StartOutcome): void };

type AskedOf<Type extends Asked["type"]> = Extract<Asked, { type: Type }>;

const START_MS = 1_700_000_000_000;
const EXTERNALS_MAX = 3;
const EMPTY_ROOT = merkleRoot([]);

export const SIGNED: SealOutcome = { type: "signed", signature: new Uint8Array(96).fill(9) };

/** The runner with a real queue, on edges that are answered by hand, in any order and as late as one likes. */
export class RunnerWorld {
  readonly queue = new MessageQueue();
  readonly producer: BlockProducer;
  readonly published: { readonly block: SealedBlock; readonly facts: BlockFacts }[] = [];
  readonly handedBack: QueuedMessage[] = [];
  readonly skipped: MessageHash[] = [];
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  atMs = 0;
  #asked: Asked[] = [];
  #timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  #lost: () => void = () => undefined;
  #builds = 0;

  constructor(
    readonly rules: ThreadRules,
    readonly root: BlockFacts,
    self: KeeperId,
  ) {
    this.producer = new BlockProducer(
      {
        ...{ rules, self, shareStateEvery: SHARE_STATE_EVERY },
        ...{ productionTimeoutMs: TIMEOUT_MS, minBlockIntervalMs: INTERVAL_MS },
      },
      { execution: this.#execution(), queue: this.queue, ports: this.#ports(), clock: this.#clock() },
    );
  }

  startParams(params: Partial<StartParams> = {}): StartParams {
    const { root } = this;
    return {
      ...{ term: root.term, parent: root, switchCertificate: null },
      ...{ tail: [], certificates: [], draft: null },
      ...params,
    };
  }

  message(number: number): QueuedMessage {
    const bytes = Uint8Array.of(number);
    const account = String(number) as AccountId;
    return { hash: sha256Hex(bytes) as MessageHash, account, bytes, expiresAtMs: unixMs(START_MS + 1e9) };
  }

  /** Puts `count` new messages into the queue. */
  offer(count: number): readonly QueuedMessage[] {
    const messages = Array.from({ length: count }, (_, i) => this.message(i));
    for (const message of messages) this.queue.add(message);
    return messages;
  }

  /** All that waits, in order; the queue is left as it was. */
  waiting(): readonly MessageHash[] {
    const all = this.queue.take(Infinity, Infinity);
    this.queue.giveBack(all);
    return all.map(({ hash }) => hash);
  }

  asked<Type extends Asked["type"]>(type: Type): readonly AskedOf<Type>[] {
    return this.#asked.filter((each): each is AskedOf<Type> => each.type === type);
  }

  get open(): readonly Asked[] {
    return this.#asked;
  }

  /** The one open question of this kind. */
  the<Type extends Asked["type"]>(type: Type): AskedOf<Type> {
    const [found, ...more] = this.asked(type);
    assert(found !== undefined && more.length === 0, `exactly one ${type} is asked`);
    return found;
  }

  /** Time passes, timers go off, and promises are heard. */
  async pass(ms: number): Promise<void> {
    this.atMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.atMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
    await this.settle();
  }

  /** Everything here runs in promises alone. */
  async settle(): Promise<void> {
    for (let i = 0; i < 12; i++) await Promise.resolve();
  }

  /** The builder is replaced: what it was asked fails. */
  async loseBuilder(): Promise<void> {
    const builds = this.asked("build");
    this.#lost();
    for (const build of builds) build.failed();
    await this.settle();
  }

  #ask<T>(
    question: (resolve: (value: T) => void, reject: (error: Error) => void, close: () => void) => Asked,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const asked: Asked = question(resolve, reject, () => {
        this.#asked = this.#asked.filter((each) => each !== asked);
      });
      this.#asked.push(asked);
    });
  }

  #execution(): ThreadExecution {
    const build: ThreadExecution["build"] = (request) =>
      this.#ask((resolve, reject, close) => ({
        type: "build",
        request,
        built: (results) => {
          close();
          resolve({ ok: true, value: this.#built(request, results) });
        },
        failed: () => {
          close();
          reject(new ExecutionError("overloaded", "not now"));
        },
      }));
    const used: Pick<ThreadExecution, "build" | "bind" | "release" | "onLost"> = {
      build,
      bind: () => undefined,
      release: () => undefined,
      onLost: (listener) => void (this.#lost = listener),
    };
    return used as ThreadExecution;
  }

  #built({ messages }: BuildRequest, results: readonly MessageResult["type"][]): BuiltBlock {
    const resultOf = (i: number): MessageResult["type"] => results[i] ?? "included";
    const externals = messages.filter((_, i) => resultOf(i) === "included");
    return {
      ref: { build: ++this.#builds },
      externals,
      ...{ outbound: [], receipts: [], imported: [], stateUpdate: new Uint8Array(), gasUsed: 0n },
      stateRoot: new Uint8Array(32),
      roots: {
        externals: merkleRoot([...externals]),
        ...{ outbound: EMPTY_ROOT, receipts: EMPTY_ROOT, stateUpdate: sha256(new Uint8Array()) },
      },
      results: messages.map((_, i): MessageResult => {
        const type = resultOf(i);
        if (type === "skipped") return { type, rejection: { code: "notAccepted", text: "" } };
        if (type === "left") return { type };
        const messageHash = sha256Hex(messages[i]!) as MessageHash;
        return { type, receipt: { messageHash, code: 0, gasUsed: 1, detail: new Uint8Array() } };
      }),
    };
  }

  #ports(): ProducerPorts {
    const nothing = (): void => undefined;
    return {
      findStart: (term) =>
        this.#ask((resolve, _, close) => ({
          type: "findStart",
          term,
          answer: (outcome) => (close(), resolve(outcome)),
        })),
      contextFor: () => ({}) as BlockContext,
      limits: () => ({ externalsMax: EXTERNALS_MAX }) as ReturnType<ProducerPorts["limits"]>,
      importSources: () => [],
      cursorOf: () => {
        throw new Error("there are no other threads");
      },
      offerImports: () => null,
      recordSeal: (block) =>
        this.#ask((resolve, reject, close) => ({
          type: "recordSeal",
          block,
          done: () => (close(), resolve()),
          failed: (error) => (close(), reject(error)),
        })),
      signSeal: ({ blockId }) =>
        this.#ask((resolve, _, close) => ({
          type: "signSeal",
          blockId,
          answer: (outcome) => (close(), resolve(outcome)),
        })),
      publish: (block, facts) => void this.published.push({ block, facts }),
      announceAgain: nothing,
      aggregate: () => new Promise(nothing),
      relayCertificate: nothing,
      penalizeSigner: nothing,
      messageSkipped: (hash) => void this.skipped.push(hash),
      importRefused: nothing,
      interrupted: (reason) => void this.told.push(`interrupted:${reason}`),
      commandIgnored: (command: string, reason: IgnoredReason) => void this.told.push(`ignored:${command}:${reason}`),
      stopped: (reason) => void this.told.push(`stopped:${reason}`),
      handBack: (messages) => void this.handedBack.push(...messages),
      fail: (error) => void this.failures.push(error),
    };
  }

  #clock(): Clock {
    return {
      nowMs: () => unixMs(START_MS + this.atMs),
      monotonicMs: () => this.atMs,
      setTimer: (delayMs, callback) => {
        const timer = { atMs: this.atMs + delayMs, callback };
        this.#timers.push(timer);
        return { cancel: () => void (this.#timers = this.#timers.filter((each) => each !== timer)) };
      },
    };
  }
}
