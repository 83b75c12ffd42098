import { fileURLToPath } from "node:url";
import {
  type Address,
  beginCell,
  type Cell,
  type Contract,
  contractAddress,
  type ContractProvider,
  type Sender,
} from "@ton/core";
import { compileTolk } from "../compileTolk.js";

const WORKCHAIN = 0;
const OP_INCREASE = 1;
const OP_INCREASE_FROM = 2;

/** What a contract of this code refuses with. */
export const COUNTER_ERROR = { outdated: 100, nothingToAdd: 101, unknownMessage: 0xffff } as const;

export function compileCounter(): Promise<Cell> {
  return compileTolk(fileURLToPath(new URL(".", import.meta.url)), "counter.tolk");
}

/** The counter as `client.open(...)` takes it. */
export class Counter implements Contract {
  readonly init: { readonly code: Cell; readonly data: Cell };
  readonly address: Address;

  constructor(code: Cell, id: number) {
    this.init = { code, data: beginCell().storeUint(id, 32).storeUint(0, 64).endCell() };
    this.address = contractAddress(WORKCHAIN, this.init);
  }

  /** Brings the code, and money for its gas. */
  async sendDeploy(provider: ContractProvider, via: Sender, value: bigint): Promise<void> {
    await provider.internal(via, { value, bounce: false });
  }

  async sendIncrease(provider: ContractProvider, via: Sender, value: bigint, by: number): Promise<void> {
    const body = beginCell().storeUint(OP_INCREASE, 32).storeUint(by, 32).endCell();
    await provider.internal(via, { value, bounce: true, body });
  }

  /** Without a wallet: the counter pays. */
  async sendIncreaseFrom(provider: ContractProvider, seen: bigint): Promise<void> {
    await provider.external(beginCell().storeUint(OP_INCREASE_FROM, 32).storeUint(seen, 64).endCell());
  }

  async getCount(provider: ContractProvider): Promise<bigint> {
    return (await provider.get("count", [])).stack.readBigNumber();
  }
}
