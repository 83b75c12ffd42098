import { Cell, loadMessage, loadShardAccount, type ShardAccount } from "@ton/core";
import { Blockchain } from "@ton/sandbox";
import { type AccountId, sha256Hex, unwrap } from "@sealwright/types";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createExecutor } from "../createExecutor.js";
import { TEST_NETWORK, WIDE_LIMITS } from "../testing/ledgerWorld.js";
import { TVM_TEST_BALANCE, TvmWorld } from "../testing/tvmWorld.js";
import { TvmEmulator } from "./emulator.js";
import { addressOf } from "./tvmAddress.js";
import { TVM_CONFIG } from "./tvmConfig.js";
import { tvmEngine } from "./tvmEngine.js";
import { bocOfEnvelope } from "./tvmMessage.js";

const emulator = await TvmEmulator.create();
const CONTRACTS = 4;
const STRANGERS = 3;
const PER_BLOCK = 3;

interface Order {
  readonly from: number;
  readonly to: number;
  readonly value: bigint;
  readonly bounce: boolean;
}

const orders: fc.Arbitrary<Order[]> = fc.array(
  fc.record({
    from: fc.nat(CONTRACTS - 1),
    to: fc.nat(CONTRACTS + STRANGERS - 1),
    // From dust to more than anybody has.
    value: fc.oneof(fc.bigInt(0n, 10n ** 9n), fc.constant(TVM_TEST_BALANCE / 2n), fc.constant(TVM_TEST_BALANCE * 2n)),
    bounce: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

it("leaves every account as TON's own sandbox does, given the same messages", async () => {
  await fc.assert(
    fc.asyncProperty(orders, async (list) => {
      const world = new TvmWorld({ threads: 1, contracts: CONTRACTS });
      const ids: AccountId[] = [
        ...world.contracts.map(({ id }) => id),
        ...Array.from({ length: STRANGERS }, (_, i) => sha256Hex(Buffer.from(`stranger ${i}`)) as AccountId),
      ];
      const messages = list.map(({ from, to, ...rest }) => world.order(world.contracts[from]!, ids[to]!, rest));
      const ours = runHere(world, messages);
      const theirs = await runThere(world, messages);
      for (const id of ids) expect(ours(id), id).toEqual(await theirs(id));
    }),
    { numRuns: 15 },
  );
});

/** What both must agree on; logical times and the places of transactions are each chain's own. */
interface Shown {
  readonly balance: bigint;
  readonly state: string;
  readonly data: string | null;
}

const ABSENT: Shown = { balance: 0n, state: "none", data: null };

function shown(account: ShardAccount): Shown {
  if (account.account == null) return ABSENT;
  const { balance, state } = account.account.storage;
  // The sandbox shows what does not exist as an account without anything.
  if (state.type === "uninit" && balance.coins === 0n) return ABSENT;
  const data = state.type === "active" ? (state.state.data?.hash().toString("hex") ?? null) : null;
  return { balance: balance.coins, state: state.type, data };
}

function shardAccountOf(value: Uint8Array): ShardAccount {
  return loadShardAccount(Cell.fromBoc(Buffer.from(value))[0]!.beginParse());
}

function runHere(world: TvmWorld, messages: readonly Uint8Array[]): (id: AccountId) => Shown {
  const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  const [threadId] = world.threadIds as [(typeof world.threadIds)[number]];
  let state = unwrap(executor.load(threadId, world.genesis(threadId)));
  for (let at = 0; at * PER_BLOCK < messages.length; at++) {
    const builder = executor.open(state, world.context(threadId, at), WIDE_LIMITS);
    for (const admitted of executor.admit(messages.slice(at * PER_BLOCK, (at + 1) * PER_BLOCK)))
      builder.apply(unwrap(admitted));
    state = builder.seal().state;
  }
  return (id) => {
    const { value } = executor.account(state, id);
    return value === null ? ABSENT : shown(shardAccountOf(value));
  };
}

async function runThere(world: TvmWorld, messages: readonly Uint8Array[]): Promise<(id: AccountId) => Promise<Shown>> {
  const [threadId] = world.threadIds as [(typeof world.threadIds)[number]];
  const blockchain = await Blockchain.create({ config: Cell.fromBase64(TVM_CONFIG) });
  const reader = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator }));
  const genesis = unwrap(reader.load(threadId, world.genesis(threadId)));
  for (const { id } of world.contracts) {
    const { value } = reader.account(genesis, id);
    await blockchain.setShardAccount(addressOf(id), shardAccountOf(value!));
  }
  for (const [i, envelope] of messages.entries()) {
    blockchain.now = Math.floor(world.context(threadId, Math.floor(i / PER_BLOCK)).timeMs / 1_000);
    const [cell] = Cell.fromBoc(Buffer.from(bocOfEnvelope(envelope)));
    await blockchain.sendMessage(loadMessage(cell!.beginParse()));
  }
  return async (id) => shown((await blockchain.getContract(addressOf(id))).account);
}
