import { type BlockId, type Clock, sha256, sha256Hex, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { ImportRange } from "../executor.js";
import { verifyAccount } from "../state/state.js";
import type { BuildRequest, BuiltBlock, StateRef, ThreadExecution, VerifyRequest } from "../threadExecution.js";
import type { ExecutorFixture } from "./describeExecutor.js";

export interface ThreadExecutionFixture extends ExecutorFixture {
  /** A new execution of the fixture's engine and thread, nothing loaded. */
  open(clock: Clock, options?: { readonly statesMax?: number }): ThreadExecution;
}

const GENESIS = testId("genesis");

/** Every way of running an executor passes this. */
export function describeThreadExecution(name: string, fixtureOf: () => ThreadExecutionFixture): void {
  describe(`thread execution: ${name}`, () => {
    const opened: ThreadExecution[] = [];
    afterEach(() => Promise.all(opened.splice(0).map((execution) => execution.close())));

    const start = async (
      fixture: ThreadExecutionFixture,
      options?: { readonly statesMax?: number },
    ): Promise<ThreadExecution> => {
      const execution = fixture.open(new ManualClock(fixture.context(1).timeMs), options);
      opened.push(execution);
      await execution.load(fixture.genesis, GENESIS);
      return execution;
    };

    it("loads a state with the root that the executor gives it", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture);
      const expected = unwrap(fixture.executor.load(fixture.threadId, fixture.genesis)).root;
      expect(await execution.load(asAsync(fixture.genesis), GENESIS)).toEqual({ stateRoot: expected });
      await expect(execution.load([{ key: Uint8Array.of(77), value: GARBAGE }], GENESIS)).rejects.toMatchObject({
        code: "badEntries",
      });
    });

    it("builds the very bytes that the executor builds in this thread", async () => {
      const fixture = fixtureOf();
      const messages = fixture.messages(12);
      const request = buildRequest(fixture, { messages, imports: [fixture.inbound(3)] });
      const block = unwrap(await (await start(fixture)).build(request));
      const parent = unwrap(fixture.executor.load(fixture.threadId, fixture.genesis));
      const builder = fixture.executor.open(parent, request.context, request.limits);
      unwrap(builder.importMessages(request.imports[0]!));
      for (const admitted of fixture.executor.admit(messages)) builder.apply(unwrap(admitted));
      const { state: _state, ...sealed } = builder.seal();
      expect(block).toEqual({ ...sealed, ref: block.ref, roots: block.roots, results: block.results });
      expect(block.results.map(({ type }) => type)).toEqual(messages.map(() => "included"));
    });

    it("tells of each offered message what came of it, in order", async () => {
      const fixture = fixtureOf();
      const [a, b, c, d] = fixture.messages(4) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
      const request = buildRequest(fixture, {
        messages: [a, GARBAGE, a, b, c, d],
        limits: { ...fixture.limits, externalsMax: 2 },
      });
      const block = unwrap(await (await start(fixture)).build(request));
      expect(block.results).toMatchObject([
        { type: "included", receipt: { code: 0 } },
        { type: "skipped", rejection: { code: "malformed" } },
        { type: "skipped", rejection: { code: "duplicate" } },
        { type: "included", receipt: { code: 0 } },
        { type: "left" },
        { type: "left" },
      ]);
      expect(block.externals).toEqual([a, b]);
    });

    it("leaves a message whose expiry is not near enough yet", async () => {
      const fixture = fixtureOf();
      const messages = fixture.messages(1, fixture.context(1).timeMs + 60_500);
      const block = unwrap(await (await start(fixture)).build(buildRequest(fixture, { messages })));
      expect(block.results).toEqual([{ type: "left" }]);
    });

    it("verifies what another one built, on a chain of blocks, and ends at the same state", async () => {
      const fixture = fixtureOf();
      const [producer, keeper, follower] = [await start(fixture), await start(fixture), await start(fixture)];
      let parent: StateRef = { block: GENESIS };
      let parentId = GENESIS;
      for (let at = 1; at <= 4; at++) {
        const imports = at === 2 ? [fixture.inbound(2)] : [];
        const block: BuiltBlock = unwrap(
          await producer.build(buildRequest(fixture, { at, parent, imports, messages: fixture.messages(6) })),
        );
        const request = verifyRequest(fixture, block, { at, parentId, imports });
        expect(unwrap(await keeper.verify(request)).stateRoot).toEqual(block.stateRoot);
        const { blockId, context } = request;
        const applied = await follower.applyUpdate({
          blockId,
          parentId,
          context,
          stateUpdate: block.stateUpdate,
          stateRoot: block.stateRoot,
        });
        expect(unwrap(applied).stateRoot).toEqual(block.stateRoot);
        // The next one is built on a build that has no id; the name comes later.
        parent = block.ref;
        parentId = blockId;
        producer.bind(block.ref, blockId);
      }
      for (const execution of [producer, keeper, follower]) await execution.finalize(parentId);
      const views = await Promise.all(
        [producer, keeper, follower].map((execution) => execution.account(fixture.known)),
      );
      expect(views[1]).toEqual(views[0]);
      expect(views[2]).toEqual(views[0]);
      expect(views[0]!.blockId).toBe(parentId);
      const { stateRoot, value, proof } = views[0]!;
      expect(verifyAccount(stateRoot, fixture.known, value, proof)).toBe(true);
      expect(await keeper.totals()).toEqual(await producer.totals());
    });

    it("refuses a block of which any part is not what execution gives", async () => {
      const fixture = fixtureOf();
      const keeper = await start(fixture);
      const imports = [fixture.inbound(2)];
      const block = unwrap(
        await (await start(fixture)).build(buildRequest(fixture, { imports, messages: fixture.messages(6) })),
      );
      const good = verifyRequest(fixture, block, { imports });
      const { claim, externals } = good;
      const wrong = sha256(GARBAGE);
      const mutations: [string, Partial<VerifyRequest>][] = [
        ["stateRoot", { claim: { ...claim, stateRoot: wrong } }],
        ["gasUsed", { claim: { ...claim, gasUsed: claim.gasUsed + 1n } }],
        ["receipts", { claim: { ...claim, roots: { ...claim.roots, receipts: wrong } } }],
        ["outbound", { claim: { ...claim, roots: { ...claim.roots, outbound: wrong } } }],
        ["stateUpdate", { claim: { ...claim, roots: { ...claim.roots, stateUpdate: wrong } } }],
        ["receipts", { externals: [...externals].reverse() }],
        ["badExternal", { externals: [...externals, externals[0]!] }],
        ["badExternal", { externals: [...externals.slice(1), GARBAGE] }],
        ["badExternal", { externals: [...externals.slice(1), fixture.foreign()] }],
        ["gasUsed", { externals: externals.slice(1) }],
        ["gasUsed", { imports: [] }],
        ["badImport", { imports: [...imports, ...imports] }],
        ["overLimits", { limits: { ...fixture.limits, externalsMax: 5 } }],
        ["overLimits", { limits: { ...fixture.limits, importsMax: 1 } }],
      ];
      for (const [expected, mutation] of mutations) {
        const verdict = await keeper.verify({ ...good, ...mutation });
        const error = verdict.ok ? null : verdict.error;
        expect(error?.code === "differs" ? error.field : error?.code, expected).toBe(expected);
        expect(await keeper.holds({ block: good.blockId })).toBe(false);
      }
      expect((await keeper.verify(good)).ok).toBe(true);
    });

    it("refuses a block that is too heavy by its gas, which is the same on every machine, and takes one that is just full", async () => {
      const fixture = fixtureOf();
      const keeper = await start(fixture);
      const request = buildRequest(fixture, { messages: fixture.messages(4) });
      const block = unwrap(await (await start(fixture)).build(request));
      const asked = verifyRequest(fixture, block, {});
      const withGas = (gasMax: bigint): VerifyRequest => ({ ...asked, limits: { ...asked.limits, gasMax } });
      const verdict = await keeper.verify(withGas(block.gasUsed - 1n));
      expect(verdict).toMatchObject({ ok: false, error: { code: "overLimits" } });
      expect((await keeper.verify(withGas(block.gasUsed))).ok).toBe(true);
    });

    it("re-executes a block that it had only applied", async () => {
      const fixture = fixtureOf();
      const keeper = await start(fixture);
      const block = unwrap(
        await (await start(fixture)).build(buildRequest(fixture, { messages: fixture.messages(2) })),
      );
      const request = verifyRequest(fixture, block, {});
      unwrap(await keeper.applyUpdate({ ...request, stateUpdate: block.stateUpdate, stateRoot: block.stateRoot }));
      const wrong = { ...request, externals: request.externals.slice(1) };
      expect((await keeper.verify(wrong)).ok).toBe(false);
      expect((await keeper.verify(request)).ok).toBe(true);
    });

    it("refuses a state update that is garbage or leads to another root", async () => {
      const fixture = fixtureOf();
      const keeper = await start(fixture);
      const block = unwrap(
        await (await start(fixture)).build(buildRequest(fixture, { messages: fixture.messages(2) })),
      );
      const request = {
        ...verifyRequest(fixture, block, {}),
        stateUpdate: block.stateUpdate,
        stateRoot: block.stateRoot,
      };
      expect(await keeper.applyUpdate({ ...request, stateUpdate: GARBAGE })).toMatchObject({
        ok: false,
        error: { code: "badUpdate" },
      });
      expect(await keeper.applyUpdate({ ...request, stateRoot: sha256(GARBAGE) })).toMatchObject({
        ok: false,
        error: { code: "differs" },
      });
      expect((await keeper.applyUpdate(request)).ok).toBe(true);
    });

    it("drops on finality what does not descend from the final block", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture);
      const build = async (at: number, parent: StateRef, blockId: BlockId): Promise<BuiltBlock> => {
        const block = unwrap(
          await execution.build(buildRequest(fixture, { at, parent, messages: fixture.messages(1) })),
        );
        execution.bind(block.ref, blockId);
        return block;
      };
      const [a, fork, b] = [testId("a"), testId("fork"), testId("b")];
      await build(1, { block: GENESIS }, a);
      await build(1, { block: GENESIS }, fork);
      const unbound = unwrap(await execution.build(buildRequest(fixture, { at: 2, parent: { block: a } })));
      await build(2, { block: a }, b);
      await execution.finalize(a);
      const refs: StateRef[] = [{ block: GENESIS }, { block: fork }, { block: a }, { block: b }, unbound.ref];
      expect(await Promise.all(refs.map((ref) => execution.holds(ref)))).toEqual([false, false, true, true, true]);
      execution.release([unbound.ref, { block: a }]);
      expect(await Promise.all(refs.map((ref) => execution.holds(ref)))).toEqual([false, false, true, true, false]);
    });

    it("holds a bounded number of states", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture, { statesMax: 3 });
      const request = buildRequest(fixture, {});
      const first = unwrap(await execution.build(request));
      unwrap(await execution.build(request));
      await expect(execution.build(request)).rejects.toMatchObject({ code: "tooManyStates", retryable: true });
      execution.release([first.ref]);
      expect((await execution.build(request)).ok).toBe(true);
    });

    it("admits in order: static faults, then what the newest state says", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture);
      const messages = fixture.messages(70);
      unwrap(await execution.build(buildRequest(fixture, { messages: messages.slice(0, 1) })));
      const results = await execution.admit([...messages, GARBAGE, fixture.foreign()]);
      const codes = results.map((result) => result?.code ?? "good");
      expect(codes).toEqual(["duplicate", ...messages.slice(1).map(() => "good"), "malformed", "wrongThread"]);
    });

    it("says where importing goes on, also after a build without an id", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture);
      const range = fixture.inbound(3);
      const block = unwrap(await execution.build(buildRequest(fixture, { imports: [range] })));
      expect(await execution.cursors({ block: GENESIS }, [range.source])).toEqual([range.from]);
      expect(await execution.cursors(block.ref, [range.source])).toEqual([range.to]);
      const again = await execution.build(buildRequest(fixture, { at: 2, parent: block.ref, imports: [range] }));
      expect(again).toMatchObject({ ok: false, error: { code: "badImport", error: { code: "notContiguous" } } });
    });

    it("rejects with a typed error for a state that it does not hold, and after it was closed", async () => {
      const fixture = fixtureOf();
      const execution = await start(fixture);
      const request = buildRequest(fixture, { parent: { block: testId("nowhere") } });
      await expect(execution.build(request)).rejects.toMatchObject({
        name: "ExecutionError",
        code: "unknownState",
        retryable: false,
      });
      await expect(execution.finalize(testId("nowhere"))).rejects.toMatchObject({ code: "unknownState" });
      await execution.close();
      await expect(execution.build(request)).rejects.toMatchObject({ code: "closed" });
    });
  });
}

const GARBAGE: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);

function testId(text: string): BlockId {
  return sha256Hex(Buffer.from(text)) as BlockId;
}

function buildRequest(
  fixture: ExecutorFixture,
  options: Partial<BuildRequest> & { readonly at?: number },
): BuildRequest {
  const { at = 1, ...rest } = options;
  return {
    parent: { block: GENESIS },
    context: fixture.context(at),
    limits: fixture.limits,
    imports: [],
    messages: [],
    ...rest,
  };
}

function verifyRequest(
  fixture: ExecutorFixture,
  block: BuiltBlock,
  { at = 1, parentId = GENESIS, imports = [] }: { at?: number; parentId?: BlockId; imports?: readonly ImportRange[] },
): VerifyRequest {
  const { externals, gasUsed, stateRoot, roots } = block;
  const common = { context: fixture.context(at), limits: fixture.limits, imports, externals };
  return { ...common, blockId: testId(`block ${at}`), parentId, claim: { gasUsed, stateRoot, roots } };
}

async function* asAsync<T>(items: Iterable<T>): AsyncIterable<T> {
  for (const item of items) yield await Promise.resolve(item);
}
