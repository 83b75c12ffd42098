import { Ed25519SecretKey } from "@sealwright/crypto";
import {
  type AccountId,
  createThreadsTable,
  height,
  type Height,
  type NetworkId,
  sha256,
  sha256Hex,
  type StateChange,
  term,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  unixMs,
  unwrap,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import type { BlockContext, BlockLimits } from "../executor.js";
import { accountIdOf } from "../ledger/accountId.js";
import { createTransfer } from "../ledger/createMessage.js";
import { ledgerGenesisEntries } from "../ledger/ledgerGenesis.js";

export const TEST_NETWORK = sha256Hex(Buffer.from("test network")) as NetworkId;
export const TEST_FEE = 3n;
export const TEST_BALANCE = 1_000_000n;
export const GENESIS_TIME_MS = 1_700_000_000_000;

export const WIDE_LIMITS: BlockLimits = {
  gasMax: 100_000_000n,
  externalsMax: 20_000,
  importsMax: 20_000,
  outboundMax: 40_000,
  sizeBytesMax: 6 * 1024 * 1024,
};

export interface TestUser {
  readonly key: Ed25519SecretKey;
  readonly id: AccountId;
}

/** A small ledger network with funded users, the same every time. */
export class LedgerWorld {
  readonly threadsTable: ThreadsTable;
  readonly users: readonly TestUser[];

  constructor(options: { readonly threads: number; readonly users: number }) {
    this.threadsTable = createThreadsTable(options.threads, ZERO_BLOCK_ID);
    this.users = Array.from({ length: options.users }, (_, i) => testUser(i));
  }

  get threadIds(): ThreadId[] {
    return this.threadsTable.map(({ threadId }) => threadId);
  }

  usersOf(threadId: ThreadId): TestUser[] {
    return this.users.filter(({ id }) => threadOf(this.threadsTable, id) === threadId);
  }

  genesis(threadId: ThreadId): StateChange[] {
    const accounts = this.users.map(({ id }) => ({ id, balance: TEST_BALANCE }));
    return ledgerGenesisEntries(threadId, this.threadsTable, accounts);
  }

  context(threadId: ThreadId, at: Height | number, timeMs = GENESIS_TIME_MS + Number(at) * 330): BlockContext {
    return {
      threadId,
      height: height(BigInt(at)),
      term: term(0n),
      timeMs: unixMs(timeMs),
      randomnessSeed: sha256(Buffer.from(`${threadId}/${at}`)),
      threadsTable: this.threadsTable,
    };
  }

  transfer(
    from: TestUser,
    to: AccountId,
    rest: { readonly amount: bigint; readonly nonce: bigint; readonly expiresAtMs?: number },
  ): Uint8Array {
    const { amount, nonce, expiresAtMs = GENESIS_TIME_MS + 30_000 } = rest;
    return createTransfer({
      networkId: TEST_NETWORK,
      key: from.key,
      to,
      amount,
      nonce,
      expiresAtMs: unixMs(expiresAtMs),
    });
  }
}

function testUser(index: number): TestUser {
  const key = unwrap(Ed25519SecretKey.fromSeed(sha256(Buffer.from(`user ${index}`))));
  return { key, id: accountIdOf(key.publicKey()) };
}
