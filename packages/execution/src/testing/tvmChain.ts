import {
  type AccountId,
  decodeStateUpdate,
  type StateChange,
  type ThreadId,
  toHex,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { expect } from "vitest";
import type { BlockLimits, Executor, ImportRange, SealedExecution, ThreadState, Totals } from "../executor.js";
import { ENTRY_KIND } from "../state/entryKeys.js";
import { TvmAccount } from "../tvm/tvmAccount.js";
import { tvmGenesisEntries } from "../tvm/tvmGenesis.js";
import { GENESIS_TIME_MS, WIDE_LIMITS } from "./ledgerWorld.js";
import { type TestContract, TvmWorld } from "./tvmWorld.js";

/** One thread's chain, built block by block. */
export interface TvmChain {
  readonly executor: Executor;
  readonly world: TvmWorld;
  readonly threadId: ThreadId;
  /** As a store would hold them. */
  readonly entries: Map<string, StateChange>;
  state: ThreadState;
  height: number;
}

export function openChain(
  executor: Executor,
  world: TvmWorld,
  threadId: ThreadId,
  genesis: readonly StateChange[],
): TvmChain {
  const entries = new Map(genesis.map((change) => [toHex(change.key), change]));
  return { executor, world, threadId, entries, state: unwrap(executor.load(threadId, genesis)), height: 0 };
}

/** A thread of one network in which only these contracts have money. */
export function chainWithMoney(executor: Executor, money: readonly (readonly [TestContract, bigint])[]): TvmChain {
  const world = new TvmWorld({ threads: 1, contracts: 1 });
  const [threadId] = world.threadIds as [ThreadId];
  const accounts = money.map(([{ id }, balance]) => ({ id, balance }));
  const genesis = tvmGenesisEntries(threadId, world.threadsTable, accounts, unixMs(GENESIS_TIME_MS));
  return openChain(executor, world, threadId, genesis);
}

export interface ExtendOptions {
  readonly limits?: BlockLimits;
  readonly imports?: readonly ImportRange[];
  readonly timeMs?: number;
}

/** Builds the next block; checks that its update alone leads there, from its parent and in a store, and that no value appeared. */
export function extend(chain: TvmChain, messages: readonly Uint8Array[], options: ExtendOptions = {}): SealedExecution {
  const { executor } = chain;
  const context = chain.world.context(chain.threadId, ++chain.height, options.timeMs);
  const builder = executor.open(chain.state, context, options.limits ?? WIDE_LIMITS);
  for (const range of options.imports ?? []) unwrap(builder.importMessages(range));
  for (const admitted of executor.admit(messages)) builder.apply(unwrap(admitted));
  const sealed = builder.seal();
  const followed = unwrap(executor.applyUpdate(chain.state, context, sealed.stateUpdate));
  expect(followed.root).toEqual(sealed.stateRoot);
  for (const change of unwrap(decodeStateUpdate(sealed.stateUpdate))) {
    if (change.value === null) chain.entries.delete(toHex(change.key));
    else chain.entries.set(toHex(change.key), change);
  }
  expect(unwrap(executor.load(chain.threadId, chain.entries.values())).root).toEqual(sealed.stateRoot);
  expect(sealed.state.totals.balances).toBe(balancesIn(chain.entries.values()));
  expect(supplyOf(sealed.state.totals)).toBe(supplyOf(chain.state.totals));
  chain.state = sealed.state;
  return sealed;
}

export function balanceOf(chain: TvmChain, id: AccountId): bigint {
  const { value } = chain.executor.account(chain.state, id);
  return value === null ? 0n : TvmAccount.decode(value)!.balance;
}

/** From the accounts themselves, as the virtual machine left them. */
function balancesIn(entries: Iterable<StateChange>): bigint {
  let sum = 0n;
  for (const { key, value } of entries) if (key[0] === ENTRY_KIND.account) sum += TvmAccount.decode(value!)!.balance;
  return sum;
}

function supplyOf({ balances, fees, sent, received }: Totals): bigint {
  return balances + fees + sent - received;
}
