import type { BlockHeadlineJson } from "@sealwright/api";
import { accountIdOfAddress, type AuditedBlock, encodeExternalTo, tvmGenesisEntries } from "@sealwright/execution";
import {
  type AccountId,
  createThreadsTable,
  encodeOutboundMessage,
  encodeStateUpdate,
  height,
  type MessageHash,
  type OutboundMessage,
  sha256Hex,
  type StateChange,
  type ThreadId,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import { Address, beginCell, Cell, internal, storeMessage } from "@ton/core";
import { describe, expect, it } from "vitest";
import { Checks } from "./checks.js";
import { auditContracts } from "./contractAudit.js";
import type { FinalChains } from "./finalChains.js";

const table = createThreadsTable(2, ZERO_BLOCK_ID);
const [here, there] = table.map(({ threadId }) => threadId) as [ThreadId, ThreadId];
const [payer, payee] = [new Address(0, Buffer.alloc(32, 0x01)), new Address(0, Buffer.alloc(32, 0xf1))];
const [payerId, payeeId] = [accountIdOfAddress(payer)!, accountIdOfAddress(payee)!];
const BALANCE = 1_000n;
const START_MS = 1_000_000;

/** The entries of the account, and the thread's totals, with this balance. */
function entriesWith(id: AccountId, threadId: ThreadId, balance: bigint): StateChange[] {
  return tvmGenesisEntries(threadId, table, [{ id, balance }], unixMs(START_MS));
}

const genesis = {
  table,
  entries: new Map([
    [here, entriesWith(payerId, here, BALANCE)],
    [there, entriesWith(payeeId, there, BALANCE)],
  ]),
};

interface Final {
  readonly headline: BlockHeadlineJson;
  readonly block: AuditedBlock;
}

/** A block that left its thread's account with a balance. */
function finalBlock(threadId: ThreadId, at: number, balance: bigint, body: Partial<AuditedBlock["body"]> = {}): Final {
  const changes = entriesWith(threadId === here ? payerId : payeeId, threadId, balance);
  const headline: BlockHeadlineJson = {
    blockId: sha256Hex(Buffer.from(`${threadId}/${at}`)),
    threadId,
    height: String(at),
    timeMs: START_MS + at,
    stateRoot: `${threadId} with ${balance}`,
    status: "final",
    term: "0",
    parentId: "",
    producer: "",
    envelopeHash: "",
    sizeBytes: 1,
    messageCount: 0,
  };
  const header = { threadId, height: height(BigInt(at)) };
  const stateUpdate = encodeStateUpdate(changes);
  return {
    headline,
    block: { header, body: { externals: [], outbound: [], receipts: [], refs: [], ...body, stateUpdate } },
  };
}

/** A payment without fees. */
function payment(value: bigint): OutboundMessage {
  const { info, body } = internal({ to: payee, value, bounce: false });
  if (info.type !== "internal") throw new TypeError("an internal message");
  const cell = beginCell()
    .store(storeMessage({ info: { ...info, src: payer, createdLt: 1n, createdAt: 1 }, body }))
    .endCell();
  return { source: payerId, destination: payeeId, body: new Uint8Array(cell.toBoc()) };
}

function taking(message: OutboundMessage): Partial<AuditedBlock["body"]> {
  const messageHash = sha256Hex(encodeOutboundMessage(message)) as MessageHash;
  return {
    refs: [{ threadId: here, from: { height: height(0n), position: 0 }, to: { height: height(1n), position: 1 } }],
    receipts: [{ messageHash, code: 0, gasUsed: 0, detail: new Uint8Array(0) }],
  };
}

/** 100 leave `here` in block 1 and arrive in block 2 of `there`. */
function paid(): [Final[], Final[]] {
  const message = payment(100n);
  return [
    [
      finalBlock(here, 1, BALANCE - 100n, { outbound: [message] }),
      finalBlock(here, 2, BALANCE - 100n),
      finalBlock(here, 3, BALANCE - 100n),
    ],
    [
      finalBlock(there, 1, BALANCE),
      finalBlock(there, 2, BALANCE + 100n, taking(message)),
      finalBlock(there, 3, BALANCE + 100n),
    ],
  ];
}

/** @param later what the node has final a little later */
async function audit(chains: readonly (readonly Final[])[], later: readonly (readonly Final[])[] = []) {
  const checks = new Checks();
  const all = [...chains, ...later].flat();
  const read: string[] = [];
  const source: FinalChains = {
    read: ({ blockId, height: at }) => {
      read.push(at);
      return Promise.resolve(all.find(({ headline }) => headline.blockId === blockId)?.block ?? null);
    },
    after: (thread, from) =>
      Promise.resolve(
        (later[thread] ?? []).map(({ headline }) => headline).filter((block) => BigInt(block.height) > from),
      ),
  };
  const headlines = chains.map((chain) => chain.map(({ headline }) => headline));
  const isWhole = await auditContracts(headlines, checks, source, { genesis, arrivalMs: 600 });
  return { isWhole, violations: checks.violations, perRule: checks.perRule, read };
}

describe("the books of contracts", () => {
  it("[I10] [I11] add up after every block of a good run, and idle blocks are not read", async () => {
    const { isWhole, violations, perRule, read } = await audit(paid());
    expect(violations).toEqual([]);
    expect(isWhole).toBe(true);
    expect(perRule["I10"]).toBeGreaterThan(6);
    expect(perRule["I11"]).toBeGreaterThan(2);
    expect([...read].sort()).toEqual(["1", "1", "2"]);
  });

  it("[I10] do not add up when an account has one nanoton too much, though its thread's totals say so too", async () => {
    const [sent, [first, second]] = paid() as [Final[], [Final, Final]];
    const wrong = finalBlock(there, 2, BALANCE + 101n, second.block.body);
    expect((await audit([sent, [first, wrong]])).violations).toEqual([
      expect.stringMatching(/^I10: after .*\/2 all threads hold 2001 and 0 is on its way: 2001 instead of 2000$/),
    ]);
  });

  it("[I10] do not add up when a payment leaves with more than its sender lost", async () => {
    const [, taken] = paid();
    const message = payment(101n);
    const sent = [finalBlock(here, 1, BALANCE - 100n, { outbound: [message] })];
    const { violations } = await audit([sent, [taken[0]!, finalBlock(there, 2, BALANCE + 101n, taking(message))]]);
    expect(violations).toEqual([expect.stringContaining("2001 instead of 2000")]);
  });

  it("[I11] find a message that was executed and never sent", async () => {
    const [sent, [first]] = paid() as [Final[], [Final]];
    const other = finalBlock(there, 2, BALANCE + 100n, taking(payment(99n)));
    expect((await audit([sent, [first, other]])).violations).toEqual([expect.stringMatching(/^I11: .*as import 0/)]);
  });

  it("[I11] find a message that was sent and never arrives, and wait for one that arrives a little later", async () => {
    const [sent, [first, second]] = paid() as [Final[], [Final, Final]];
    expect((await audit([sent, [first]])).violations).toEqual([
      expect.stringMatching(/^I11: 1 messages never arrived, first [0-9a-f]{64}, which left thread .* at 1\/0$/),
    ]);
    expect((await audit([sent, [first]], [[], [second]])).violations).toEqual([]);
  });

  it("[I9] find an external message that two blocks hold", async () => {
    const external = encodeExternalTo(payer, { body: Cell.EMPTY, init: null });
    const [, taken] = paid();
    const twice = [1, 2].map((at) => finalBlock(here, at, BALANCE - BigInt(at), { externals: [external] }));
    const { violations } = await audit([twice, taken.slice(0, 1)]);
    expect(violations.filter((text) => text.startsWith("I9"))).toEqual([expect.stringContaining("executed twice")]);
  });

  it("are not whole when the first blocks are pruned, and then say nothing of money", async () => {
    const [sent, taken] = paid();
    const { isWhole, perRule, violations } = await audit([sent.slice(1), taken.slice(1)]);
    expect({ isWhole, violations }).toEqual({ isWhole: false, violations: [] });
    expect(perRule["I10"]).toBeUndefined();
  });
});
