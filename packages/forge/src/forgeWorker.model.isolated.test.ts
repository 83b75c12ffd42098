import { SAMPLE_CHAIN_ID, sampleAttestation } from "@sealwright/tezos/testing";
import { concatBytes, err, ok, type Result, sha256, silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { addWeighted } from "./addWeighted.js";
import type { ForgeOutcome } from "./forgeEvent.js";
import type { ForgeWorker } from "./forgeWorker.js";
import { type KeyId, type TezosKeyHash, tezosHashOf } from "./keyId.js";
import { type ForgeRequest, planSigning } from "./requests/forgeRequest.js";
import type { SignFailure, Signer, SignOptions } from "./signers/signer.js";
import { startForgeWorker } from "./startForgeWorker.js";
import {
  attestationRequest,
  blockRequest,
  probeSignature,
  TEST_NETWORK,
  testBlockId,
  testKey,
} from "./testing/index.js";
import type { Claim, MarkRecord, MarkScope, Marks } from "./watermarks/marks.js";
import { MemoryWatermarkStore } from "./watermarks/memoryWatermarkStore.js";
import type { Authorized, GuardError, StoreFailure, WatermarkStore } from "./watermarks/watermarkStore.js";
import type { ForgeResult } from "./worker/forgeOptions.js";

const KEYS = [0, 1, 2, 3].map(testKey);
/** Two bakers whose DAL content one companion binds, which signs votes of its own as well. */
const [BAKER, NEIGHBOUR, COMPANION] = [4, 5, 6].map((number) => tezosHashOf(testKey(number))) as [
  TezosKeyHash,
  TezosKeyHash,
  TezosKeyHash,
];
/** Each signer takes two calls at a time; the companion is at its neighbour's signer, and elsewhere than the baker. */
const LANES = [
  [...KEYS.slice(0, 3), BAKER],
  [...KEYS.slice(3), NEIGHBOUR, COMPANION],
];
const CALLS_MAX = 2;

/** Signatures of this test are no points of the curve, and the true sum takes 50 ms: here it takes one turn. */
let sumLater = (): Promise<void> => Promise.resolve();
const sum: typeof addWeighted = async (base, point, weight) => {
  await sumLater();
  return ok(sha256(concatBytes(base, point, Buffer.from(weight.toString(16)))));
};
vi.mock("./addWeighted.js", () => ({ addWeighted: (...parts: Parameters<typeof addWeighted>) => sum(...parts) }));

type StoreBehaviour = "ok" | "failBefore" | "failAfter";
type SignerBehaviour = "sign" | "fail" | "throw";

/** What outlives a crash, and what was seen at the signers whoever asked them. */
class World {
  readonly durable = new MemoryWatermarkStore();
  readonly recorded = new Set<string>();
  /** What was signed at each place. */
  readonly signed = new Map<string, string>();
  /** What did not hold: an exception would be taken for one of the signer's own. */
  readonly problems: string[] = [];
  readonly #scheduler: fc.Scheduler;
  readonly #storeBehaviours: readonly StoreBehaviour[];
  readonly #signerBehaviours: readonly SignerBehaviour[];
  /** Companions' shares that were asked for. */
  sharedCount = 0;
  #guards = 0;
  #calls = 0;

  constructor(
    scheduler: fc.Scheduler,
    storeBehaviours: readonly StoreBehaviour[],
    signerBehaviours: readonly SignerBehaviour[],
  ) {
    this.#scheduler = scheduler;
    this.#storeBehaviours = storeBehaviours;
    this.#signerBehaviours = signerBehaviours;
  }

  /** At some moment that the scheduler chooses. */
  later(what: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), what);
  }

  nextStoreBehaviour(): StoreBehaviour {
    return this.#storeBehaviours[this.#guards++ % this.#storeBehaviours.length] ?? "ok";
  }

  nextSignerBehaviour(): SignerBehaviour {
    return this.#signerBehaviours[this.#calls++ % this.#signerBehaviours.length] ?? "sign";
  }

  mustHold(holds: boolean, rule: string): void {
    if (!holds) this.problems.push(rule);
  }

  /** Asking a signer counts as signed: it may hand out a signature whatever it says. A companion signs at its baker's place. */
  onAsked({ claim }: { readonly claim: Claim | null }): void {
    if (claim === null) return;
    const { digest } = claim.claim;
    this.mustHold(this.recorded.has(digest), "[I2] a mark is durable before a signer is asked");
    const place = placeOf(claim);
    this.mustHold((this.signed.get(place) ?? digest) === digest, `[I7] two payloads at ${place}`);
    this.signed.set(place, digest);
  }

  /** Moves on by at most so many steps of stores and signers. */
  async advance(steps: number): Promise<void> {
    await settle();
    for (let left = steps; left > 0 && this.#scheduler.count() > 0; left--) {
      await this.#scheduler.waitNext(1);
      await settle();
    }
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
}

function placeOf({ scope, claim }: Claim): string {
  if (scope.chain === "tezos" && "level" in claim) return `${scope.key} ${claim.type} ${claim.level} ${claim.round}`;
  if (scope.chain !== "sealwright" || !("rank" in claim)) throw new TypeError("only blocks and votes are asked for");
  return `${scope.key} ${claim.type} ${claim.rank.term} ${claim.rank.height}`;
}

const NEVER = new Promise<never>(() => undefined);
const DISK_FULL: StoreFailure = { code: "storeFailed", message: "disk full", retryable: true };
const DEVICE_LOST: SignFailure = { code: "signerFailed", message: "device lost", retryable: true };

/** The marks as one process sees them: what it has not written when it crashes is not written. */
class ProcessStore implements WatermarkStore {
  readonly #process: ForgeProcess;
  readonly #world: World;

  constructor(process: ForgeProcess, world: World) {
    this.#process = process;
    this.#world = world;
  }

  async guard(claim: Claim): Promise<Result<Authorized, GuardError>> {
    const behaviour = this.#world.nextStoreBehaviour();
    await this.#world.later("write");
    if (this.#process.isCrashed) return NEVER;
    if (behaviour === "failBefore") return err({ kind: "failed", failure: DISK_FULL });
    const answer = await this.#world.durable.guard(claim);
    if (answer.ok) this.#world.recorded.add(claim.claim.digest);
    await this.#world.later("written");
    if (this.#process.isCrashed) return NEVER;
    return behaviour === "failAfter" ? err({ kind: "failed", failure: DISK_FULL }) : answer;
  }

  remember(claim: Claim, signature: Uint8Array): void {
    this.#world.durable.remember(claim, signature);
  }

  marksOf(scope: MarkScope): Promise<Result<Marks, StoreFailure>> {
    return this.#world.durable.marksOf(scope);
  }

  scopes(): Promise<Result<readonly MarkScope[], StoreFailure>> {
    return this.#world.durable.scopes();
  }

  raise(scope: MarkScope, records: readonly MarkRecord[]): Promise<Result<void, StoreFailure>> {
    return this.#world.durable.raise(scope, records);
  }

  health(): { readonly ok: true } {
    return { ok: true };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class SlowSigner implements Signer {
  readonly name = "slow";
  readonly concurrentMax = CALLS_MAX;
  readonly #process: ForgeProcess;
  readonly #world: World;
  readonly #keys: readonly KeyId[];

  constructor(keys: readonly KeyId[], process: ForgeProcess, world: World) {
    this.#keys = keys;
    this.#process = process;
    this.#world = world;
  }

  keys(): readonly KeyId[] {
    return this.#keys;
  }

  async sign(key: KeyId, bytes: Uint8Array, { request }: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    if (request === undefined) throw new TypeError("a forge says what it asks for");
    this.#world.onAsked(planSigning(request, null));
    this.#process.onCall(key, request, this.#keys);
    const behaviour = this.#world.nextSignerBehaviour();
    await this.#world.later("sign");
    if (this.#process.isCrashed) return NEVER;
    this.#process.onAnswer(key, request, behaviour);
    if (behaviour === "throw") throw new TypeError("a signer's bug");
    return behaviour === "fail" ? err(DEVICE_LOST) : ok(probeSignature(key, bytes));
  }
}

interface Pushed {
  readonly abort: AbortController;
  readonly key: KeyId;
  readonly request: ForgeRequest;
  readonly hasDeadline: boolean;
  /** Its own key's signer has signed. */
  isSigned: boolean;
  result: ForgeResult | null;
}

/** One forge from its start to its end or crash, and what must hold of it. */
class ForgeProcess {
  isCrashed = false;
  readonly running = new Set<KeyId>();
  readonly pushed: Pushed[] = [];
  readonly told: ForgeOutcome[] = [];
  readonly clock = new ManualClock();
  ended: Promise<void> | null = null;
  readonly #world: World;
  readonly #lastAsked = new Map<string, number>();
  #forge: ForgeWorker | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  get forge(): ForgeWorker {
    if (this.#forge === null) throw new TypeError("started first");
    return this.#forge;
  }

  async start(): Promise<void> {
    const signers = LANES.map((keys) => new SlowSigner(keys, this, this.#world));
    const parts = { signers, watermarks: new ProcessStore(this, this.#world), clock: this.clock, logger: silentLogger };
    this.#forge = unwrap(await startForgeWorker({ waitingPerKeyMax: 4, waitingMax: 8 }, parts));
    void this.#readEvents();
  }

  async #readEvents(): Promise<void> {
    for await (const event of this.forge.events()) {
      if (event.kind === "gap") throw new TypeError("this reader is never slow");
      if (!this.isCrashed) this.told.push(event);
    }
  }

  onCall(key: KeyId, request: ForgeRequest, laneKeys: readonly KeyId[]): void {
    this.#world.mustHold(!this.running.has(key), "[I1] one active task per key");
    this.running.add(key);
    const atOnce = laneKeys.filter((each) => this.running.has(each)).length;
    this.#world.mustHold(atOnce <= CALLS_MAX, "[F5] no more calls than a signer takes");
    const index = this.pushed.findIndex((each) => each.request === request);
    const pushed = this.pushed[index];
    this.#world.mustHold(pushed?.result === null, "[I4] no signer is asked for what has its outcome");
    if (key !== request.key) {
      this.#world.sharedCount += 1;
      this.#world.mustHold(pushed?.isSigned === true, "[I2] a companion is asked after its baker has signed");
      return;
    }
    if (pushed?.hasDeadline !== false) return;
    const line = `${key} ${request.kind}`;
    const isNext = (this.#lastAsked.get(line) ?? -1) < index;
    this.#world.mustHold(isNext, "[F3] one kind of one key in the order of arrival");
    this.#lastAsked.set(line, index);
  }

  onAnswer(key: KeyId, request: ForgeRequest, behaviour: SignerBehaviour): void {
    this.running.delete(key);
    const pushed = this.pushed.find((each) => each.request === request);
    if (pushed !== undefined && key === request.key) pushed.isSigned = behaviour === "sign";
  }

  push(request: ForgeRequest, deadlineMs: number | null): void {
    const abort = new AbortController();
    const hasDeadline = deadlineMs !== null;
    const one: Pushed = { abort, key: request.key, request, hasDeadline, isSigned: false, result: null };
    this.pushed.push(one);
    const options = { signal: abort.signal, ...(deadlineMs === null ? {} : { deadlineMs }) };
    void this.forge.forge(request, options).then((result) => {
      one.result = result;
    });
  }

  shutdown(isHurried: boolean): void {
    if (this.ended !== null) return;
    this.ended = this.forge.shutdown(isHurried ? { runningMsMax: 0 } : {}).then(() => {
      this.#world.mustHold(isHurried || this.isCrashed || this.running.size === 0, "[I5] no call outlives a stop");
    });
  }

  /** Of a process that has ended by itself: all that it accepted has one outcome, in the events and for its asker. */
  checkEnded(): void {
    const accepted = this.pushed.map(({ result }) => {
      expect(result, "[I4] whoever asked was answered").not.toBeNull();
      return result?.kind === "notAccepted" ? null : result;
    });
    const outcomes = accepted.filter((outcome) => outcome !== null && outcome !== undefined);
    const byId = (a: ForgeOutcome, b: ForgeOutcome): number => a.requestId - b.requestId;
    const told = this.told.map(({ requestId, kind }) => ({ requestId, kind }) as ForgeOutcome).sort(byId);
    expect(told).toEqual(outcomes.map(({ requestId, kind }) => ({ requestId, kind }) as ForgeOutcome).sort(byId));
    expect(told.map(({ requestId }) => requestId)).toEqual(told.map((_, index) => index + 1));
    expect(this.forge.status()).toMatchObject({ waiting: 0, phase: "closed" });
  }
}

/** Random requests: at few places and with two contents each, so that they meet. */
const sealwrightRequest: fc.Arbitrary<ForgeRequest> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    kind: fc.constantFrom("block" as const, "attestation" as const, "ticket" as const),
    height: fc.integer({ min: 1, max: 8 }),
    block: fc.constantFrom("a", "b"),
  })
  .map(({ key, kind, height, block }) => {
    if (kind === "block") return blockRequest(key, { term: 0, height, block });
    if (kind === "attestation") return attestationRequest(key, { term: 0, height, block });
    return { kind, key, networkId: TEST_NETWORK, blockId: testBlockId(block) };
  });

/** Of a baker, with DAL content or without; the companion's own votes have none. */
const tezosVote: fc.Arbitrary<ForgeRequest> = fc
  .record({
    key: fc.constantFrom(BAKER, NEIGHBOUR, COMPANION),
    level: fc.integer({ min: 1, max: 8 }),
    dal: fc.constantFrom(null, 1n, 2_048n),
  })
  .map(({ key, level, dal }) => {
    const asked = { kind: "tezosAttestation", key, chainId: SAMPLE_CHAIN_ID } as const;
    if (key === COMPANION) return { ...asked, vote: sampleAttestation({ level }) };
    return { ...asked, companionKey: COMPANION, vote: sampleAttestation({ level }, dal) };
  });

const request = fc.oneof(sealwrightRequest, tezosVote);

const step = fc.record({
  does: fc.oneof(
    {
      weight: 16,
      arbitrary: fc.record({
        type: fc.constant("push" as const),
        request,
        deadlineMs: fc.option(fc.integer({ min: 1, max: 20 }), { freq: 4 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("cancel" as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ type: "cancelAll" as const }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 15 }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("shutdown" as const), isHurried: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
  ),
  /** Steps of stores and signers before the next one. */
  then: fc.oneof(fc.constant(0), fc.nat(4)),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const storeBehaviours = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant("ok" as const) },
    { weight: 1, arbitrary: fc.constantFrom("failBefore" as const, "failAfter" as const) },
  ),
  { minLength: 1, maxLength: 30 },
);
const signerBehaviours = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant("sign" as const) },
    { weight: 1, arbitrary: fc.constantFrom("fail" as const, "throw" as const) },
  ),
  { minLength: 1, maxLength: 30 },
);

async function started(world: World): Promise<ForgeProcess> {
  const process = new ForgeProcess(world);
  await process.start();
  return process;
}

/** @returns the process that goes on */
async function perform(does: Step["does"], current: ForgeProcess, world: World): Promise<ForgeProcess> {
  switch (does.type) {
    case "push":
      // A copy: each is told from all others by what it is.
      current.push({ ...does.request }, does.deadlineMs);
      return current;
    case "cancel":
      current.pushed[does.pick % Math.max(1, current.pushed.length)]?.abort.abort();
      return current;
    case "cancelAll":
      current.forge.cancelAllPendingTasks();
      return current;
    case "wait":
      current.clock.advance(does.ms);
      return current;
    case "shutdown":
      current.shutdown(does.isHurried);
      return current;
    case "crash":
      current.isCrashed = true;
      return started(world);
  }
}

describe("any run of a ForgeWorker", () => {
  it("[I1] [I2] [I4] [I5] [I7] through cancels, failures, stops and crashes, with stores and signers in any order", async () => {
    let signedCount = 0;
    let sharedCount = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { minLength: 10, maxLength: 60, size: "max" }),
        storeBehaviours,
        signerBehaviours,
        async (scheduler, steps, ofStore, ofSigner) => {
          const world = new World(scheduler, ofStore, ofSigner);
          sumLater = () => world.later("sum");
          let current = await started(world);
          for (const { does, then } of steps) {
            current = await perform(does, current, world);
            await world.advance(then);
          }
          current.shutdown(false);
          await world.advance(Infinity);
          await current.ended;
          await settle();
          expect(world.problems).toEqual([]);
          current.checkEnded();
          signedCount += world.signed.size;
          sharedCount += world.sharedCount;
        },
      ),
      { seed: 1_128, numRuns: 400 },
    );
    expect(signedCount).toBeGreaterThan(500);
    expect(sharedCount).toBeGreaterThan(200);
  }, 60_000);
});
