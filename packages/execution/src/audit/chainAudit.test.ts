import { beginCell, Cell, loadShardAccount, type ShardAccount, storeShardAccount } from "@ton/core";
import {
  decodeStateUpdate,
  encodeStateUpdate,
  height,
  type ImportCursor,
  type MessageHash,
  sha256Hex,
  type StateChange,
  type ThreadId,
  unwrap,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { createExecutor } from "../createExecutor.js";
import { ENTRY_KIND } from "../state/entryKeys.js";
import { TEST_NETWORK, WIDE_LIMITS } from "../testing/ledgerWorld.js";
import { TvmWorld } from "../testing/tvmWorld.js";
import { TvmEmulator } from "../tvm/emulator.js";
import { tvmEngine } from "../tvm/tvmEngine.js";
import type { AuditedBlock } from "./auditedBlock.js";
import { ChainAudit } from "./chainAudit.js";

const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator: await TvmEmulator.create() }));
const COIN = 1_000_000_000n;

interface Imports {
  readonly of: readonly AuditedBlock[];
  readonly from: ImportCursor;
  readonly to: ImportCursor;
}

/** Two threads whose contracts pay each other, as a network would have them final. */
class TwoThreads {
  readonly world = new TvmWorld({ threads: 2, contracts: 8 });
  readonly here = this.world.threadIds[0]!;
  readonly there = this.world.threadIds[1]!;
  readonly genesis = new Map(this.world.threadIds.map((id) => [id, this.world.genesis(id)]));
  readonly #states = new Map(this.world.threadIds.map((id) => [id, unwrap(executor.load(id, this.genesis.get(id)!))]));
  readonly #heights = new Map<ThreadId, number>();

  /** A payment from `here` to `there`. */
  order(value = COIN): Uint8Array {
    const [from] = this.world.contractsOf(this.here);
    const [to] = this.world.contractsOf(this.there);
    return this.world.order(from!, to!.id, { value });
  }

  /** Within `here`. */
  innerOrder(): Uint8Array {
    const [from, to] = this.world.contractsOf(this.here);
    return this.world.order(from!, to!.id, { value: COIN });
  }

  /** The next block of a thread, which imports all that blocks of the other one left to it. */
  build(threadId: ThreadId, messages: readonly Uint8Array[], imports: Imports | null = null): AuditedBlock {
    const at = (this.#heights.get(threadId) ?? 0) + 1;
    this.#heights.set(threadId, at);
    const builder = executor.open(this.#states.get(threadId)!, this.world.context(threadId, at), WIDE_LIMITS);
    const refs =
      imports === null
        ? []
        : [imports].map(({ of: sources, from, to }) => {
            const inOrder = sources.flatMap(({ header, body }) =>
              body.outbound.map((message, position) => ({ at: { height: header.height, position }, message })),
            );
            const source = sources[0]!.header.threadId;
            unwrap(builder.importMessages({ source, from, to, messages: inOrder }));
            return { threadId: source, from, to };
          });
    for (const admitted of executor.admit(messages)) builder.apply(unwrap(admitted));
    const sealed = builder.seal();
    this.#states.set(threadId, sealed.state);
    return { header: { threadId, height: height(BigInt(at)) }, body: { ...sealed, refs } };
  }
}

const START = placeAt(0n, 0);

function placeAt(at: bigint, position: number): ImportCursor {
  return { height: height(at), position };
}

/** A payment leaves `here` in its first block and arrives in the first block of `there`, another in the second ones. */
function fourBlocks(): { readonly threads: TwoThreads; readonly sent: AuditedBlock[]; readonly taken: AuditedBlock[] } {
  const threads = new TwoThreads();
  const { here, there } = threads;
  const first = threads.build(here, [threads.order(), threads.innerOrder(), threads.order(2n * COIN)]);
  const second = threads.build(here, [threads.order(3n * COIN)]);
  const taken = threads.build(there, [], { of: [first], from: START, to: placeAt(1n, 2) });
  const last = threads.build(there, [], { of: [second], from: placeAt(1n, 2), to: placeAt(2n, 1) });
  return { threads, sent: [first, second], taken: [taken, last] };
}

function audited(
  threads: TwoThreads,
  blocks: readonly AuditedBlock[],
  before: (audit: ChainAudit) => void = () => undefined,
) {
  const counts = { I10: 0, I11: 0 };
  const violations: string[] = [];
  const audit = new ChainAudit(threads.world.threadsTable, threads.genesis, (rule, holds, text) => {
    counts[rule]++;
    if (!holds) violations.push(`${rule}: ${text()}`);
  });
  for (const block of blocks) audit.noteFinal(block);
  before(audit);
  audit.close();
  return { audit, counts, violations };
}

function withBody(block: AuditedBlock, change: Partial<AuditedBlock["body"]>): AuditedBlock {
  return { header: block.header, body: { ...block.body, ...change } };
}

function withUpdate({ header, body }: AuditedBlock, change: (entry: StateChange) => StateChange): AuditedBlock {
  const changes = unwrap(decodeStateUpdate(body.stateUpdate)).map(change);
  return { header, body: { ...body, stateUpdate: encodeStateUpdate(changes) } };
}

/** One nanoton more on each account that the update names. */
function enriched(entry: StateChange): StateChange {
  if (entry.key[0] !== ENTRY_KIND.account || entry.value === null) return entry;
  const account: ShardAccount = loadShardAccount(Cell.fromBoc(Buffer.from(entry.value))[0]!.beginParse());
  account.account!.storage.balance.coins += 1n;
  const cell = beginCell().store(storeShardAccount(account)).endCell();
  return { key: entry.key, value: new Uint8Array(cell.toBoc({ idx: false, crc32: false })) };
}

describe("a good chain", () => {
  it("[I10] [I11] adds up after every block, in whatever order threads are told", () => {
    const { threads, sent, taken } = fourBlocks();
    const orders = [
      [...sent, ...taken],
      [...taken, ...sent],
      [taken[0]!, sent[0]!, taken[1]!, sent[1]!],
    ];
    for (const order of orders) {
      const { audit, counts, violations } = audited(threads, order);
      expect(violations).toEqual([]);
      expect(counts.I10).toBeGreaterThan(4);
      expect(counts.I11).toBe(4);
      expect(audit.seen.crossed).toBe(3);
      expect(audit.underway).toEqual([]);
    }
  });

  it("[I11] tells what left a thread and is not imported yet", () => {
    const { threads, sent, taken } = fourBlocks();
    const { audit, violations } = audited(threads, [...sent, taken[0]!]);
    expect(violations).toEqual([]);
    expect(audit.underway).toMatchObject([{ from: threads.here, to: threads.there, at: { height: 2n, position: 0 } }]);
  });

  it("[I11] may import up to a block that changed nothing", () => {
    const threads = new TwoThreads();
    const first = threads.build(threads.here, [threads.order()]);
    const taken = threads.build(threads.there, [], { of: [first], from: START, to: placeAt(2n, 0) });
    const { audit, violations } = audited(threads, [first, taken], (open) => {
      expect(open.isSettled).toBe(false);
      open.noteUnchanged(threads.here, height(2n));
      expect(open.isSettled).toBe(true);
    });
    expect(violations).toEqual([]);
    expect(audit.underway).toEqual([]);
  });
});

describe("a balance that is wrong", () => {
  it("[I10] is found where it came up, though the engine's own sums agree with each other", () => {
    const { threads, sent, taken } = fourBlocks();
    const { violations } = audited(threads, [withUpdate(sent[0]!, enriched), sent[1]!, ...taken]);
    expect(violations[0]).toMatch(/^I10: after .*\/1 the thread's accounts hold \d+, by its totals \d+$/);
    expect(violations[1]).toMatch(/^I10: after .*\/1 all threads hold \d+ and \d+ is on its way: \d+ instead of \d+$/);
  });

  it("[I10] is found when the thread's totals were made to agree with it", () => {
    const { threads, sent, taken } = fourBlocks();
    const accounts = unwrap(decodeStateUpdate(sent[0]!.body.stateUpdate)).filter(
      ({ key, value }) => key[0] === ENTRY_KIND.account && value !== null,
    );
    const alsoTold = (entry: StateChange): StateChange => {
      if (entry.key[0] !== ENTRY_KIND.totals) return enriched(entry);
      const value = entry.value!.slice();
      // The balances are the first 128 bits.
      const view = new DataView(value.buffer);
      view.setBigUint64(8, view.getBigUint64(8) + BigInt(accounts.length));
      return { key: entry.key, value };
    };
    const { violations } = audited(threads, [withUpdate(sent[0]!, alsoTold), ...sent.slice(1), ...taken]);
    expect(violations.length).toBeGreaterThan(0);
    expect(violations[0]).toContain("all threads hold");
  });

  it("[I10] is found in an account that vanished", () => {
    const { threads, sent } = fourBlocks();
    const gone = withUpdate(sent[0]!, (entry) =>
      entry.key[0] === ENTRY_KIND.account ? { key: entry.key, value: null } : entry,
    );
    expect(audited(threads, [gone]).violations.some((text) => text.startsWith("I10"))).toBe(true);
  });
});

describe("messages between threads", () => {
  const { threads, sent, taken } = fourBlocks();
  const [ref] = taken[0]!.body.refs;
  const flawsOf = (...blocks: AuditedBlock[]): string[] =>
    audited(threads, blocks).violations.filter((text) => text.startsWith("I11"));

  it("[I11] one that was never sent is found", () => {
    const forged = { ...taken[0]!.body.receipts[0]!, messageHash: sha256Hex(Buffer.from("forged")) as MessageHash };
    const [, ...rest] = taken[0]!.body.receipts;
    expect(flawsOf(...sent, withBody(taken[0]!, { receipts: [forged, ...rest] }))).toEqual([
      expect.stringContaining(`executed ${forged.messageHash} as import 0`),
    ]);
    const beyond = { ...ref!, to: placeAt(1n, 3) };
    expect(flawsOf(...sent, withBody(taken[0]!, { refs: [beyond] }))).toEqual([
      expect.stringContaining("goes to 1/3, and no message was sent before that place"),
    ]);
  });

  it("[I11] one that is imported twice, and one that is left out, are found", () => {
    const again = withBody(taken[1]!, { refs: taken[0]!.body.refs, receipts: taken[0]!.body.receipts });
    expect(flawsOf(...sent, taken[0]!, again)[0]).toContain("goes on at 0/0, and the import before ended at 1/2");
    const skipping = { ...ref!, from: placeAt(1n, 1) };
    expect(flawsOf(...sent, withBody(taken[0]!, { refs: [skipping] }))[0]).toContain(
      "goes on at 1/1, and the import before ended at 0/0",
    );
    const shorter = taken[0]!.body.receipts.slice(1);
    expect(flawsOf(...sent, withBody(taken[0]!, { receipts: shorter }))).toHaveLength(1);
  });

  it("[I11] those that are imported in another order are found", () => {
    const receipts = [...taken[0]!.body.receipts].reverse();
    expect(flawsOf(...sent, withBody(taken[0]!, { receipts }))).toEqual([expect.stringContaining("as import 0")]);
  });

  it("[I11] an import from a block that is not final is found", () => {
    expect(flawsOf(...taken)).toEqual([
      expect.stringContaining("imported from a block that is not final"),
      expect.stringContaining("imported from a block that is not final"),
    ]);
  });
});
