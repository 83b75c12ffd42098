import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  sampleChain,
  sampleGenesis,
  sampleProof,
  SAMPLE_KEEPER,
  SAMPLE_NETWORK,
  THREAD_A,
} from "@sealwright/store/testing";
import { type SealedBlock, silentLogger, type SnapshotManifest, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { Opening } from "../opening.js";
import { adoptSnapshots } from "./adoptSnapshots.js";
import { followedFrom } from "./followedFrom.js";

const blocks = sampleChain(5);
const last = blocks[4]!;
const manifest: SnapshotManifest = {
  ...{ threadId: THREAD_A, height: last.header.height, blockId: last.id, proof: sampleProof(last) },
  ...{ facts: new Uint8Array(1), chunkHashes: [] },
};

async function open(): Promise<NodeStore> {
  const store = await memoryNodeStore({ networkId: SAMPLE_NETWORK, keeperId: SAMPLE_KEEPER });
  unwrap(await store.repository.initialize([sampleGenesis(THREAD_A)]));
  return store;
}

describe("from where on a node followed a thread", () => {
  it("is the beginning, whatever snapshots it took itself", async () => {
    const store = await open();
    const final = blocks.map((block) => ({
      ...{ threadId: THREAD_A, height: block.header.height, blockId: block.id, proof: sampleProof(block) },
      ...{ facts: new Uint8Array(1), state: [] },
    }));
    await store.repository.commit({ blocks, final });
    await store.snapshots.put({ manifest, stage: "kept", votedFinal: false });
    expect(await followedFrom(store, THREAD_A)).toBe(0);
  });

  it.each<[string, readonly SealedBlock[]]>([
    ["with blocks below it", blocks.slice(2)],
    ["alone", []],
  ])("[M3] is the snapshot that it began with, %s", async (_name, tail) => {
    const store = await open();
    await store.snapshots.put({ manifest, stage: "verified", votedFinal: true });
    await store.snapshots.putTail(THREAD_A, manifest.height, tail);
    await adoptSnapshots(store, [THREAD_A], silentLogger, new Opening());
    expect(await followedFrom(store, THREAD_A)).toBe(manifest.proof.headers[0]!.timeMs);
  });
});
