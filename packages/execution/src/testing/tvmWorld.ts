import {
  type Address,
  beginCell,
  type Cell,
  contractAddress,
  internal,
  type StateInit,
  storeMessageRelaxed,
} from "@ton/core";
import {
  type AccountId,
  createThreadsTable,
  height,
  type Height,
  sha256,
  type StateChange,
  term,
  type ThreadId,
  threadOf,
  type ThreadsTable,
  unixMs,
  ZERO_BLOCK_ID,
} from "@sealwright/types";
import type { BlockContext } from "../executor.js";
import { accountIdOfAddress, addressOf, WORKCHAIN } from "../tvm/tvmAddress.js";
import { tvmGenesisEntries } from "../tvm/tvmGenesis.js";
import { encodeExternalTo, encodeTvmEnvelope } from "../tvm/tvmMessage.js";
import { GENESIS_TIME_MS, TEST_NETWORK } from "./ledgerWorld.js";

/**
 * A contract that anybody may order about: an external message holds a message in its body's first reference, which the
 * contract sends; internal messages only bring money. In the words of the machine: IFNOTRET ACCEPT LDREF DROP 3 PUSHINT
 * SENDRAWMSG.
 */
const FORWARDER: Cell = beginCell().storeBuffer(Buffer.from("ddf800d43073fb00", "hex")).endCell();

export interface TestContract {
  readonly id: AccountId;
  readonly init: StateInit;
}

export const TVM_TEST_BALANCE = 1_000_000_000_000n;

/** A small TVM network with funded contracts, the same every time. */
export class TvmWorld {
  readonly threadsTable: ThreadsTable;
  readonly contracts: readonly TestContract[];
  #made = 0;

  constructor(options: { readonly threads: number; readonly contracts: number }) {
    this.threadsTable = createThreadsTable(options.threads, ZERO_BLOCK_ID);
    this.contracts = Array.from({ length: options.contracts }, (_, i) => testContract(i));
  }

  get threadIds(): ThreadId[] {
    return this.threadsTable.map(({ threadId }) => threadId);
  }

  contractsOf(threadId: ThreadId): TestContract[] {
    return this.contracts.filter(({ id }) => threadOf(this.threadsTable, id) === threadId);
  }

  genesis(threadId: ThreadId): StateChange[] {
    const accounts = this.contracts.map(({ id }) => ({ id, balance: TVM_TEST_BALANCE }));
    return tvmGenesisEntries(threadId, this.threadsTable, accounts, unixMs(GENESIS_TIME_MS));
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

  /** An external message that makes the contract send `value` to an account; no two are equal. */
  order(
    from: TestContract,
    to: AccountId,
    rest: { readonly value: bigint; readonly bounce?: boolean; readonly expiresAtMs?: number },
  ): Uint8Array {
    return this.orderTo(from, addressOf(to), rest);
  }

  orderTo(
    from: TestContract,
    to: Address,
    rest: { readonly value: bigint; readonly bounce?: boolean; readonly expiresAtMs?: number },
  ): Uint8Array {
    const { value, bounce = false, expiresAtMs = GENESIS_TIME_MS + 30_000 } = rest;
    const sent = beginCell()
      .store(storeMessageRelaxed(internal({ to, value, bounce })))
      .endCell();
    const body = beginCell().storeUint(this.#made++, 64).storeRef(sent).endCell();
    return envelopeOf(from, body, expiresAtMs);
  }
}

/** With its code, which only the first message needs. */
export function envelopeOf(to: TestContract, body: Cell, expiresAtMs: number): Uint8Array {
  const boc = encodeExternalTo(addressOf(to.id), { body, init: to.init });
  return encodeTvmEnvelope({ networkId: TEST_NETWORK, expiresAtMs: unixMs(expiresAtMs), boc });
}

/** A contract of this machine code, in hex; those of one code differ by their index. */
export function contractOf(code: string, index = 0): TestContract {
  const init = {
    code: beginCell().storeBuffer(Buffer.from(code, "hex")).endCell(),
    data: beginCell().storeUint(index, 32).endCell(),
  };
  return { id: accountIdOfAddress(contractAddress(WORKCHAIN, init))!, init };
}

function testContract(index: number): TestContract {
  const init = { code: FORWARDER, data: beginCell().storeUint(index, 32).endCell() };
  return { id: accountIdOfAddress(contractAddress(WORKCHAIN, init))!, init };
}
