import { buildFinalityProof, encodeBlockFacts } from "@sealwright/consensus";
import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import type { ThreadExecution } from "@sealwright/execution";
import type { Transport } from "@sealwright/network";
import { memoryNodeStore, type SnapshotStore } from "@sealwright/store";
import {
  decodeWireMessage,
  encodeSnapshotChunk,
  height,
  type KeeperId,
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
const { threadId, networkId } = rules;
const peers = rules.keepers.members.slice(1).map(({ id }) => id);

/** Far enough above genesis for a snapshot to be worth it. */
const HEIGHT = 201;
const chain = new TestChain(rules, root);
chain.grow();
while (chain.blocks.length < HEIGHT + 1) chain.growCertified();
const other = new TestChain(rules, root);
other.grow({ externals: [Buffer.from("another chain")] });
while (other.blocks.length < HEIGHT) other.growCertified();

const [block, carrier] = [chain.blocks[HEIGHT - 1]!, chain.blocks[HEIGHT]!];
const certificate = certify(rules, chain.facts[HEIGHT + 1]!);
const chunk = encodeSnapshotChunk([{ key: Uint8Array.of(1), value: Uint8Array.of(1) }]);
/** Of the block at `HEIGHT`: the thread has no others that import from it, so that block is the whole tail. */
const manifest: SnapshotManifest = {
  threadId,
  height: block.header.height,
  blockId: block.id,
  proof: buildFinalityProof([block, carrier], carrier.id, block.id, certificate, rules.keepers.quorum),
  facts: encodeBlockFacts(chain.facts[HEIGHT]!),
  chunkHashes: [sha256(chunk)],
};
const RIGHT = [block.bytes];
const WRONG = [other.blocks[HEIGHT - 1]!.bytes];

/** A keeper at genesis whose three peers show one snapshot, and which has fetched its state. */
class FetchingKeeper {
  readonly clock = new ManualClock();
  readonly penalized: string[] = [];
  readonly sent: { readonly to: KeeperId; readonly message: WireMessage }[] = [];
  restarts = 0;
  readonly fetcher: SnapshotFetcher;

  private constructor(snapshots: SnapshotStore) {
    const transport: Partial<Transport> = {
      peers: () => peers.map((id) => ({ id, state: "connected" })) as unknown as ReturnType<Transport["peers"]>,
      broadcast: () => undefined,
      penalize: (peer, _penalty, reason) => void this.penalized.push(`${peer} ${reason}`),
      send: (to, frame) => {
        this.sent.push({ to, message: unwrap(decodeWireMessage(frame)) });
        return "sent";
      },
    };
    const execution: Partial<ThreadExecution> = {
      load: () => Promise.resolve({ stateRoot: block.header.stateRoot }),
      cursors: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
    const signatures: Partial<SignatureDesk> = { checkProof: () => Promise.resolve(true) };
    this.fetcher = new SnapshotFetcher({
      snapshots,
      signatures: signatures as SignatureDesk,
      transport: transport as Transport,
      openExecution: () => execution as ThreadExecution,
      clock: this.clock,
      logger: silentLogger,
      restart: () => void this.restarts++,
      fail: (error) => expect.fail(String(error)),
    });
  }

  /** @returns with the tail asked for */
  static async create(): Promise<FetchingKeeper> {
    const keeper = new FetchingKeeper((await memoryNodeStore({ networkId })).snapshots);
    const { fetcher } = keeper;
    const importCursors = () => Promise.resolve([]);
    const standing = { finalHeight: () => height(0), lastVoted: () => null, lacksImports: () => false };
    await fetcher.addThread({ rules, ...standing, importCursors });
    for (const peer of peers)
      fetcher.takeShown(peer, { type: "snapshots", threadId, manifests: [manifest], finalAt: null });
    await settled();
    for (const { to, message } of keeper.sent)
      if (message.type === "snapshotChunkRequest")
        fetcher.takeChunk(to, { type: "snapshotChunk", threadId, height: message.height, index: message.index, chunk });
    await settled();
    return keeper;
  }

  /** Who was asked for the tail last. */
  get asked(): KeeperId {
    return this.sent.findLast(({ message }) => message.type === "blockRequest")!.to;
  }

  /** @returns whether the blocks were taken for the tail */
  async give(from: KeeperId, blocks: readonly Uint8Array[]): Promise<boolean> {
    const isTaken = this.fetcher.takeBlocks(from, threadId, blocks);
    await settled();
    return isTaken;
  }
}

/** What hangs on promises alone has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

describe("SnapshotFetcher", () => {
  let keeper: FetchingKeeper;
  beforeEach(async () => {
    keeper = await FetchingKeeper.create();
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
