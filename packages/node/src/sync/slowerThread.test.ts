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
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SignatureDesk } from "../thread/signatureDesk.js";
import { SnapshotFetcher } from "./snapshotFetcher.js";

const { rules, root } = createTestNetwork(4);
const BUSY = rules.threadId;
const SLOW = createThreadsTable(2, rules.seed)[1]!.threadId;
const [a, b] = rules.keepers.members.map(({ id }) => id) as [KeeperId, KeeperId];

const chain = new TestChain(rules, root);
chain.grow();
while (chain.blocks.length < 210) chain.growCertified();

const AT = 205;
const CHUNK = encodeSnapshotChunk([{ key: Uint8Array.of(1), value: Uint8Array.of(2) }]);

function manifestOfBusy(): SnapshotManifest {
  const [block, carrier] = [chain.blocks[AT - 1]!, chain.blocks[AT]!];
  const qc = certify(rules, chain.facts[AT + 1]!);
  return {
    threadId: BUSY,
    height: block.header.height,
    blockId: block.id,
    proof: buildFinalityProof([block, carrier], carrier.id, block.id, qc, rules.keepers.quorum),
    facts: encodeBlockFacts(chain.facts[AT]!),
    chunkHashes: [sha256(CHUNK)],
  };
}

/** A node with two threads, of which the first fetches a snapshot and the second imports from the first. */
class Node {
  readonly clock = new ManualClock();
  readonly sent: { readonly to: KeeperId | null; readonly message: WireMessage }[] = [];
  readonly penalties: KeeperId[] = [];
  restarts = 0;
  lacksImports = false;
  readonly fetcher: SnapshotFetcher;

  private constructor(readonly store: NodeStore) {
    const note = (to: KeeperId | null, frame: Uint8Array): boolean => {
      this.sent.push({ to, message: unwrap(decodeWireMessage(frame)) });
      return true;
    };
    const transport = {
      peers: () => [{ id: a, state: "connected" }],
      send: note,
      broadcast: (frame: Uint8Array) => note(null, frame),
      penalize: (peer: KeeperId) => this.penalties.push(peer),
    } as unknown as Transport;
    const execution = {
      load: async (entries: AsyncIterable<unknown>) => {
        for await (const entry of entries) void entry;
        return { stateRoot: chain.blocks[AT - 1]!.header.stateRoot };
      },
      cursors: () => Promise.resolve([{ height: height(0), position: 0 }]),
      close: () => Promise.resolve(),
    } as unknown as ThreadExecution;
    this.fetcher = new SnapshotFetcher({
      ...{ snapshots: store.snapshots, transport, clock: this.clock, logger: silentLogger },
      signatures: { checkProof: () => Promise.resolve(true) } as unknown as SignatureDesk,
      openExecution: () => execution,
      restart: () => void this.restarts++,
      fail: (error) => expect.fail(String(error)),
    });
  }

  /** @param cursor where the second thread goes on importing from the first */
  static async create(cursor: ImportCursor): Promise<Node> {
    const node = new Node(await memoryNodeStore({ networkId: rules.networkId }));
    for (const threadId of [BUSY, SLOW])
      await node.fetcher.addThread({
        rules: { ...rules, threadId },
        finalHeight: () => height(0),
        lastVoted: () => null,
        importCursors: (sources) => Promise.resolve(sources.map(() => cursor)),
        lacksImports: () => node.lacksImports && threadId === SLOW,
      });
    return node;
  }

  /** The first thread's snapshot is here and right; only blocks below it are asked for. */
  async fetchBusy(): Promise<void> {
    const manifest = manifestOfBusy();
    for (const peer of [a, b])
      this.fetcher.takeShown(peer, { type: "snapshots", threadId: BUSY, manifests: [manifest], finalAt: null });
    const request = await this.awaited("snapshotChunkRequest");
    this.fetcher.takeChunk(request.to!, {
      ...{ type: "snapshotChunk", threadId: BUSY, height: manifest.height },
      ...{ index: 0, chunk: CHUNK },
    });
    await this.awaited("blockRequest");
  }

  async awaited<Type extends WireMessage["type"]>(
    type: Type,
  ): Promise<{ readonly to: KeeperId | null; readonly message: WireMessage & { readonly type: Type } }> {
    return vi.waitFor(() => {
      const found = this.sent.find(({ message }) => message.type === type);
      if (found === undefined) throw new Error(`no ${type}`);
      return found as never;
    });
  }

  takeBlocks(blocks: readonly SealedBlock[], from = a): boolean {
    const encoded = blocks.map(({ bytes }) => bytes);
    return this.fetcher.takeBlocks(from, BUSY, encoded);
  }

  askedForSlow(): boolean {
    return this.sent.some(({ message }) => message.type === "snapshotRequest" && message.threadId === SLOW);
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000);
      this.fetcher.tick();
    }
  }
}

const at = (place: number): ImportCursor => ({ height: height(place), position: 0 });

let node: Node;
beforeEach(async () => {
  node = await Node.create(at(2));
  await node.fetchBusy();
});

describe("the blocks below a snapshot that another thread imports from", () => {
  it("[§12] begin where the other thread goes on, and end the fetching", async () => {
    expect((await node.awaited("blockRequest")).message.fromHeight).toBe(2n);
    expect(node.takeBlocks(chain.blocks.slice(1, AT))).toBe(true);
    await vi.waitFor(() => expect(node.restarts).toBe(1));
    expect((await node.store.snapshots.list(BUSY)).map(({ stage }) => stage)).toEqual(["verified"]);
  });

  it("[§8] are not confused with an answer to what the thread itself asked for", () => {
    expect(node.takeBlocks(chain.blocks.slice(100, 110))).toBe(false);
    expect(node.takeBlocks([])).toBe(false);
    expect(node.takeBlocks(chain.blocks.slice(1, 50))).toBe(true);
    expect(node.penalties).toEqual([]);
  });

  it("[§8] cost who sent other ones its standing", () => {
    const other = new TestChain(rules, root);
    other.grow({ externals: [Uint8Array.of(1)] });
    while (other.blocks.length < AT) other.growCertified();
    expect(node.takeBlocks(other.blocks.slice(1))).toBe(true);
    expect(node.penalties).toEqual([a]);
  });

  it("[I8] when a keeper has them no more, a snapshot of the other thread is wanted, too; and nothing waits for ever", async () => {
    expect(node.askedForSlow()).toBe(false);
    node.fetcher.takeShown(a, { type: "snapshots", threadId: BUSY, manifests: [], finalAt: null });
    expect(node.askedForSlow()).toBe(true);
    node.pass(29);
    expect(node.restarts).toBe(0);
    node.pass(2);
    await vi.waitFor(() => expect(node.restarts).toBe(1));
    expect((await node.store.snapshots.list(BUSY)).map(({ stage }) => stage)).toEqual(["verified"]);
  });
});

describe("a thread whose next block imports what is not kept here", () => {
  it("[I8] wants a snapshot, however many blocks it holds", () => {
    node.pass(1);
    expect(node.askedForSlow()).toBe(false);
    node.lacksImports = true;
    node.pass(1);
    expect(node.askedForSlow()).toBe(true);
  });
});
