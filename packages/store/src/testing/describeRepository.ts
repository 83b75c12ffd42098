import { type AccountId, height, type KeeperId, type SealedBlock, term, unixMs } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EVIDENCE_PER_KEEPER_MAX, type EvidenceRecord } from "../evidenceRecord.js";
import { keys } from "../keys.js";
import type { KeyValueStore } from "../keyValueStore.js";
import { KeyValueRepository } from "../kvRepository.js";
import type { FinalEntry, Repository } from "../repository.js";
import {
  bytesOf,
  genesisId,
  sampleBlock,
  sampleChain,
  sampleGenesis,
  sampleHash,
  sampleProof,
  sampleVoteState,
  THREAD_A,
  THREAD_B,
} from "./sampleChain.js";
import type { StoreHarness } from "./storeHarness.js";

const finalOf = (block: SealedBlock, state: FinalEntry["state"] = []): FinalEntry => ({
  threadId: block.header.threadId,
  height: block.header.height,
  blockId: block.id,
  proof: sampleProof(block),
  facts: bytesOf(`facts ${block.header.height}`),
  state,
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const ids = (blocks: readonly SealedBlock[]): string[] => blocks.map((block) => block.id);

/** The contract of `Repository`, over every key-value store. */
export function describeRepository(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`the repository over ${name}`, () => {
    let harness: StoreHarness;
    let store: KeyValueStore;
    let repository: Repository;
    const reopen = async (): Promise<void> => {
      store = await harness.open();
      repository = new KeyValueRepository({ store });
    };
    beforeEach(async () => {
      harness = await makeHarness();
      await reopen();
      const state = [{ key: bytesOf("a"), value: bytesOf("1") }];
      await repository.initialize([sampleGenesis(THREAD_A, state), sampleGenesis(THREAD_B)]);
    });
    afterEach(() => harness.close());

    it("writes the genesis records once, and refuses another genesis", async () => {
      const again = { ...sampleGenesis(THREAD_A), state: [{ key: bytesOf("z"), value: bytesOf("9") }] };
      expect(await repository.initialize([again])).toEqual({ ok: true, value: undefined });
      expect(await repository.stateEntry(THREAD_A, bytesOf("z"))).toBeNull();
      expect(await repository.lastFinal(THREAD_A)).toEqual({
        height: 0n,
        blockId: genesisId(THREAD_A),
        facts: bytesOf("genesis facts"),
      });
      const other = { ...sampleGenesis(THREAD_A), blockId: genesisId(THREAD_B) };
      const refused = await repository.initialize([other]);
      expect(refused).toMatchObject({ ok: false, error: { code: "otherGenesis", stored: genesisId(THREAD_A) } });
    });

    it("[R3] gives back a block as it travels, its header, and all blocks of a height", async () => {
      const block = sampleBlock({ at: 1, salt: "one" });
      const rival = sampleBlock({ at: 1, salt: "two", term: 1 });
      await repository.commit({ blocks: [block, rival] });
      await reopen();
      expect(await repository.block(block.id)).toEqual(block);
      expect(await repository.header(rival.id)).toEqual(rival.header);
      expect(await repository.headline(rival.id)).toEqual({
        header: rival.header,
        envelopeHash: rival.envelopeHash,
        sizeBytes: rival.bytes.length,
        messageCount: rival.body.externals.length,
      });
      expect(await repository.blocksAt(THREAD_A, height(1))).toEqual([block.id, rival.id].sort());
      expect(await repository.blocksAt(THREAD_B, height(1))).toEqual([]);
      expect(await repository.block(sampleBlock({ at: 9 }).id)).toBeNull();
    });

    it("[R4] gives a restart the blocks above the last final one, by height and id", async () => {
      const chain = sampleChain(300);
      const rival = sampleBlock({ at: 300, salt: "rival" });
      const elsewhere = sampleBlock({ at: 3, threadId: THREAD_B });
      await repository.commit({ blocks: [rival, ...[...chain].reverse(), elsewhere] });
      await repository.commit({ final: chain.slice(0, 2).map((block) => finalOf(block)) });
      await reopen();
      const found = ids(await collect(repository.unfinalizedBlocks(THREAD_A)));
      expect(found).toEqual([...ids(chain.slice(2, 299)), ...[chain[299]!.id, rival.id].sort()]);
      expect(ids(await collect(repository.unfinalizedBlocks(THREAD_B)))).toEqual([elsewhere.id]);
    });

    it("[V2] keeps each thread's vote state", async () => {
      const block = sampleBlock({ at: 7, term: 2 });
      const state = sampleVoteState(3, block);
      await repository.commit({ voteStates: [{ threadId: THREAD_A, state }] });
      await reopen();
      expect(await repository.voteState(THREAD_A)).toEqual(state);
      expect(await repository.voteState(THREAD_B)).toBeNull();
    });

    it("[V2] [V3] refuses a vote state that goes back, also before the one it contradicts is on disk", async () => {
      const low = sampleBlock({ at: 6, term: 2 });
      const high = sampleBlock({ at: 7, term: 2 });
      const forward = repository.commit({ voteStates: [{ threadId: THREAD_A, state: sampleVoteState(2, high) }] });
      const back = repository.commit({ voteStates: [{ threadId: THREAD_A, state: sampleVoteState(2, low) }] });
      await expect(back).rejects.toThrow(/lastVoted went back/);
      await forward;
      const older = repository.commit({ voteStates: [{ threadId: THREAD_A, state: sampleVoteState(1, high) }] });
      await expect(older).rejects.toThrow(/currentTerm went back/);
      const none = repository.commit({ voteStates: [{ threadId: THREAD_A, state: sampleVoteState(2, null) }] });
      await expect(none).rejects.toThrow(/lastVoted was forgotten/);
      expect(await repository.voteState(THREAD_A)).toEqual(sampleVoteState(2, high));
    });

    it("[I2] records one sealed block per term and height and one first block per term, and refuses a second", async () => {
      const [first, second] = sampleChain(2, { term: 1 }) as [SealedBlock, SealedBlock];
      const twin = sampleBlock({ at: 1, term: 1, salt: "twin" });
      const entry = { threadId: THREAD_A, term: term(1), height: height(1), blockId: first.id, firstOfTerm: true };
      await repository.commit({ blocks: [first, second, twin], sealed: [entry] });
      await repository.commit({
        sealed: [entry, { ...entry, height: height(2), blockId: second.id, firstOfTerm: false }],
      });
      await expect(repository.commit({ sealed: [{ ...entry, blockId: twin.id }] })).rejects.toThrow(/sealed at term 1/);
      const elsewhere = sampleBlock({ at: 5, term: 1 });
      const otherFirst = { ...entry, height: height(5), blockId: elsewhere.id };
      await expect(repository.commit({ blocks: [elsewhere], sealed: [otherFirst] })).rejects.toThrow(
        /first sealed block/,
      );
      await reopen();
      expect(await repository.sealedAt(THREAD_A, term(1), height(1))).toBe(first.id);
      expect(await repository.firstSealedOf(THREAD_A, term(1))).toBe(first.id);
      expect(await repository.sealedAt(THREAD_A, term(1), height(5))).toBeNull();
      expect(await repository.block(elsewhere.id)).toBeNull();
    });

    it("[S8] finds the last sealed block by term, then height", async () => {
      expect(await repository.lastSealed(THREAD_A)).toBeNull();
      const high = sampleBlock({ at: 400, term: 0 });
      const late = sampleBlock({ at: 300, term: 256 });
      const entries = [high, late].map((block) => ({
        threadId: THREAD_A,
        term: block.header.term,
        height: block.header.height,
        blockId: block.id,
        firstOfTerm: block === late,
      }));
      await repository.commit({ blocks: [high, late], sealed: entries });
      expect(await repository.lastSealed(THREAD_A)).toEqual(entries[1]);
      expect(await repository.lastSealed(THREAD_B)).toBeNull();
    });

    it("refuses to record a block as sealed or final without its body", async () => {
      const block = sampleBlock({ at: 1 });
      const sealed = { threadId: THREAD_A, term: term(0), height: height(1), blockId: block.id, firstOfTerm: true };
      await expect(repository.commit({ sealed: [sealed] })).rejects.toThrow(/is not stored/);
      await expect(repository.commit({ final: [finalOf(block)] })).rejects.toThrow(/is not stored/);
      await repository.commit({ blocks: [block], sealed: [sealed], final: [finalOf(block)] });
      expect((await repository.lastFinal(THREAD_A))?.blockId).toBe(block.id);
    });

    it("[I5] makes blocks final in order, with proof, facts and state together", async () => {
      const chain = sampleChain(3);
      const [one, two, three] = chain as [SealedBlock, SealedBlock, SealedBlock];
      await repository.commit({ blocks: chain });
      await repository.commit({
        final: [
          finalOf(one, [{ key: bytesOf("b"), value: bytesOf("2") }]),
          finalOf(two, [
            { key: bytesOf("a"), value: null },
            { key: bytesOf("b"), value: bytesOf("3") },
            { key: bytesOf("c"), value: new Uint8Array(0) },
          ]),
        ],
      });
      await expect(repository.commit({ final: [finalOf(two)] })).rejects.toThrow(/does not follow height 2/);
      await reopen();
      expect(await repository.finalAt(THREAD_A, height(1))).toBe(one.id);
      expect(await repository.finalAt(THREAD_A, height(3))).toBeNull();
      expect(await repository.finalityProof(two.id)).toEqual(sampleProof(two));
      expect(await repository.lastFinal(THREAD_A)).toEqual({ height: 2n, blockId: two.id, facts: bytesOf("facts 2") });
      expect(await repository.finalRange(THREAD_A, height(1), 10)).toHaveLength(2);
      expect(await repository.finalRange(THREAD_A, height(0), 1)).toMatchObject([{ blockId: genesisId(THREAD_A) }]);
      expect(await collect(repository.state(THREAD_A))).toEqual([
        { key: bytesOf("b"), value: bytesOf("3") },
        { key: bytesOf("c"), value: new Uint8Array(0) },
      ]);
      expect(await collect(repository.state(THREAD_B))).toEqual([]);
      const skipping = repository.commit({ final: [{ ...finalOf(three), height: height(4) }] });
      await expect(skipping).rejects.toThrow(/does not follow/);
    });

    it("[I3] refuses a second final block at one height, also while the first is on its way to the disk", async () => {
      const block = sampleBlock({ at: 1, salt: "one" });
      const rival = sampleBlock({ at: 1, salt: "two" });
      const first = repository.commit({ blocks: [block, rival], final: [finalOf(block)] });
      const second = repository.commit({ final: [finalOf(rival)] });
      await expect(second).rejects.toThrow(/does not follow/);
      await first;
      expect(await repository.finalAt(THREAD_A, height(1))).toBe(block.id);
    });

    it("checks a commit against those before it that are not on disk yet", async () => {
      const chain = sampleChain(20);
      const commits = chain.flatMap((block) => [
        repository.commit({ blocks: [block] }),
        repository.commit({ final: [finalOf(block)] }),
      ]);
      await Promise.all(commits);
      expect((await repository.lastFinal(THREAD_A))?.height).toBe(20n);
    });

    it("a batch that breaks an invariant changes nothing at all", async () => {
      const block = sampleBlock({ at: 1 });
      const messages = [{ hash: sampleHash("m"), status: { state: "queued" as const, threadId: THREAD_A } }];
      const broken = repository.commit({
        blocks: [block],
        messages,
        final: [{ ...finalOf(block), height: height(2) }],
      });
      await expect(broken).rejects.toThrow(/does not follow/);
      expect(await repository.block(block.id)).toBeNull();
      expect(await repository.messageStatus(sampleHash("m"))).toBeNull();
    });

    it("[M3] remembers what became of a message", async () => {
      const queued = { state: "queued" as const, threadId: THREAD_A, atMs: unixMs(5) };
      const included = {
        ...queued,
        state: "final" as const,
        height: height(3),
        blockId: genesisId(THREAD_A),
        code: 70_000,
      };
      await repository.commit({
        messages: [
          { hash: sampleHash("m"), status: queued },
          { hash: sampleHash("n"), status: queued },
        ],
      });
      await repository.commit({ messages: [{ hash: sampleHash("m"), status: included }] });
      await reopen();
      expect(await repository.messageStatus(sampleHash("m"))).toEqual(included);
      expect(await repository.messageStatus(sampleHash("n"))).toEqual(queued);
      expect(await repository.messageStatus(sampleHash("o"))).toBeNull();
    });

    it("[M2] keeps messages in custody per thread until they are released", async () => {
      const record = (text: string, threadId = THREAD_A) => ({
        hash: sampleHash(text),
        threadId,
        bytes: bytesOf(text),
        expiresAtMs: unixMs(9),
      });
      await repository.commit({ custody: { put: [record("m"), record("n"), record("o", THREAD_B)] } });
      await repository.commit({ custody: { release: [{ threadId: THREAD_A, hash: sampleHash("m") }] } });
      await reopen();
      expect(await collect(repository.custody(THREAD_A))).toEqual([record("n")]);
      expect(await collect(repository.custody(THREAD_B))).toEqual([record("o", THREAD_B)]);
    });

    it("sweeps old final answers step by step and leaves open ones", async () => {
      const messages = Array.from({ length: 25 }, (_, i) => ({
        hash: sampleHash(`m${i}`),
        status: {
          state: i % 5 === 0 ? ("queued" as const) : ("expired" as const),
          threadId: THREAD_A,
          atMs: unixMs(i < 20 ? 100 : 200),
        },
      }));
      await repository.commit({ messages });
      let deleted = 0;
      let steps = 0;
      for (let after = null, done = false; !done; steps++) {
        const sweep: Awaited<ReturnType<Repository["sweepMessages"]>> = await repository.sweepMessages({
          answeredBeforeMs: unixMs(200),
          after,
          scanMax: 10,
        });
        deleted += sweep.deleted;
        after = sweep.next as never;
        done = sweep.next === null;
      }
      expect({ deleted, steps }).toEqual({ deleted: 16, steps: 3 });
      expect(await repository.messageStatus(sampleHash("m0"))).not.toBeNull();
      expect(await repository.messageStatus(sampleHash("m1"))).toBeNull();
      expect(await repository.messageStatus(sampleHash("m21"))).not.toBeNull();
    });

    it("a sweep leaves the answers of final messages to their blocks", async () => {
      const [block] = sampleChain(1);
      const { id: blockId } = block!;
      const statusOf = (state: "final" | "rejected" | "expired") =>
        state === "expired"
          ? { state, threadId: THREAD_A, atMs: unixMs(100) }
          : { state, threadId: THREAD_A, height: height(1), blockId, code: 0, atMs: unixMs(100) };
      const states = ["final", "rejected", "expired"] as const;
      await repository.commit({
        blocks: [block!],
        messages: states.map((state) => ({ hash: sampleHash(state), status: statusOf(state) })),
      });
      expect(await repository.sweepMessages({ answeredBeforeMs: unixMs(200), after: null })).toEqual({
        deleted: 1,
        next: null,
      });
      const left = await Promise.all(states.map((state) => repository.messageStatus(sampleHash(state))));
      expect(left.map((status) => status?.state ?? null)).toEqual(["final", "rejected", null]);
    });

    it("[§8] keeps one proof of each offence, the first, a bounded number against each keeper, across restarts", async () => {
      const record = (accused: string, offence: string, text = "proof"): EvidenceRecord => ({
        accused: accused.repeat(32) as KeeperId,
        offence,
        seenAtMs: unixMs(7),
        bytes: bytesOf(text),
      });
      const kept = await Promise.all([
        repository.keepEvidence(record("0a", "x")),
        repository.keepEvidence(record("0a", "x", "another proof")),
        repository.keepEvidence(record("0b", "x")),
      ]);
      expect(kept).toEqual([true, false, true]);
      for (let i = 0; i < EVIDENCE_PER_KEEPER_MAX + 10; i++) await repository.keepEvidence(record("0c", `${i}`));
      await reopen();
      const all = await collect(repository.evidence());
      expect(all.slice(0, 2)).toEqual([record("0a", "x"), record("0b", "x")]);
      expect(all).toHaveLength(2 + EVIDENCE_PER_KEEPER_MAX);
    });

    it("prunes old bodies step by step, never the last final block nor what is above it", async () => {
      const chain = sampleChain(12);
      const rival = sampleBlock({ at: 2, salt: "rival" });
      await repository.commit({ blocks: [...chain, rival], final: chain.slice(0, 10).map((block) => finalOf(block)) });
      const first = await repository.prune({ threadId: THREAD_A, keepBlocks: 3, deleteMax: 5 });
      expect(first).toEqual({ deleted: 5, more: true });
      const second = await repository.prune({ threadId: THREAD_A, keepBlocks: 3, deleteMax: 5 });
      expect(second).toEqual({ deleted: 3, more: false });
      expect(await repository.prune({ threadId: THREAD_A, keepBlocks: 3 })).toEqual({ deleted: 0, more: false });
      const bodies = await Promise.all(chain.map((block) => repository.block(block.id)));
      expect(bodies.map((body) => body !== null)).toEqual(chain.map((_, i) => i >= 7));
      expect(await repository.header(chain[0]!.id)).toBeNull();
      expect(await repository.finalityProof(chain[0]!.id)).toBeNull();
      expect(await repository.header(rival.id)).toBeNull();
      expect(await repository.blocksAt(THREAD_A, height(2))).toEqual([]);
      const left = await repository.finalRange(THREAD_A, height(0), 100);
      expect(left.map((record) => Number(record.height))).toEqual([0, 8, 9, 10]);
      expect((await repository.oldestFinal(THREAD_A))?.blockId).toBe(chain[7]!.id);
      await repository.prune({ threadId: THREAD_A, keepBlocks: 1 });
      expect(await repository.block(chain[9]!.id)).not.toBeNull();
      expect(await collect(repository.unfinalizedBlocks(THREAD_A))).toHaveLength(2);
    });

    it("prunes no block that is still needed, and with a block its log line and the answers to its messages", async () => {
      const chain = sampleChain(6);
      const [first] = chain as [SealedBlock];
      const sealed = { threadId: THREAD_A, term: first.header.term, height: height(1), blockId: first.id };
      const { messageHash } = first.body.receipts[0]!;
      const status = { state: "final" as const, threadId: THREAD_A, height: height(1), blockId: first.id };
      await repository.commit({
        blocks: chain,
        sealed: [{ ...sealed, firstOfTerm: false }],
        final: chain.map((block) => finalOf(block)),
        messages: [{ hash: messageHash, status }],
      });
      expect(await repository.prune({ threadId: THREAD_A, keepBlocks: 1, keepFrom: height(1) })).toEqual({
        deleted: 0,
        more: false,
      });
      expect(await repository.messageStatus(messageHash)).not.toBeNull();
      expect((await repository.prune({ threadId: THREAD_A, keepBlocks: 1, keepFrom: height(3) })).deleted).toBe(2);
      expect(await repository.messageStatus(messageHash)).toBeNull();
      expect(await repository.sealedAt(THREAD_A, sealed.term, height(1))).toBeNull();
      expect(await repository.block(chain[2]!.id)).not.toBeNull();
      expect((await repository.prune({ threadId: THREAD_A, keepBlocks: 1 })).deleted).toBe(3);
    });

    it("[V3] still knows which block is final where the last vote lies, when that was pruned, and nothing else of it", async () => {
      const chain = sampleChain(6);
      const rival = sampleBlock({ at: 2, salt: "rival" });
      await repository.commit({ blocks: chain, final: chain.map((block) => finalOf(block)) });
      for (const voted of [rival, chain[3]!]) {
        await repository.commit({ voteStates: [{ threadId: THREAD_A, state: sampleVoteState(2, voted) }] });
        await repository.prune({ threadId: THREAD_A, keepBlocks: 6 - Number(voted.header.height) });
        const { height: at } = voted.header;
        expect(await repository.finalAt(THREAD_A, at)).toBe(chain[Number(at) - 1]!.id);
        expect(await repository.block(chain[Number(at) - 1]!.id)).toBeNull();
        expect((await repository.oldestFinal(THREAD_A))?.height).toBe(at + 1n);
      }
      expect(await repository.finalAt(THREAD_A, height(2)), "of the one before nothing is left").toBeNull();
    });

    it("gives an account's traces newest first, page by page, until their blocks are pruned", async () => {
      const chain = sampleChain(3);
      const [account, other] = ["aa", "bb"].map((byte) => byte.repeat(32) as AccountId);
      const traces = chain.map((_, i) => [
        { account: account!, lt: BigInt(10 * i + 1), bytes: bytesOf(`first ${i}`) },
        { account: account!, lt: BigInt(10 * i + 2), bytes: bytesOf(`second ${i}`) },
        { account: other!, lt: BigInt(10 * i + 3), bytes: bytesOf(`other ${i}`) },
      ]);
      await repository.commit({
        blocks: chain,
        final: chain.map((block, i) => ({ ...finalOf(block), traces: traces[i]! })),
      });
      await reopen();
      const page = await repository.traces(account!, { order: "newestFirst", below: null, limit: 3 });
      expect(page.map(({ lt }) => lt)).toEqual([22n, 21n, 12n]);
      expect(page[0]).toEqual({ ...traces[2]![1]!, threadId: THREAD_A, height: height(3) });
      const rest = await repository.traces(account!, { order: "newestFirst", below: 12n, limit: 10 });
      expect(rest.map(({ lt }) => lt)).toEqual([11n, 2n, 1n]);
      const later = await repository.traces(account!, { order: "oldestFirst", above: 2n, limit: 3 });
      expect(later.map(({ lt }) => lt)).toEqual([11n, 12n, 21n]);
      await repository.prune({ threadId: THREAD_A, keepBlocks: 1 });
      const kept = await repository.traces(account!, { order: "newestFirst", below: null, limit: 10 });
      expect(kept.map(({ lt }) => lt)).toEqual([22n, 21n]);
      expect(await repository.traces(other!, { order: "newestFirst", below: null, limit: 10 })).toHaveLength(1);
    });

    it("reports a damaged value with its key instead of handing it out", async () => {
      const block = sampleBlock({ at: 1 });
      const voteState = { threadId: THREAD_A, state: sampleVoteState(1, block) };
      await repository.commit({ blocks: [block], voteStates: [voteState] });
      for (const key of [keys.voteState(THREAD_A), keys.body(block.id), keys.header(block.id)]) {
        const value = (await store.get(key))!.slice();
        value[value.length - 1]! ^= 1;
        await store.commit([{ type: "put", key, value }], { durable: true });
      }
      // What was written lately is checked from memory: only a later start looks at the disk.
      await reopen();
      const damaged = { code: "corrupt", key: expect.stringMatching(/^[0-9a-f]+$/) as string };
      await expect(repository.voteState(THREAD_A)).rejects.toMatchObject(damaged);
      await expect(repository.block(block.id)).rejects.toMatchObject(damaged);
      await expect(repository.header(block.id)).rejects.toMatchObject(damaged);
      await expect(repository.commit({ voteStates: [voteState] })).rejects.toMatchObject(damaged);
    });
  });
}
