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
const OP_MINT = 1;
const OP_TRANSFER = 2;
const OP_SET_CLOSED = 3;

/** What contracts of this code refuse with. */
export const JETTON_ERROR = { notAllowed: 200, balance: 201, closed: 202, unknownMessage: 0xffff } as const;

export interface JettonCode {
  readonly minter: Cell;
  readonly holder: Cell;
}

export async function compileJetton(): Promise<JettonCode> {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  return { minter: await compileTolk(folder, "minter.tolk"), holder: await compileTolk(folder, "holder.tolk") };
}

/** Makes tokens for whom its admin says. */
export class Minter implements Contract {
  readonly init: { readonly code: Cell; readonly data: Cell };
  readonly address: Address;

  constructor(code: JettonCode, admin: Address, id: number) {
    const data = beginCell().storeUint(id, 32).storeCoins(0).storeAddress(admin).storeRef(code.holder).endCell();
    this.init = { code: code.minter, data };
    this.address = contractAddress(WORKCHAIN, this.init);
  }

  async sendDeploy(provider: ContractProvider, via: Sender, value: bigint): Promise<void> {
    await provider.internal(via, { value, bounce: false });
  }

  /** `forwarded` of the minter's money go on to the holder, which keeps it for its storage. */
  async sendMint(
    provider: ContractProvider,
    via: Sender,
    mint: { readonly owner: Address; readonly amount: bigint; readonly value: bigint; readonly forwarded: bigint },
  ): Promise<void> {
    const { owner, amount, value, forwarded } = mint;
    const body = beginCell()
      .storeUint(OP_MINT, 32)
      .storeAddress(owner)
      .storeCoins(amount)
      .storeCoins(forwarded)
      .endCell();
    await provider.internal(via, { value, bounce: true, body });
  }

  async getSupply(provider: ContractProvider): Promise<bigint> {
    return (await provider.get("supply", [])).stack.readBigNumber();
  }

  async getHolderAddress(provider: ContractProvider, owner: Address): Promise<Address> {
    const slice = beginCell().storeAddress(owner).endCell();
    return (await provider.get("holderAddress", [{ type: "slice", cell: slice }])).stack.readAddress();
  }
}

/** The tokens of one owner. */
export class Holder implements Contract {
  readonly init: { readonly code: Cell; readonly data: Cell };
  readonly address: Address;

  constructor(code: JettonCode, minter: Address, owner: Address) {
    const data = beginCell()
      .storeCoins(0)
      .storeBit(false)
      .storeAddress(owner)
      .storeAddress(minter)
      .storeRef(code.holder)
      .endCell();
    this.init = { code: code.holder, data };
    this.address = contractAddress(WORKCHAIN, this.init);
  }

  async sendTransfer(
    provider: ContractProvider,
    via: Sender,
    transfer: { readonly to: Address; readonly amount: bigint; readonly value: bigint },
  ): Promise<void> {
    const { to, amount, value } = transfer;
    const body = beginCell().storeUint(OP_TRANSFER, 32).storeCoins(amount).storeAddress(to).endCell();
    await provider.internal(via, { value, bounce: true, body });
  }

  async sendSetClosed(provider: ContractProvider, via: Sender, value: bigint, isClosed: boolean): Promise<void> {
    const body = beginCell().storeUint(OP_SET_CLOSED, 32).storeBit(isClosed).endCell();
    await provider.internal(via, { value, bounce: true, body });
  }

  async getBalance(provider: ContractProvider): Promise<bigint> {
    return (await provider.get("balance", [])).stack.readBigNumber();
  }
}
