import type { AccountId, StateChange, ThreadId } from "@sealwright/types";
import { decodeStateUpdate, height, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type {
  AdmittedMessage,
  BlockContext,
  BlockLimits,
  Executor,
  ImportRange,
  SealedExecution,
  ThreadState,
} from "../executor.js";
import { verifyAccount } from "../state/state.js";

/** What the suite needs of an engine: a thread's genesis and messages that its blocks execute with code 0. */
export interface ExecutorFixture {
  readonly executor: Executor;
  readonly threadId: ThreadId;
  readonly genesis: readonly StateChange[];
  readonly limits: BlockLimits;
  /** An account that exists at genesis, and one that never does. */
  readonly known: AccountId;
  readonly unknown: AccountId;
  context(at: number, timeMs?: number): BlockContext;
  /** Different ones each time, all of this thread, expiring as asked. */
  messages(count: number, expiresAtMs?: number): Uint8Array[];
  /** Well formed, but of an account of another thread. */
  foreign(): Uint8Array;
  /** A range of this many messages of another thread to this one, from the first cursor. */
  inbound(count: number): ImportRange;
}

/** Every executor passes this. */
export function describeExecutor(name: string, open: () => ExecutorFixture): void {
  describe(`executor: ${name}`, () => {
    it("gives the same bytes for the same inputs", () => {
      const fixture = open();
      const messages = fixture.messages(20);
      const first = build(fixture, { messages });
      const second = build({ ...fixture, executor: open().executor }, { messages });
      expect({ ...second.sealed, state: null }).toEqual({ ...first.sealed, state: null });
    });

    it("gives one receipt per message, imports first", () => {
      const fixture = open();
      const messages = fixture.messages(3);
      const { sealed } = build(fixture, { messages, imports: [fixture.inbound(2)] });
      const hashes = messages.map((message) => unwrap(fixture.executor.inspect(message)).hash);
      expect(sealed.receipts.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
      expect(sealed.receipts.slice(2).map(({ messageHash }) => messageHash)).toEqual(hashes);
    });

    it("reaches the built root by applying the update, and by loading all entries again", () => {
      const fixture = open();
      const entries = new Map(fixture.genesis.map((change) => [hex(change.key), change]));
      let [built, followed] = [load(fixture), load(fixture)];
      for (let at = 1; at <= 4; at++) {
        const imports = at === 1 ? [fixture.inbound(3)] : [];
        // Two minutes a block: what entered the dedupe window leaves it again on the way.
        const context = fixture.context(at, fixture.context(0).timeMs + at * 120_000);
        const { sealed } = build(fixture, {
          parent: built,
          context,
          imports,
          messages: fixture.messages(10, context.timeMs + 20_000),
        });
        expect(sealed.receipts.every(({ code }) => code === 0)).toBe(true);
        followed = unwrap(fixture.executor.applyUpdate(followed, context, sealed.stateUpdate));
        built = sealed.state;
        expect(followed.root).toEqual(built.root);
        for (const change of unwrap(decodeStateUpdate(sealed.stateUpdate))) {
          if (change.value === null) entries.delete(hex(change.key));
          else entries.set(hex(change.key), change);
        }
        const reloaded = unwrap(fixture.executor.load(fixture.threadId, [...entries.values()].reverse()));
        expect(reloaded.root).toEqual(built.root);
        expect(reloaded.totals).toEqual(built.totals);
      }
    });

    it("leaves the parent's state as it was", () => {
      const fixture = open();
      const parent = load(fixture);
      const root = parent.root.slice();
      const { sealed } = build(fixture, { parent, messages: fixture.messages(5) });
      expect(parent.root).toEqual(root);
      expect(sealed.stateRoot).not.toEqual(root);
    });

    it("[M1] never executes a message twice, in one block or in a later one", () => {
      const fixture = open();
      const [message] = fixture.messages(1) as [Uint8Array];
      const admitted = admit(fixture, [message]);
      const builder = fixture.executor.open(load(fixture), fixture.context(1), fixture.limits);
      expect(builder.apply(admitted[0]!).type).toBe("applied");
      expect(builder.apply(admitted[0]!)).toMatchObject({ type: "skipped", rejection: { code: "duplicate" } });
      const next = fixture.executor.open(builder.seal().state, fixture.context(2), fixture.limits);
      expect(next.apply(admitted[0]!)).toMatchObject({ type: "skipped", rejection: { code: "duplicate" } });
    });

    it("[M1] holds no message that has expired, expires too far ahead, or belongs to another thread", () => {
      const fixture = open();
      const { timeMs } = fixture.context(1);
      const [late, onTime, ahead, tooFar] = [timeMs - 1, timeMs, timeMs + 60_000, timeMs + 60_001].flatMap((at) =>
        fixture.messages(1, at),
      );
      const builder = fixture.executor.open(load(fixture), fixture.context(1), fixture.limits);
      const outcomes = admit(fixture, [late!, onTime!, ahead!, tooFar!, fixture.foreign()]).map((message) => {
        const outcome = builder.apply(message);
        return outcome.type === "skipped" ? outcome.rejection.code : outcome.type;
      });
      expect(outcomes).toEqual(["expired", "applied", "applied", "expiryTooFar", "wrongThread"]);
    });

    it("imports contiguously, exactly once, and says where it goes on", () => {
      const fixture = open();
      const range = fixture.inbound(4);
      const { sealed } = build(fixture, { imports: [range] });
      expect(sealed.imported).toEqual([{ source: range.source, from: range.from, to: range.to }]);
      expect(fixture.executor.cursor(sealed.state, range.source)).toEqual(range.to);
      const again = fixture.executor.open(sealed.state, fixture.context(2), fixture.limits);
      expect(again.importMessages(range)).toMatchObject({
        ok: false,
        error: { code: "notContiguous", expected: range.to },
      });
      const holed = { ...range, messages: range.messages.filter((_message, i) => i !== 2) };
      const builder = fixture.executor.open(load(fixture), fixture.context(1), fixture.limits);
      expect(builder.importMessages(holed)).toMatchObject({ ok: false, error: { code: "badRange" } });
    });

    it("moves the cursor over a range without messages, and executes nothing", () => {
      const fixture = open();
      const { source, from } = fixture.inbound(1);
      const to = { height: height(from.height + 1_000n), position: 0 };
      const { sealed } = build(fixture, { imports: [{ source, from, to, messages: [] }] });
      expect(sealed.imported).toEqual([{ source, from, to }]);
      expect(sealed.receipts).toEqual([]);
      expect(fixture.executor.cursor(sealed.state, source)).toEqual(to);
    });

    it("stops importing at a limit and goes on from there in the next block", () => {
      const fixture = open();
      const range = fixture.inbound(5);
      const limits = { ...fixture.limits, importsMax: 2 };
      const first = build(fixture, { imports: [range], limits }).sealed;
      const { to } = first.imported[0]!;
      expect(to).toEqual(range.messages[2]!.at);
      const rest = { ...range, from: to, messages: range.messages.slice(2) };
      const second = build(fixture, { parent: first.state, context: fixture.context(2), imports: [rest] }).sealed;
      expect(second.imported[0]!.to).toEqual(range.to);
      expect(second.receipts).toHaveLength(3);
    });

    it("is full at every limit, and a full block took nothing", () => {
      const fixture = open();
      const messages = fixture.messages(4);
      const two = build(fixture, { messages: messages.slice(0, 2) });
      const size =
        messages.slice(0, 2).reduce((sum, message) => sum + message.length, 0) + two.sealed.stateUpdate.length;
      const tight: Partial<BlockLimits>[] = [
        { externalsMax: 2 },
        { gasMax: two.sealed.gasUsed },
        { sizeBytesMax: size + 400 },
      ];
      for (const limit of tight) {
        const limited = build(fixture, { messages, limits: { ...fixture.limits, ...limit } });
        expect(limited.outcomes.at(-1), JSON.stringify(Object.keys(limit))).toBe("full");
        const count = limited.outcomes.indexOf("full");
        const alone = build(fixture, { messages: messages.slice(0, count) });
        expect(limited.sealed.stateRoot).toEqual(alone.sealed.stateRoot);
      }
    });

    it("proves what an account holds and that another does not exist", () => {
      const fixture = open();
      const state = build(fixture, { messages: fixture.messages(10) }).sealed.state;
      const known = fixture.executor.account(state, fixture.known);
      const unknown = fixture.executor.account(state, fixture.unknown);
      expect(known.value).not.toBeNull();
      expect(unknown.value).toBeNull();
      expect(verifyAccount(state.root, fixture.known, known.value, known.proof)).toBe(true);
      expect(verifyAccount(state.root, fixture.unknown, null, unknown.proof)).toBe(true);
      expect(verifyAccount(state.root, fixture.known, null, unknown.proof)).toBe(false);
      expect(verifyAccount(load(fixture).root, fixture.known, known.value, known.proof)).toBe(false);
    });

    it("prechecks a message as a block on this state would take it", () => {
      const fixture = open();
      const [first, second] = admit(fixture, fixture.messages(2)) as [AdmittedMessage, AdmittedMessage];
      const parent = load(fixture);
      const { timeMs: nowMs, threadsTable } = fixture.context(1);
      expect(fixture.executor.precheck(parent, first, { nowMs, threadsTable })).toBeNull();
      const { state } = build(fixture, { messages: [first.bytes] }).sealed;
      expect(fixture.executor.precheck(state, first, { nowMs, threadsTable })).toMatchObject({ code: "duplicate" });
      expect(fixture.executor.precheck(state, second, { nowMs, threadsTable })).toBeNull();
    });

    it("refuses garbage without throwing", () => {
      const { executor, genesis, threadId, ...fixture } = open();
      const [good] = fixture.messages(1) as [Uint8Array];
      const garbage = [new Uint8Array(0), new Uint8Array(300), good.subarray(1), Buffer.concat([good, good])];
      for (const bytes of garbage) expect(executor.inspect(bytes).ok).toBe(false);
      expect(executor.admit([...garbage, good]).map(({ ok }) => ok)).toEqual([false, false, false, false, true]);
      const state = unwrap(executor.load(threadId, genesis));
      for (const bytes of garbage) expect(executor.applyUpdate(state, fixture.context(1), bytes).ok).toBe(false);
      expect(executor.load(threadId, [...genesis, { key: Uint8Array.of(99), value: good }]).ok).toBe(false);
      expect(executor.load(threadId, [...genesis, genesis[0]!]).ok).toBe(false);
    });
  });
}

interface BuildOptions {
  readonly parent?: ThreadState;
  readonly context?: BlockContext;
  readonly limits?: BlockLimits;
  readonly imports?: readonly ImportRange[];
  readonly messages?: readonly Uint8Array[];
}

function build(fixture: ExecutorFixture, options: BuildOptions): { sealed: SealedExecution; outcomes: string[] } {
  const {
    parent = load(fixture),
    context = fixture.context(1),
    limits = fixture.limits,
    imports = [],
    messages = [],
  } = options;
  const builder = fixture.executor.open(parent, context, limits);
  for (const range of imports) unwrap(builder.importMessages(range));
  const outcomes = admit(fixture, messages).map((message) => builder.apply(message).type);
  return { sealed: builder.seal(), outcomes };
}

function admit(fixture: ExecutorFixture, messages: readonly Uint8Array[]): AdmittedMessage[] {
  return fixture.executor.admit(messages).map((admitted) => unwrap(admitted));
}

function load(fixture: ExecutorFixture): ThreadState {
  return unwrap(fixture.executor.load(fixture.threadId, fixture.genesis));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
