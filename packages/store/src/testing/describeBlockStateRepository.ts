import { blockIdFromBytes, height, sha256, term, unixMs } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BlockPlace, BlockStatus } from "../blockState.js";
import { KeyValueBlockStateRepository } from "../blockStateRepository.js";
import type { KeyValueStore } from "../keyValueStore.js";
import { KeyValueRepository } from "../kvRepository.js";
import {
  bytesOf,
  genesisId,
  SAMPLE_KEEPER,
  sampleBlock,
  sampleGenesis,
  sampleProof,
  THREAD_A,
  THREAD_B,
} from "./sampleChain.js";
import type { StoreHarness } from "./storeHarness.js";

const idOf = (name: string) => blockIdFromBytes(sha256(bytesOf(name)));
const placeOf = (name: string, parent = "parent", threadId = THREAD_A): BlockPlace => ({
  id: idOf(name),
  threadId,
  height: height(1),
  term: term(0),
  parentId: idOf(parent),
  producer: SAMPLE_KEEPER,
});

/** The contract of `BlockStateRepository`, over every key-value store. */
export function describeBlockStateRepository(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`block states over ${name}`, () => {
    let harness: StoreHarness;
    let store: KeyValueStore;
    let states: KeyValueBlockStateRepository;
    let repository: KeyValueRepository;
    const reopen = async (): Promise<void> => {
      store = await harness.open();
      states = new KeyValueBlockStateRepository({ settledMax: 4, unsettledMax: 8 }, { store });
      repository = new KeyValueRepository({ store, rider: states });
    };
    /** Makes one more block final, so that what is unsaved reaches the disk. */
    const finalizeBlock = async (): Promise<void> => {
      const last = (await repository.lastFinal(THREAD_A))!;
      const block = sampleBlock({ at: Number(last.height) + 1, parentId: last.blockId });
      const { threadId, height: at } = block.header;
      const final = {
        threadId,
        height: at,
        blockId: block.id,
        proof: sampleProof(block),
        facts: new Uint8Array(0),
        state: [],
      };
      await repository.commit({ blocks: [block], final: [final] });
    };
    beforeEach(async () => {
      harness = await makeHarness();
      await reopen();
      await repository.initialize([sampleGenesis(THREAD_A)]);
    });
    afterEach(() => harness.close());

    it("follows a block through its life and keeps when what happened", async () => {
      await states.register(placeOf("b"), { timeline: { receivedMs: unixMs(1) } });
      await states.update(idOf("b"), { status: "applied", timeline: { appliedMs: unixMs(2) } });
      const steps: BlockStatus[] = ["attested", "certified", "prefinal", "final"];
      for (const status of steps) await states.update(idOf("b"), { status });
      const timeline = { prefinalMs: unixMs(5) };
      const state = await states.update(idOf("b"), { facts: bytesOf("f"), timeline });
      expect(state).toEqual({
        ...placeOf("b"),
        status: "final",
        facts: bytesOf("f"),
        timeline: { receivedMs: 1, appliedMs: 2, ...timeline },
      });
    });

    it("refuses to change a place, fact or time that was set, and takes the same again", async () => {
      await states.register(placeOf("b"), { facts: bytesOf("f"), timeline: { receivedMs: unixMs(1) } });
      await expect(states.register({ ...placeOf("b"), term: term(1) })).rejects.toThrow(
        /term of block .* is written once/,
      );
      await expect(states.update(idOf("b"), { facts: bytesOf("g") })).rejects.toThrow(/facts of block/);
      await expect(states.update(idOf("b"), { timeline: { receivedMs: unixMs(2) } })).rejects.toThrow(/receivedMs/);
      const before = states.peek(idOf("b"));
      const same = await states.register(placeOf("b"), { facts: bytesOf("f"), timeline: { receivedMs: unixMs(1) } });
      expect(same).toBe(before);
    });

    it("[F3] never moves a status back, never out of final or invalid", async () => {
      await states.register(placeOf("b"), { status: "certified" });
      await expect(states.update(idOf("b"), { status: "attested" })).rejects.toThrow(/from certified to attested/);
      await states.update(idOf("b"), { status: "invalid", reason: "bad root" });
      await expect(states.update(idOf("b"), { status: "applied" })).rejects.toThrow(/from invalid/);
      await states.register(placeOf("c"), { status: "final" });
      await expect(states.update(idOf("c"), { status: "invalid" })).rejects.toThrow(/from final/);
      await expect(states.update(idOf("c"), { status: "abandoned" })).rejects.toThrow(/from final/);
      expect(states.peek(idOf("b"))).toMatchObject({ status: "invalid", reason: "bad root" });
    });

    it("[S6] lets an abandoned block come back to life", async () => {
      await states.register(placeOf("b"), { status: "attested" });
      await states.update(idOf("b"), { status: "abandoned", reason: "term 2 extends another block" });
      const state = await states.update(idOf("b"), { status: "certified" });
      expect(state.status).toBe("certified");
      expect(state.reason).toBeUndefined();
    });

    it("refuses updates of a block that nobody registered", async () => {
      await expect(states.update(idOf("x"), { status: "applied" })).rejects.toThrow(/before it is registered/);
      expect(await states.get(idOf("x"))).toBeNull();
    });

    it("tells listeners of every change after it happened, and of nothing else", async () => {
      const heard: string[] = [];
      const stop = states.onChange((state, previous) => {
        heard.push(`${previous?.status ?? "new"} -> ${states.peek(state.id)?.status}`);
      });
      await states.register(placeOf("b"));
      await states.register(placeOf("b"));
      await states.update(idOf("b"), { status: "applied" });
      await states.update(idOf("b"), { status: "applied" });
      stop();
      await states.update(idOf("b"), { status: "attested" });
      expect(heard).toEqual(["new -> candidate", "candidate -> applied"]);
    });

    it("updates of a record at hand show before the call returns, and keep the order of the calls", async () => {
      await states.register(placeOf("b"));
      const first = states.update(idOf("b"), { status: "applied" });
      expect(states.peek(idOf("b"))?.status).toBe("applied");
      const second = states.update(idOf("b"), { status: "attested" });
      await Promise.all([first, second]);
      const third = states.register(placeOf("c"));
      const fourth = states.update(idOf("c"), { status: "applied" });
      expect((await Promise.all([third, fourth])).map((state) => state.status)).toEqual(["candidate", "applied"]);
    });

    it("finds the children of a block, per thread and over all", async () => {
      await states.register(placeOf("b", "p"));
      await states.register(placeOf("c", "p"));
      await states.register(placeOf("d", "p", THREAD_B));
      await states.register(placeOf("e", "b"));
      const expected = [idOf("b"), idOf("c")].sort();
      expect(await states.children(idOf("p"), THREAD_A)).toEqual(expected);
      expect(await states.children(idOf("p"))).toEqual([...expected, idOf("d")].sort());
      await finalizeBlock();
      await reopen();
      expect(await states.children(idOf("p"), THREAD_A)).toEqual(expected);
      expect(await states.children(idOf("p"))).toEqual([...expected, idOf("d")].sort());
    });

    it("is on disk with the next finality commit, and not before", async () => {
      await states.register(placeOf("b"), { status: "applied" });
      await repository.commit({ blocks: [sampleBlock({ at: 5 })] });
      await reopen();
      expect(await states.get(idOf("b"))).toBeNull();
      await states.register(placeOf("b"), { status: "invalid", reason: "gr\u00fcnde", facts: bytesOf("f") });
      await finalizeBlock();
      await states.register(placeOf("c"));
      await reopen();
      expect(await states.get(idOf("b"))).toEqual({
        ...placeOf("b"),
        status: "invalid",
        reason: "gr\u00fcnde",
        facts: bytesOf("f"),
        timeline: {},
      });
      expect(await states.get(idOf("c"))).toBeNull();
      await expect(states.update(idOf("b"), { facts: bytesOf("g") })).rejects.toThrow(/written once/);
    });

    it("keeps memory bounded and loses nothing by it", async () => {
      const names = Array.from({ length: 60 }, (_, i) => `b${i}`);
      for (const [i, of] of names.entries()) {
        await states.register(placeOf(of), { status: i % 2 === 0 ? "abandoned" : "applied" });
      }
      await store.commit([], { durable: true });
      expect(names.filter((of) => states.peek(idOf(of)) !== null)).toHaveLength(12);
      for (const [i, of] of names.entries()) {
        expect((await states.get(idOf(of)))?.status).toBe(i % 2 === 0 ? "abandoned" : "applied");
      }
      expect(await states.children(idOf("parent"))).toHaveLength(60);
      const revived = await states.update(idOf("b0"), { status: "certified" });
      expect(revived.status).toBe("certified");
    });

    it("drops the least recently used settled records first, and none of open fate for them", async () => {
      await states.register(placeOf("open"));
      for (const of of ["a", "b", "c", "d"]) await states.register(placeOf(of), { status: "invalid" });
      await states.get(idOf("a"));
      await states.register(placeOf("e"), { status: "invalid" });
      await store.commit([], { durable: true });
      const held = ["open", "a", "b", "c", "d", "e"].filter((of) => states.peek(idOf(of)) !== null);
      expect(held).toEqual(["open", "a", "c", "d", "e"]);
    });

    it("forgets a block when the repository prunes it", async () => {
      await finalizeBlock();
      const first = (await repository.lastFinal(THREAD_A))!.blockId;
      await states.register({ ...placeOf("x"), id: first, parentId: genesisId(THREAD_A) }, { status: "final" });
      await finalizeBlock();
      await repository.prune({ threadId: THREAD_A, keepBlocks: 1 });
      expect(await states.get(first)).toBeNull();
      expect(await states.children(genesisId(THREAD_A))).toEqual([]);
      await finalizeBlock();
      await reopen();
      // A power cut may have undone the deletion; then the next prune does it again.
      await repository.prune({ threadId: THREAD_A, keepBlocks: 1 });
      expect(await states.get(first)).toBeNull();
    });
  });
}
