import { buildFinalityProof, encodeBlockFacts } from "@sealwright/consensus";
import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import type { ThreadExecution } from "@sealwright/execution";
import type { Transport } from "@sealwright/network";
import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  createThreadsTable,
  decodeWireMessage,
  encodeSnapshotChunk,
  height,
  type ImportCursor,
  type KeeperId,
  type SealedBlock,
  sha256,
  silentLogger,
  type SnapshotManifest,
  unwrap,
  type WireMessage,
} from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { beforeEach, describe, expect, it } from "vitest";
import type { SignatureDesk } from "../thread/signatureDesk.js";
import { SnapshotFetcher } from "./snapshotFetcher.js";

const { rules, root } = createTestNetwork(4);
const BUSY = rules.threadId;
const SLOW = createThreadsTable(2, rules.seed)[1]!.threadId;
const peers = rules.keepers.members.slice(1).map(({ id }) => id);

/** Far enough above genesis for a snapshot to be worth it. */
const HEIGHT = 205;
const chain = new TestChain(rules, root);
chain.grow();
while (chain.blocks.length < HEIGHT + 1) chain.growCertified();
const other = new TestChain(rules, root);
other.grow({ externals: [Buffer.from("another chain")] });
while (other.blocks.length < HEIGHT) other.growCertified();

const [block, carrier] = [chain.blocks[HEIGHT - 1]!, chain.blocks[HEIGHT]!];
const certificate = certify(rules, chain.facts[HEIGHT + 1]!);
const chunk = encodeSnapshotChunk([{ key: Uint8Array.of(1), value: Uint8Array.of(1) }]);
const manifest: SnapshotManifest = {
  threadId: BUSY,
  height: block.header.height,
  blockId: block.id,
  proof: buildFinalityProof([block, carrier], carrier.id, block.id, certificate, rules.keepers.quorum),
  facts: encodeBlockFacts(chain.facts[HEIGHT]!),
  chunkHashes: [sha256(chunk)],
};
/** The whole tail when the other thread goes on importing at the snapshot. */
const RIGHT = [block];
const WRONG = [other.blocks[HEIGHT - 1]!];

/** A keeper at genesis with two threads: it has fetched the state of the first, from which the second imports. */
class FetchingKeeper {
  readonly clock = new ManualClock();
  readonly penalized: string[] = [];
  readonly sent: { readonly to: KeeperId | null; readonly message: WireMessage }[] = [];
  restarts = 0;
  lacksImports = false;
  readonly fetcher: SnapshotFetcher;

  private constructor(
    readonly store: NodeStore,
    cursor: ImportCursor,
  ) {
    const note = (to: KeeperId | null, frame: Uint8Array): void =>
      void this.sent.push({ to, message: unwrap(decodeWireMessage(frame)) });
    const transport: Partial<Transport> = {
      peers: () => peers.map((id) => ({ id, state: "connected" })) as unknown as ReturnType<Transport["peers"]>,
      broadcast: (frame) => note(null, frame),
      penalize: (peer, _penalty, reason) => void this.penalized.push(`${peer} ${reason}`),
      send: (to, frame) => {
        note(to, frame);
        return "sent";
      },
    };
    const execution: Partial<ThreadExecution> = {
      load: async (entries) => {
        for await (const entry of entries) void entry;
        return { stateRoot: block.header.stateRoot };
      },
      cursors: (_at, sources) => Promise.resolve(sources.map(() => cursor)),
      close: () => Promise.resolve(),
    };
    const signatures: Partial<SignatureDesk> = { checkProof: () => Promise.resolve(true) };
    this.fetcher = new SnapshotFetcher({
      snapshots: store.snapshots,
      signatures: signatures as SignatureDesk,
      transport: transport as Transport,
      openExecution: () => execution as ThreadExecution,
      clock: this.clock,
      logger: silentLogger,
      restart: () => void this.restarts++,
      fail: (error) => expect.fail(String(error)),
    });
  }

  /**
   * @param importsFrom where the second thread goes on importing from the first
   * @returns with the tail asked for
   */
  static async create(importsFrom: number): Promise<FetchingKeeper> {
    const cursor = { height: height(importsFrom), position: 0 };
    const keeper = new FetchingKeeper(await memoryNodeStore({ networkId: rules.networkId }), cursor);
    const { fetcher } = keeper;
    for (const threadId of [BUSY, SLOW])
      await fetcher.addThread({
        rules: { ...rules, threadId },
        finalHeight: () => height(0),
        lastVoted: () => null,
        importCursors: (sources) => Promise.resolve(sources.map(() => cursor)),
        lacksImports: () => keeper.lacksImports && threadId === SLOW,
      });
    for (const peer of peers)
      fetcher.takeShown(peer, { type: "snapshots", threadId: BUSY, manifests: [manifest], finalAt: null });
    await settled();
    for (const { to, message } of keeper.sent)
      if (message.type === "snapshotChunkRequest" && to !== null)
        fetcher.takeChunk(to, { ...message, type: "snapshotChunk", chunk });
    await settled();
    return keeper;
  }

  /** Who was asked for the tail last, and from where on. */
  get #tailRequest(): { readonly to: KeeperId; readonly fromHeight: bigint } {
    const { to, message } = this.sent.findLast((each) => each.message.type === "blockRequest")!;
    if (message.type !== "blockRequest" || to === null) throw new Error("blocks are asked of somebody");
    return { to, fromHeight: message.fromHeight };
  }

  get asked(): KeeperId {
    return this.#tailRequest.to;
  }

  get askedFrom(): bigint {
    return this.#tailRequest.fromHeight;
  }

  /** @returns whether the blocks were taken for the tail */
  async give(from: KeeperId, blocks: readonly SealedBlock[]): Promise<boolean> {
    const encoded = blocks.map(({ bytes }) => bytes);
    const isTaken = this.fetcher.takeBlocks(from, BUSY, encoded);
    await settled();
    return isTaken;
  }

  askedForSlow(): boolean {
    return this.sent.some(({ message }) => message.type === "snapshotRequest" && message.threadId === SLOW);
  }

  async stages(): Promise<string[]> {
    return (await this.store.snapshots.list(BUSY)).map(({ stage }) => stage);
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      this.fetcher.tick();
    }
    await settled();
  }
}

/** What hangs on promises alone has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

describe("SnapshotFetcher", () => {
  let keeper: FetchingKeeper;
  beforeEach(async () => {
    keeper = await FetchingKeeper.create(HEIGHT);
  });
  const notAsked = (): KeeperId => peers.find((peer) => peer !== keeper.asked)!;

  it("restarts the node with the snapshot when the asked peer gave the blocks below it", async () => {
    expect(await keeper.give(keeper.asked, RIGHT)).toBe(true);
    expect(keeper).toMatchObject({ restarts: 1, penalized: [] });
  });

  it("[I12] lets only the asked peer fill a snapshot's tail, and holds other peers' blocks against nobody", async () => {
    expect(await keeper.give(notAsked(), WRONG)).toBe(false);
    expect(await keeper.give(notAsked(), RIGHT)).toBe(false);
    expect(keeper).toMatchObject({ restarts: 0, penalized: [] });
    expect(await keeper.give(keeper.asked, RIGHT)).toBe(true);
    expect(keeper.restarts).toBe(1);
  });

  it("[I12] takes nothing more from a peer whose tail was wrong, and asks another one", async () => {
    const liar = keeper.asked;
    expect(await keeper.give(liar, WRONG)).toBe(true);
    expect(keeper.penalized).toEqual([`${liar} badSnapshotTail`]);
    expect(await keeper.give(liar, RIGHT)).toBe(false);
    keeper.clock.advance(3_000);
    keeper.fetcher.tick();
    expect(keeper.asked).not.toBe(liar);
    expect(await keeper.give(keeper.asked, RIGHT)).toBe(true);
    expect(keeper.restarts).toBe(1);
  });

  it("passes over a late answer of a peer in whose place another one was asked", async () => {
    const slow = keeper.asked;
    keeper.clock.advance(3_000);
    keeper.fetcher.tick();
    expect(keeper.asked).not.toBe(slow);
    expect(await keeper.give(slow, WRONG)).toBe(false);
    expect(keeper).toMatchObject({ restarts: 0, penalized: [] });
  });
});

describe("the blocks below a snapshot that another thread imports from", () => {
  let keeper: FetchingKeeper;
  beforeEach(async () => {
    keeper = await FetchingKeeper.create(2);
  });

  it("[§12] begin where the other thread goes on, and end the fetching", async () => {
    expect(keeper.askedFrom).toBe(2n);
    expect(await keeper.give(keeper.asked, chain.blocks.slice(1, HEIGHT))).toBe(true);
    expect(keeper.restarts).toBe(1);
    expect(await keeper.stages()).toEqual(["verified"]);
  });

  it("[§8] are not confused with an answer to what the thread itself asked for", async () => {
    expect(await keeper.give(keeper.asked, chain.blocks.slice(100, 110))).toBe(false);
    expect(await keeper.give(keeper.asked, [])).toBe(false);
    expect(await keeper.give(keeper.asked, chain.blocks.slice(1, 50))).toBe(true);
    expect(keeper.penalized).toEqual([]);
  });

  it("[§8] cost who sent other ones its standing", async () => {
    const liar = keeper.asked;
    expect(await keeper.give(liar, other.blocks.slice(1))).toBe(true);
    expect(keeper.penalized).toEqual([`${liar} badSnapshotTail`]);
  });

  it("[I8] when a keeper has them no more, a snapshot of the other thread is wanted, too; and nothing waits for ever", async () => {
    expect(keeper.askedForSlow()).toBe(false);
    keeper.fetcher.takeShown(keeper.asked, { type: "snapshots", threadId: BUSY, manifests: [], finalAt: null });
    expect(keeper.askedForSlow()).toBe(true);
    await keeper.pass(29);
    expect(keeper.restarts).toBe(0);
    await keeper.pass(2);
    expect(keeper.restarts).toBe(1);
    expect(await keeper.stages()).toEqual(["verified"]);
  });
});

describe("a thread whose next block imports what is not kept here", () => {
  it("[I8] wants a snapshot, however many blocks it holds", async () => {
    const keeper = await FetchingKeeper.create(2);
    await keeper.pass(1);
    expect(keeper.askedForSlow()).toBe(false);
    keeper.lacksImports = true;
    await keeper.pass(1);
    expect(keeper.askedForSlow()).toBe(true);
  });
});
