import { createNodeEventLog } from "@sealwright/api";
import { claimOf, producerOf } from "@sealwright/consensus";
import { createSigningKeepers, createTestNetwork, sealTestBlock, signAs } from "@sealwright/consensus/testing";
import { InlineCrypto } from "@sealwright/crypto";
import { MemoryNetwork } from "@sealwright/network/testing";
import { memoryNodeStore, type NodeStore } from "@sealwright/store";
import {
  blockSigningBytes,
  decodeAccusation,
  decodeEvidence,
  decodeWireMessage,
  type Evidence,
  height,
  type KeeperId,
  sealBlock,
  type SealedBlock,
  silentLogger,
  type ThreadId,
  unwrap,
} from "@sealwright/types";
import { ManualClock, SeededRandom } from "@sealwright/types/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { EvidenceDesk } from "./evidenceDesk.js";
import type { ProvedOffence } from "./slashingHook.js";
import { showNotice } from "./watchThread.js";

const keepers = createSigningKeepers(4);
const { rules, root } = createTestNetwork(keepers);
const ids = rules.keepers.members.map(({ id }) => id);
const guilty = producerOf(rules.seed, root.term, rules.keepers);

function seal(text: string): SealedBlock {
  const { block } = sealTestBlock(rules, root, { externals: [Buffer.from(text)] });
  const index = rules.keepers.indexOf(guilty)!;
  const signature = signAs(rules, keepers, index, blockSigningBytes(rules.networkId, claimOf(block)));
  return sealBlock(block.header, block.body, signature);
}

function evidenceOf(a: SealedBlock, b: SealedBlock): Evidence {
  const claims = [a, b].map((block) => ({ claim: claimOf(block), signature: block.signature }));
  return { kind: "doubleBlock", accused: rules.keepers.indexOf(guilty)!, claims: [claims[0]!, claims[1]!] };
}

/** Lets promises that hang on real disks and checks in memory come to their end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

interface Node {
  readonly desk: EvidenceDesk;
  readonly store: NodeStore;
  readonly carried: Uint8Array[];
  readonly punished: ProvedOffence[];
}

let clock: ManualClock;
let network: MemoryNetwork;
const failures: unknown[] = [];
beforeEach(() => {
  clock = new ManualClock();
  network = new MemoryNetwork({ keepers: ids }, { clock, random: new SeededRandom(1) });
  failures.length = 0;
});

async function open(self: KeeperId, store?: NodeStore): Promise<Node> {
  const used = store ?? (await memoryNodeStore({ networkId: rules.networkId, keeperId: self }));
  const transport = network.transport(self);
  const carried: Uint8Array[] = [];
  const punished: ProvedOffence[] = [];
  const desk = new EvidenceDesk(rules, {
    ...{
      repository: used.repository,
      verifier: new InlineCrypto(),
      transport,
      events: createNodeEventLog(clock.nowMs()),
    },
    ...{ clock, logger: silentLogger, fail: (error: unknown) => failures.push(error) },
    slashing: { offenceProved: (proved) => void punished.push(proved) },
    accuse: (_offence, accusation) => carried.push(accusation),
  });
  await desk.load();
  desk.addThread(rules, height(0));
  transport.on({
    message: (from, frame) => {
      const message = unwrap(decodeWireMessage(frame));
      if (message.type === "evidence") desk.take(unwrap(decodeEvidence(message.evidence)), from);
    },
    connected: (peer) => desk.peerConnected(peer),
  });
  unwrap(await transport.start());
  clock.advance(10);
  return { desk, store: used, carried, punished };
}

async function deliver(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await settle();
    clock.advance(10);
  }
}

describe("the evidence of a node", () => {
  it("[§8] is found by one keeper, proved to all, kept by each once, and handed to what punishes", async () => {
    const nodes = await Promise.all(ids.map((id) => open(id)));
    const witness = nodes[0]!.desk.addThread(rules, height(0));
    for (const block of [seal("a"), seal("b")])
      showNotice(witness, { type: "equivocation", first: block.id, second: block });
    await deliver();
    for (const { desk, punished, carried } of nodes) {
      expect(desk.list(10)).toMatchObject([{ kind: "doubleBlock", accused: guilty, height: 1n }]);
      expect(punished).toHaveLength(1);
      expect(carried.map((bytes) => unwrap(decodeAccusation(bytes)).type)).toEqual(["evidence"]);
    }
    expect(failures).toEqual([]);
  });

  it("[§8] survives a restart, is handed over again, and is told to a keeper that was away", async () => {
    const first = await open(ids[0]!);
    first.desk.take(evidenceOf(seal("a"), seal("b")), ids[1]!);
    await deliver();
    const again = await open(ids[0]!, first.store);
    expect(again.desk.count).toBe(1);
    expect(again.punished).toHaveLength(1);
    again.desk.take(evidenceOf(seal("c"), seal("d")), ids[1]!);
    await deliver();
    expect(again.desk.count).toBe(1);
    const late = await open(ids[2]!);
    await deliver();
    expect(late.desk.list(10)).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it("[§8] a proof that does not hold costs its sender the link, and is not kept", async () => {
    const [honest] = [await open(ids[0]!), await open(ids[1]!)];
    const evidence = evidenceOf(seal("a"), seal("b"));
    honest.desk.take({ ...evidence, accused: ((evidence.accused + 1) % 4) as Evidence["accused"] }, ids[1]!);
    await deliver();
    expect(honest.desk.count).toBe(0);
    expect(
      network
        .live(ids[0]!)!
        .peers()
        .find(({ id }) => id === ids[1])?.state,
    ).toBe("banned");
    const stranger = { ...evidence, claims: [0, 1].map(() => strangeClaim(evidence)) } as unknown as Evidence;
    expect(honest.desk.take(stranger, ids[1]!)).toBe(false);
  });

  it("a slashing hook that fails harms nothing else", async () => {
    const node = await open(ids[0]!);
    const hook = node.punished;
    hook.push = () => {
      throw new Error("the punisher is out of order");
    };
    node.desk.take(evidenceOf(seal("a"), seal("b")), ids[1]!);
    await deliver();
    expect(node.desk.count).toBe(1);
    expect(failures).toEqual([]);
  });
});

function strangeClaim(evidence: Evidence): unknown {
  if (!("claims" in evidence)) throw new Error("claims");
  const [{ claim, signature }] = evidence.claims;
  return { claim: { ...claim, threadId: "f".repeat(68) as ThreadId }, signature };
}
