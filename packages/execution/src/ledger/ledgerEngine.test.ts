import {
  decodeStateUpdate,
  height,
  type OutboundMessage,
  threadOf,
  type ThreadId,
  unixMs,
  unwrap,
} from "@sealwright/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlockBuilder, Executor, ImportRange, InboundMessage, SealedExecution, ThreadState } from "../executor.js";
import {
  GENESIS_TIME_MS,
  LedgerWorld,
  TEST_BALANCE,
  TEST_FEE,
  TEST_NETWORK,
  WIDE_LIMITS,
} from "../testing/ledgerWorld.js";
import { decodeLedgerAccount } from "./account.js";
import { createStoreMessage, createTransfer } from "./createMessage.js";
import { ledgerExecutor } from "./ledgerExecutor.js";
import { STORE_PAYLOAD_BYTES_MAX, TRANSFER_BYTES } from "./ledgerMessage.js";
import { LEDGER_RECEIPT } from "./ledgerReceipt.js";

const executor = (): Executor => ledgerExecutor({ networkId: TEST_NETWORK, transferFee: TEST_FEE });
const expiresAtMs = unixMs(GENESIS_TIME_MS + 30_000);

describe("ledger messages", () => {
  const world = new LedgerWorld({ threads: 1, users: 2 });
  const [alice, bob] = world.users as [(typeof world.users)[0], (typeof world.users)[0]];
  const good = world.transfer(alice, bob.id, { amount: 5n, nonce: 0n });

  it("are routed by their sender, or by the account they name", () => {
    const store = createStoreMessage({
      networkId: TEST_NETWORK,
      account: bob.id,
      payload: Uint8Array.of(1),
      expiresAtMs,
    });
    expect(unwrap(executor().inspect(good))).toMatchObject({ account: alice.id, expiresAtMs });
    expect(unwrap(executor().inspect(store))).toMatchObject({ account: bob.id, expiresAtMs });
  });

  it("with any bit of a transfer changed are refused", () => {
    const engine = executor();
    fc.assert(
      fc.property(fc.nat(TRANSFER_BYTES * 8 - 1), (bit) => {
        const changed = good.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(engine.admit([changed])[0]!.ok).toBe(false);
      }),
    );
  });

  it("name their fault", () => {
    const foreign = createTransfer({
      networkId: "ab".repeat(32) as typeof TEST_NETWORK,
      key: alice.key,
      to: bob.id,
      amount: 5n,
      nonce: 0n,
      expiresAtMs,
    });
    const forged = good.slice();
    forged[100]! ^= 1;
    const zero = good.slice();
    zero.fill(0, 108, 116);
    const long = Buffer.concat([
      createStoreMessage({
        networkId: TEST_NETWORK,
        account: bob.id,
        payload: new Uint8Array(STORE_PAYLOAD_BYTES_MAX),
        expiresAtMs,
      }),
      Buffer.of(0),
    ]);
    const messages = [foreign, forged, zero, long, new Uint8Array(70_000), good.subarray(0, 100), Buffer.from("TRF9")];
    const codes = executor()
      .admit(messages)
      .map((result) => (result.ok ? "good" : result.error.code));
    expect(codes).toEqual([
      "wrongNetwork",
      "badSignature",
      "amountZero",
      "tooLarge",
      "tooLarge",
      "malformed",
      "malformed",
    ]);
  });

  it("that only store are executed once and change no account", () => {
    const engine = executor();
    const [threadId] = world.threadIds as [ThreadId];
    const state = unwrap(engine.load(threadId, world.genesis(threadId)));
    const store = createStoreMessage({
      networkId: TEST_NETWORK,
      account: bob.id,
      payload: new Uint8Array(500),
      expiresAtMs,
    });
    const builder = engine.open(state, world.context(threadId, 1), WIDE_LIMITS);
    expect(offer(engine, builder, [store, store])).toEqual(["done", "duplicate"]);
    const sealed = builder.seal();
    expect(sealed.state.totals).toEqual(state.totals);
    expect(unwrap(decodeStateUpdate(sealed.stateUpdate)).map(({ key }) => key[0])).toEqual([3]);
  });
});

describe("ledger transfers", () => {
  const world = new LedgerWorld({ threads: 1, users: 3 });
  const [threadId] = world.threadIds as [ThreadId];
  const [alice, bob, carol] = world.users as [
    (typeof world.users)[0],
    (typeof world.users)[0],
    (typeof world.users)[0],
  ];
  const run = (messages: readonly Uint8Array[]): { outcomes: string[]; state: ThreadState; engine: Executor } => {
    const engine = executor();
    const builder = engine.open(
      unwrap(engine.load(threadId, world.genesis(threadId))),
      world.context(threadId, 1),
      WIDE_LIMITS,
    );
    return { outcomes: offer(engine, builder, messages), state: builder.seal().state, engine };
  };
  const balance = (
    { engine, state }: { engine: Executor; state: ThreadState },
    user: { id: typeof alice.id },
  ): bigint => decodeLedgerAccount(engine.account(state, user.id).value ?? new Uint8Array(48))?.balance ?? -1n;

  it("move the amount and pay the fee", () => {
    const result = run([world.transfer(alice, bob.id, { amount: 100n, nonce: 0n })]);
    expect(result.outcomes).toEqual(["done"]);
    expect([alice, bob].map((user) => balance(result, user))).toEqual([
      TEST_BALANCE - 100n - TEST_FEE,
      TEST_BALANCE + 100n,
    ]);
    expect(result.state.totals.fees).toBe(TEST_FEE);
  });

  it("to oneself cost the fee alone", () => {
    const result = run([world.transfer(alice, alice.id, { amount: TEST_BALANCE - TEST_FEE, nonce: 0n })]);
    expect(result.outcomes).toEqual(["done"]);
    expect(balance(result, alice)).toBe(TEST_BALANCE - TEST_FEE);
  });

  it("that fail get a receipt with their reason and change no account", () => {
    const poor = new LedgerWorld({ threads: 1, users: 4 }).users[3]!;
    const result = run([
      world.transfer(poor, bob.id, { amount: 1n, nonce: 0n }),
      world.transfer(alice, bob.id, { amount: TEST_BALANCE - TEST_FEE + 1n, nonce: 0n }),
      world.transfer(bob, carol.id, { amount: 1n, nonce: 1_000n }),
      world.transfer(bob, carol.id, { amount: 2n, nonce: 1_000n }),
      world.transfer(bob, carol.id, { amount: 2n, nonce: 744n }),
      world.transfer(bob, carol.id, { amount: 2n, nonce: 745n }),
    ]);
    expect(result.outcomes).toEqual([
      "unknownAccount",
      "insufficientFunds",
      "done",
      "nonceUsed",
      "nonceTooOld",
      "done",
    ]);
    expect(balance(result, alice)).toBe(TEST_BALANCE);
    expect(balance(result, carol)).toBe(TEST_BALANCE + 3n);
  });

  it("with a nonce that would leave the account none to send with are refused, at the door and in a block", () => {
    const last = world.transfer(alice, bob.id, { amount: 1n, nonce: 0xffff_ffff_ffff_ffffn });
    const next = world.transfer(alice, bob.id, { amount: 2n, nonce: 1n });
    const result = run([last, next]);
    expect(result.outcomes).toEqual(["nonceTooHigh", "done"]);
    expect(balance(result, bob)).toBe(TEST_BALANCE + 2n);
    const { engine, state } = result;
    const again = world.transfer(alice, bob.id, { amount: 3n, nonce: 0xffff_ffff_ffff_ffffn });
    const admitted = unwrap(engine.admit([again])[0]!);
    const door = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: world.threadsTable };
    expect(engine.precheck(state, admitted, door)).toMatchObject({ code: "nonceTooHigh" });
  });

  it("make accounts that did not exist, which can then send", () => {
    const newcomer = new LedgerWorld({ threads: 1, users: 9 }).users[8]!;
    const messages = [
      world.transfer(alice, newcomer.id, { amount: 50n, nonce: 0n }),
      world.transfer(newcomer, bob.id, { amount: 10n, nonce: 0n }),
    ];
    const result = run(messages);
    expect(result.outcomes).toEqual(["done", "done"]);
    expect(balance(result, newcomer)).toBe(50n - 10n - TEST_FEE);
  });
});

describe("ledger across threads", () => {
  it("[I10] keeps balances, fees and value in flight constant over random transfers, imported exactly once", () => {
    const step = fc.record({ from: fc.nat(11), to: fc.nat(13), amount: fc.bigInt(1n, (2n * TEST_BALANCE) / 3n) });
    const rounds = fc.array(fc.record({ transfers: fc.array(step, { maxLength: 12 }), importsMax: fc.nat(6) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(rounds, (script) => new TwoThreads().run(script)),
      { numRuns: 40 },
    );
  });
});

interface Round {
  readonly transfers: readonly { readonly from: number; readonly to: number; readonly amount: bigint }[];
  readonly importsMax: number;
}

/** Two threads in step; each round both build one block, importing what the other sent so far. */
class TwoThreads {
  readonly #world = new LedgerWorld({ threads: 2, users: 12 });
  readonly #strangers = new LedgerWorld({ threads: 2, users: 14 }).users.slice(12);
  readonly #engine = executor();
  readonly #states = new Map<ThreadId, ThreadState>();
  readonly #sent = new Map<ThreadId, InboundMessage[]>();
  #nonce = 0n;

  run(script: readonly Round[]): void {
    for (const threadId of this.#world.threadIds) {
      this.#states.set(threadId, unwrap(this.#engine.load(threadId, this.#world.genesis(threadId))));
      this.#sent.set(threadId, []);
    }
    script.forEach((round, i) => this.#round(round, i + 1));
    this.#checkTotals();
  }

  #round(round: Round, at: number): void {
    const everyone = [...this.#world.users, ...this.#strangers];
    const messages = round.transfers.map(({ from, to, amount }) =>
      this.#world.transfer(this.#world.users[from]!, everyone[to]!.id, { amount, nonce: this.#nonce++ }),
    );
    const blocks = this.#world.threadIds.map(
      (threadId) => [threadId, this.#block(threadId, at, { messages, importsMax: round.importsMax })] as const,
    );
    for (const [threadId, block] of blocks) this.#settle(threadId, at, block);
    this.#checkTotals();
  }

  #block(
    threadId: ThreadId,
    at: number,
    { messages, importsMax }: { messages: readonly Uint8Array[]; importsMax: number },
  ): SealedExecution {
    const state = this.#states.get(threadId)!;
    const builder = this.#engine.open(state, this.#world.context(threadId, at), { ...WIDE_LIMITS, importsMax });
    const source = this.#world.threadIds.find((other) => other !== threadId)!;
    unwrap(builder.importMessages(this.#pending(source, state)));
    const own = messages.filter(
      (message) => threadOf(this.#world.threadsTable, unwrap(this.#engine.inspect(message)).account) === threadId,
    );
    offer(this.#engine, builder, own);
    return builder.seal();
  }

  #pending(source: ThreadId, state: ThreadState): ImportRange {
    const from = this.#engine.cursor(state, source);
    const messages = this.#sent
      .get(source)!
      .filter(({ at }) => at.height > from.height || (at.height === from.height && at.position >= from.position));
    const last = messages.at(-1)?.at;
    return {
      source,
      from,
      to: last === undefined ? from : { height: last.height, position: last.position + 1 },
      messages,
    };
  }

  #settle(threadId: ThreadId, at: number, block: SealedExecution): void {
    const followed = this.#engine.applyUpdate(
      this.#states.get(threadId)!,
      this.#world.context(threadId, at),
      block.stateUpdate,
    );
    expect(unwrap(followed).root).toEqual(block.stateRoot);
    this.#states.set(threadId, block.state);
    const sent = block.outbound.map((message: OutboundMessage, position) => ({
      at: { height: height(BigInt(at)), position },
      message,
    }));
    this.#sent.get(threadId)!.push(...sent);
  }

  #checkTotals(): void {
    let inFlight = 0n;
    for (const threadId of this.#world.threadIds) {
      const { balances, fees, sent, received } = this.#states.get(threadId)!.totals;
      expect(balances + fees + sent - received).toBe(TEST_BALANCE * BigInt(this.#world.usersOf(threadId).length));
      expect(balances).toBe(this.#sumOfBalances(threadId));
      inFlight += sent - received;
    }
    expect(inFlight >= 0n).toBe(true);
  }

  #sumOfBalances(threadId: ThreadId): bigint {
    const all = [...this.#world.users, ...this.#strangers].map(
      ({ id }) => this.#engine.account(this.#states.get(threadId)!, id).value,
    );
    return all.reduce((sum, value) => sum + (value === null ? 0n : decodeLedgerAccount(value)!.balance), 0n);
  }
}

/** Receipt or rejection of each, by name. */
function offer(engine: Executor, builder: BlockBuilder, messages: readonly Uint8Array[]): string[] {
  return engine.admit(messages).map((admitted) => {
    const outcome = builder.apply(unwrap(admitted));
    if (outcome.type === "skipped") return outcome.rejection.code;
    if (outcome.type === "full") return "full";
    return Object.entries(LEDGER_RECEIPT).find(([, code]) => code === outcome.receipt.code)?.[0] ?? "unknown";
  });
}
