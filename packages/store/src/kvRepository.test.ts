import * as fc from "fast-check";
import { height, type SealedBlock } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { KeyValueRepository } from "./kvRepository.js";
import { type MemoryStore, memoryStore } from "./memoryStore.js";
import { bytesOf, sampleBlock, sampleGenesis, sampleHash, sampleProof, THREAD_A } from "./testing/sampleChain.js";
import { describeRepository } from "./testing/describeRepository.js";
import { levelHarness, memoryHarness } from "./testing/storeHarness.js";

describeRepository("the memory store", async () => memoryHarness());
describeRepository("the LevelDB store", levelHarness);

const finalOf = (block: SealedBlock, state: readonly { key: Uint8Array; value: Uint8Array | null }[]) => ({
  threadId: THREAD_A,
  height: block.header.height,
  blockId: block.id,
  proof: sampleProof(block),
  facts: new Uint8Array(0),
  state,
});

describe("a repository on a disk that fails", () => {
  const queued = { state: "queued" as const, threadId: THREAD_A };

  it("says that the disk is full, goes on reading, writes nothing more, and works again once reopened", async () => {
    let full = false;
    const beforeWrite = async (): Promise<void> => {
      if (full) throw Object.assign(new Error("write: no space left on device"), { code: "ENOSPC" });
    };
    const store = memoryStore({ beforeWrite });
    const repository = new KeyValueRepository({ store });
    await repository.initialize([sampleGenesis(THREAD_A)]);
    await repository.commit({ messages: [{ hash: sampleHash("a"), status: queued }] });
    full = true;
    const failing = repository.commit({ messages: [{ hash: sampleHash("b"), status: queued }] });
    await expect(failing).rejects.toMatchObject({ name: "StoreError", code: "diskFull", retryable: false });
    full = false;
    expect(store.status).toBe("failed");
    const block = sampleBlock({ at: 1 });
    const later = repository.commit({ blocks: [block], final: [finalOf(block, [])] });
    await expect(later).rejects.toMatchObject({ code: "failed", cause: { code: "diskFull" } });
    expect(await repository.messageStatus(sampleHash("a"))).toEqual(queued);
    const reopened = new KeyValueRepository({ store: store.crash() });
    await reopened.commit({ messages: [{ hash: sampleHash("b"), status: queued }] });
    expect(await reopened.messageStatus(sampleHash("b"))).toEqual(queued);
  });

  it("fails every commit of the group alike, and none of them is there after a restart", async () => {
    let broken = false;
    const store = memoryStore({ beforeWrite: () => (broken ? Promise.reject(new Error("EIO")) : Promise.resolve()) });
    const repository = new KeyValueRepository({ store });
    await repository.initialize([sampleGenesis(THREAD_A)]);
    broken = true;
    const names = ["a", "b", "c"];
    const commits = names.map((name) => repository.commit({ messages: [{ hash: sampleHash(name), status: queued }] }));
    const results = await Promise.allSettled(commits);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
    broken = false;
    const reopened = new KeyValueRepository({ store: store.crash() });
    for (const name of names) expect(await reopened.messageStatus(sampleHash(name))).toBeNull();
  });
});

const changeArbitrary = fc.tuple(fc.nat(12), fc.option(fc.nat(255)));
const stepArbitrary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("final" as const),
      blocks: fc.array(fc.array(changeArbitrary, { maxLength: 5 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("crash" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("prune" as const), keepBlocks: fc.integer({ min: 1, max: 4 }) }),
  },
);

describe("any sequence of finality commits, prunes and crashes", () => {
  it("[I4] leaves the chain and the state that a model has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 15 }), async (steps) => {
        let store: MemoryStore = memoryStore();
        let repository = new KeyValueRepository({ store });
        await repository.initialize([sampleGenesis(THREAD_A)]);
        const chain: SealedBlock[] = [];
        const model = new Map<number, number>();
        /** A crash may bring back what was pruned, and nothing else. */
        let prunedMax = 0;
        for (const step of steps) {
          if (step.type === "crash") {
            store = store.crash();
            repository = new KeyValueRepository({ store });
          } else if (step.type === "prune") {
            await repository.prune({ threadId: THREAD_A, keepBlocks: step.keepBlocks });
            prunedMax = Math.max(prunedMax, chain.length - step.keepBlocks);
          } else {
            const finals = step.blocks.map((changes) => {
              const parent = chain[chain.length - 1];
              const block = sampleBlock({ at: chain.length + 1, ...(parent !== undefined && { parentId: parent.id }) });
              chain.push(block);
              for (const [key, value] of changes) {
                if (value === null) model.delete(key);
                else model.set(key, value);
              }
              const state = changes.map(([key, value]) => ({
                key: new Uint8Array([key]),
                value: value === null ? null : new Uint8Array([value]),
              }));
              return { block, entry: finalOf(block, state) };
            });
            const commits = finals.map(({ block, entry }) => repository.commit({ blocks: [block], final: [entry] }));
            await Promise.all(commits);
          }
        }
        const state: [number, number][] = [];
        for await (const { key, value } of repository.state(THREAD_A)) state.push([key[0]!, value[0]!]);
        expect(state).toEqual([...model].sort(([a], [b]) => a - b));
        const range = await repository.finalRange(THREAD_A, height(1), 1_000);
        const left = chain.slice(chain.length - range.length);
        expect(range.map((record) => record.blockId)).toEqual(left.map((block) => block.id));
        expect(range.length).toBeGreaterThanOrEqual(chain.length - prunedMax);
        const last = chain[chain.length - 1];
        if (last !== undefined) expect(await repository.block(last.id)).toEqual(last);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the order of keys that the codec does not know", async () => {
    const repository = new KeyValueRepository({ store: memoryStore() });
    const state = ["b", "a", "ab", ""].map((key) => ({ key: bytesOf(key), value: bytesOf(`=${key}`) }));
    await repository.initialize([sampleGenesis(THREAD_A, state)]);
    const found: string[] = [];
    for await (const { key } of repository.state(THREAD_A)) found.push(new TextDecoder().decode(key));
    expect(found).toEqual(["", "a", "ab", "b"]);
  });
});
