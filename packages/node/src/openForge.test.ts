import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeBlockFacts, genesisThreads } from "@sealwright/consensus";
import { createTestNetwork, sealTestBlock, TestChain } from "@sealwright/consensus/testing";
import type { CryptoService } from "@sealwright/crypto";
import { publicKeyHexFromBytes } from "@sealwright/forge";
import { memoryStore, type NodeStore, openNodeStoreOver } from "@sealwright/store";
import {
  type BlockId,
  type EnvelopeHash,
  height,
  ok,
  type Result,
  round,
  sha256Hex,
  term,
  unwrap,
  type VoteState,
} from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeAbout } from "./about.js";
import { type OpenedForge, openForge } from "./openForge.js";
import type { StartNodeError } from "./nodeError.js";
import { Opening } from "./opening.js";
import { systemClock } from "./world/systemClock.js";

const { genesis, rules, root } = createTestNetwork(4);
const { networkId, keepers, threadId } = rules;
const { id: self, blsPublicKey } = genesis.keepers[0]!;
const identity = { genesis, networkId, keepers, table: genesisThreads(genesis, networkId), self, blsPublicKey };
const BLOCK = sha256Hex(Buffer.from("a block")) as BlockId;
const VOTED_IN_3: VoteState = {
  currentTerm: term(3),
  lastVoted: { term: term(3), height: height(9), blockId: BLOCK },
  highestQc: null,
};

const service = { sign: () => Promise.resolve(ok(new Uint8Array(96))) } as unknown as CryptoService;

let dataDir: string;
let store: NodeStore;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "open-forge-"));
  store = await newStore();
  await initialize();
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function newStore(): Promise<NodeStore> {
  return unwrap(await openNodeStoreOver(memoryStore({}), { networkId, keeperId: self }));
}

/** As the node does when its forge is open. */
async function initialize(): Promise<void> {
  const facts = encodeBlockFacts(root);
  unwrap(await store.repository.initialize([{ threadId, blockId: root.id, header: null, facts, state: [] }]));
}

/** One life of a node's forge: opened, used, closed. */
async function live<T>(
  use: (opened: OpenedForge) => Promise<T> | T,
  who = identity,
): Promise<Result<T, StartNodeError>> {
  const opening = new Opening();
  const world = { service, store, clock: systemClock, logger: { log: () => undefined } };
  try {
    const opened = await openForge({ dataDir, signer: null }, who, world, opening);
    return opened.ok ? ok(await use(opened.value)) : opened;
  } finally {
    await opening.undo();
  }
}

async function vote(opened: OpenedForge, at: { readonly term: number; readonly height: number }): Promise<string> {
  const place = { term: term(at.term), height: height(at.height) };
  const blockId = sha256Hex(Buffer.from(`block ${at.term} ${at.height}`)) as BlockId;
  const attestation = { threadId, ...place, blockId, envelopeHash: blockId as string as EnvelopeHash } as const;
  const result = await opened.forge.forge({
    kind: "attestation",
    key: publicKeyHexFromBytes(blsPublicKey),
    networkId,
    attestation: { ...attestation, target: "primary" },
  });
  return result.kind === "refused" ? result.refusal.code : result.kind;
}

async function seal(opened: OpenedForge, at: { readonly height: number; readonly blockId: BlockId }): Promise<string> {
  const claim = { threadId, term: term(0), height: height(at.height), round: round(0), blockId: at.blockId };
  const key = publicKeyHexFromBytes(blsPublicKey);
  const result = await opened.forge.forge({ kind: "candidateBlock", key, networkId, claim });
  return result.kind === "refused" ? result.refusal.code : result.kind;
}

function marksLog(): string {
  return join(dataDir, "watermarks", "marks.log");
}

/** A commit was under way when the power went: the second of its sectors is there, and the first is not. */
async function tearNextCommit(): Promise<void> {
  const log = await readFile(marksLog());
  const end = Math.ceil((log.findLastIndex((byte) => byte !== 0) + 1) / 512) * 512;
  log.fill(0xa5, end + 512, end + 1_024);
  await writeFile(marksLog(), log);
}

describe("the forge of a node", () => {
  it("starts without any mark where the store knows of no vote, and again after a stop", async () => {
    expect(await live((opened) => opened.votesFrom.get(threadId))).toEqual(ok(0n));
    expect(await live((opened) => vote(opened, { term: 0, height: 1 }))).toEqual(ok("attestationReady"));
    expect(await live((opened) => vote(opened, { term: 0, height: 2 }))).toEqual(ok("attestationReady"));
  });

  it("starts after a crash between the first vote's state and its mark", async () => {
    await live(() => undefined);
    await store.repository.commit({ voteStates: [{ threadId, state: VOTED_IN_3 }] });
    expect(await live((opened) => vote(opened, { term: 3, height: 9 }))).toEqual(ok("attestationReady"));
  });

  it("[§9] does not start without its watermarks when the store proves that the key has voted, at every start", async () => {
    await store.repository.commit({ voteStates: [{ threadId, state: VOTED_IN_3 }] });
    for (let start = 0; start < 2; start++) {
      const opened = await live(() => "started");
      expect(opened).toMatchObject({ ok: false, error: { code: "watermarksMissing" } });
    }
  });

  it("[§9] does not start without its watermarks when the store proves that the key has sealed", async () => {
    const { block } = sealTestBlock(rules, root, {});
    const sealed = { threadId, term: term(0), height: height(1), blockId: block.id, firstOfTerm: false };
    await store.repository.commit({ blocks: [block], sealed: [sealed] });
    expect(await live(() => "started")).toMatchObject({ ok: false, error: { code: "watermarksMissing" } });
  });

  it("[§9] starts when the loss is accepted, once, and then votes from a later term on, whatever comes after", async () => {
    await store.repository.commit({ voteStates: [{ threadId, state: VOTED_IN_3 }] });
    await writeFile(join(dataDir, "accept-lost-watermarks"), "");
    expect(await live((opened) => opened.votesFrom.get(threadId))).toEqual(ok(4n));
    expect(await live((opened) => vote(opened, { term: 3, height: 10 }))).toEqual(ok("belowLock"));
    expect(await live((opened) => vote(opened, { term: 4, height: 10 }))).toEqual(ok("attestationReady"));
    await rm(join(dataDir, "watermarks"), { recursive: true });
    expect((await live(() => "started")).ok, "accepted once").toBe(false);
  });

  it("[I2] raises an old copy of the watermarks to the block that was sealed last, which may still be unsigned", async () => {
    await live(() => undefined);
    const chain = new TestChain(rules, root);
    chain.grow();
    chain.grow();
    const blocks = chain.blocks.slice(-2);
    const sealed = blocks.map(({ header, id }) => ({ ...header, blockId: id, firstOfTerm: false }));
    await store.repository.commit({ blocks, sealed });
    expect(await live((opened) => seal(opened, { height: 1, blockId: BLOCK }))).toEqual(ok("belowBlock"));
    expect(await live((opened) => seal(opened, { height: 2, blockId: blocks[1]!.id }))).toEqual(ok("blockReady"));
  });

  it("[§9] raises an old copy of the watermarks to the term that the store proves", async () => {
    await live((opened) => vote(opened, { term: 1, height: 1 }));
    await store.repository.commit({ voteStates: [{ threadId, state: VOTED_IN_3 }] });
    expect(await live((opened) => vote(opened, { term: 2, height: 5 }))).toEqual(ok("belowLock"));
  });
});

describe("a disk without room for watermarks", () => {
  it("keeps the node from starting, and it says what to do", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    const openFile = () => Promise.reject(full);
    const world = { service, store, clock: systemClock, logger: { log: () => undefined }, openFile };
    const opened = await openForge({ dataDir, signer: null }, identity, world, new Opening());
    expect(opened).toMatchObject({ ok: false, error: { code: "diskFull" } });
    if (!opened.ok) expect(opened.error.message).toContain("free space");
  });
});

describe("a store that is new beside watermarks with which the key signed", () => {
  const ABOUT = { sealwright: "data", formatVersion: 1, networkId, keeperId: self } as const;

  it("[§9] keeps the node from starting, at every start, and says how to go on", async () => {
    expect(await live((opened) => vote(opened, { term: 1, height: 1 }))).toEqual(ok("attestationReady"));
    store = await newStore();
    for (let start = 0; start < 2; start++) {
      const opened = await live(() => "started");
      expect(opened).toMatchObject({ ok: false, error: { code: "storeMissing" } });
      if (!opened.ok) expect(opened.error.message).toContain(join(dataDir, "accept-lost-store"));
    }
  });

  it("[§9] starts when the loss is accepted, once, and signs nothing below what it signed", async () => {
    await live((opened) => vote(opened, { term: 1, height: 5 }));
    store = await newStore();
    await writeFile(join(dataDir, "accept-lost-store"), "");
    expect(await live((opened) => vote(opened, { term: 0, height: 9 }))).toMatchObject({ ok: true });
    await expect(access(join(dataDir, "accept-lost-store"))).rejects.toThrow();
    expect((await live(() => "started")).ok, "no block was written meanwhile, and accepted once").toBe(false);
    await initialize();
    expect(await live((opened) => vote(opened, { term: 1, height: 4 }))).toEqual(ok("belowAttested"));
  });

  it("starts beside watermarks of no signature, as after a first start that a crash cut off", async () => {
    store = await newStore();
    await live(() => undefined);
    await writeAbout(dataDir, ABOUT);
    expect((await live(() => "started")).ok).toBe(true);
  });

  it("[§9] does not start when store and watermarks are both gone from a directory in which it ran", async () => {
    store = await newStore();
    await writeAbout(dataDir, ABOUT);
    await writeFile(join(dataDir, "accept-lost-watermarks"), "");
    await writeFile(join(dataDir, "accept-lost-store"), "");
    expect(await live(() => "started")).toMatchObject({ ok: false, error: { code: "storeMissing" } });
  });
});

describe("watermarks of which something was cut", () => {
  it("[§9] bar the term that is found in them, in this start and in every later one", async () => {
    await live((opened) => vote(opened, { term: 1, height: 1 }));
    await live((opened) => vote(opened, { term: 1, height: 2 }));
    await tearNextCommit();
    const first = await live(async (opened) => [
      opened.votesFrom.get(threadId),
      await vote(opened, { term: 1, height: 3 }),
    ]);
    expect(first).toEqual(ok([2n, "belowLock"]));
    const second = await live(async (opened) => [
      opened.votesFrom.get(threadId),
      await vote(opened, { term: 1, height: 4 }),
    ]);
    expect(second).toEqual(ok([2n, "belowLock"]));
    expect(await live((opened) => vote(opened, { term: 2, height: 4 }))).toEqual(ok("attestationReady"));
  });

  it("[§9] bar that term although the start that cut them died before it could raise them", async () => {
    await live((opened) => vote(opened, { term: 1, height: 1 }));
    await live((opened) => vote(opened, { term: 1, height: 2 }));
    await tearNextCommit();
    vi.spyOn(store.repository, "voteState").mockRejectedValueOnce(new Error("killed"));
    await expect(live(() => undefined)).rejects.toThrow("killed");
    for (let start = 0; start < 2; start++)
      expect(await live((opened) => opened.votesFrom.get(threadId))).toEqual(ok(2n));
    expect(await live((opened) => vote(opened, { term: 1, height: 3 }))).toEqual(ok("belowLock"));
  });

  it("[§9] bar the term of the store when that is later, or the first one when nothing else is known", async () => {
    await live(() => undefined);
    await tearNextCommit();
    expect(await live((opened) => opened.votesFrom.get(threadId))).toEqual(ok(1n));
    await live((opened) => vote(opened, { term: 1, height: 1 }));
    await tearNextCommit();
    await store.repository.commit({ voteStates: [{ threadId, state: VOTED_IN_3 }] });
    expect(await live((opened) => opened.votesFrom.get(threadId))).toEqual(ok(4n));
  });

  it("leave a Lock of the later term possible: so the key joins it", async () => {
    await live((opened) => vote(opened, { term: 1, height: 1 }));
    await live((opened) => vote(opened, { term: 1, height: 2 }));
    await tearNextCommit();
    const locked = await live(({ forge }) =>
      forge.forge({
        kind: "lock",
        key: publicKeyHexFromBytes(blsPublicKey),
        networkId,
        lock: { threadId, term: term(2), qcTerm: term(0), qcHeight: height(0), qcBlockId: BLOCK },
      }),
    );
    expect(locked).toMatchObject({ ok: true, value: { kind: "lockReady" } });
  });
});
