import { type KeyPair, keyPairFromSeed } from "@ton/crypto";
import {
  Address,
  type Cell,
  type ContractProvider,
  internal,
  type MessageRelaxed,
  type Sender,
  SendMode,
  toNano,
  WalletContractV4,
  WalletContractV5R1,
} from "@ton/ton";
import { encodeExternalTo } from "@sealwright/execution";
import fc from "fast-check";
import { Holder, type JettonCode, Minter } from "../../examples/jetton/jetton.js";
import { Counter } from "../../examples/tolk-counter/counter.js";

export const FUNDS = toNano("1000");
const WALLETS = 4;
const STRANGERS = 3;
const TIMEOUT_S = 2_000_000_000;

/** What somebody does, from outside of the chain. */
type Action =
  /** `to`: wallets, then strangers. */
  | {
      readonly type: "pay";
      readonly from: number;
      readonly to: readonly number[];
      readonly value: bigint;
      readonly bounce: boolean;
    }
  /** With a number that the wallet had before. */
  | { readonly type: "stale"; readonly from: number }
  | { readonly type: "deployCounter"; readonly from: number }
  | { readonly type: "increase"; readonly from: number; readonly by: number }
  /** By an external message to the counter itself. */
  | { readonly type: "increaseFrom"; readonly seen: number }
  | { readonly type: "deployMinter"; readonly from: number }
  | { readonly type: "mint"; readonly from: number; readonly owner: number; readonly amount: number }
  | {
      readonly type: "transfer";
      readonly from: number;
      readonly owner: number;
      readonly to: number;
      readonly amount: number;
    }
  | { readonly type: "setClosed"; readonly from: number; readonly isClosed: boolean };

const wallet = fc.nat(WALLETS - 1);

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("pay" as const),
      from: wallet,
      to: fc.array(fc.nat(WALLETS + STRANGERS - 1), { minLength: 1, maxLength: 4 }),
      // From dust to more than anybody has.
      value: fc.oneof(fc.bigInt(0n, 10n ** 9n), fc.constant(FUNDS / 2n), fc.constant(FUNDS * 2n)),
      bounce: fc.boolean(),
    }),
    fc.record({ type: fc.constant("stale" as const), from: wallet }),
    fc.record({ type: fc.constant("deployCounter" as const), from: wallet }),
    fc.record({ type: fc.constant("increase" as const), from: wallet, by: fc.nat(3) }),
    fc.record({ type: fc.constant("increaseFrom" as const), seen: fc.nat(4) }),
    fc.record({ type: fc.constant("deployMinter" as const), from: wallet }),
    fc.record({ type: fc.constant("mint" as const), from: fc.nat(1), owner: wallet, amount: fc.nat(100) }),
    fc.record({ type: fc.constant("transfer" as const), from: wallet, owner: wallet, to: wallet, amount: fc.nat(120) }),
    fc.record({ type: fc.constant("setClosed" as const), from: wallet, isClosed: fc.boolean() }),
  ),
  { minLength: 5, maxLength: 25 },
);

interface OpenedWallet {
  readonly contract: WalletContractV4 | WalletContractV5R1;
  readonly key: KeyPair;
  /** Of its next message. */
  seqno: number;
}

/** Wallets of both versions, a counter and a jetton; the same addresses and messages every time. */
export class Scenario {
  readonly wallets: readonly OpenedWallet[] = Array.from({ length: WALLETS }, (_, i) => openedWallet(i));
  readonly strangers = Array.from({ length: STRANGERS }, (_, i) => new Address(0, Buffer.alloc(32, 0x21 + i)));
  readonly counter: Counter;
  readonly minter: Minter;
  readonly holders: readonly Holder[];

  constructor(codes: { readonly counter: Cell; readonly jetton: JettonCode }) {
    this.counter = new Counter(codes.counter, 1);
    this.minter = new Minter(codes.jetton, this.wallets[0]!.contract.address, 1);
    this.holders = this.wallets.map(({ contract }) => new Holder(codes.jetton, this.minter.address, contract.address));
  }

  get addresses(): readonly Address[] {
    const contracts = [this.counter, this.minter, ...this.holders, ...this.wallets.map(({ contract }) => contract)];
    return [...contracts.map(({ address }) => address), ...this.strangers];
  }

  /** Bags of cells of the external messages that an action sends. */
  async messageOf(action: Action): Promise<Uint8Array> {
    switch (action.type) {
      case "pay":
        return this.#fromWallet(
          action.from,
          action.to.map((to) => internal({ to: this.#target(to), value: action.value, bounce: action.bounce })),
        );
      case "stale": {
        const opened = this.wallets[action.from]!;
        return signed(opened, Math.max(0, opened.seqno - 1), [internal({ to: this.#target(0), value: 1n })]);
      }
      case "increaseFrom":
        return outsideMessage(
          (provider) => this.counter.sendIncreaseFrom(provider, BigInt(action.seen)),
          this.counter.address,
        );
      case "deployCounter":
        return this.#call(action.from, this.counter, (p, via) => this.counter.sendDeploy(p, via, toNano("1")));
      case "increase":
        return this.#call(action.from, this.counter, (p, via) =>
          this.counter.sendIncrease(p, via, toNano("0.05"), action.by),
        );
      case "deployMinter":
        return this.#call(action.from, this.minter, (p, via) => this.minter.sendDeploy(p, via, toNano("1")));
      case "mint": {
        const owner = this.wallets[action.owner]!.contract.address;
        const mint = { owner, amount: BigInt(action.amount), value: toNano("0.5"), forwarded: toNano("0.2") };
        return this.#call(action.from, this.minter, (p, via) => this.minter.sendMint(p, via, mint));
      }
      case "transfer": {
        const holder = this.holders[action.owner]!;
        const to = this.wallets[action.to]!.contract.address;
        const transfer = { to, amount: BigInt(action.amount), value: toNano("0.2") };
        return this.#call(action.from, holder, (p, via) => holder.sendTransfer(p, via, transfer));
      }
      case "setClosed": {
        const holder = this.holders[action.from]!;
        return this.#call(action.from, holder, (p, via) =>
          holder.sendSetClosed(p, via, toNano("0.05"), action.isClosed),
        );
      }
    }
  }

  #target(index: number): Address {
    return index < WALLETS ? this.wallets[index]!.contract.address : this.strangers[index - WALLETS]!;
  }

  /** What a contract's own method would send through a wallet, with its state init unless it is a holder's. */
  async #call(
    from: number,
    contract: Counter | Minter | Holder,
    send: (provider: ContractProvider, via: Sender) => Promise<void>,
  ): Promise<Uint8Array> {
    const sent: MessageRelaxed[] = [];
    const init = contract instanceof Holder ? undefined : contract.init;
    const provider = {
      internal: (_via: Sender, { value, bounce, body }: { value: bigint; bounce?: boolean; body?: Cell }) => {
        sent.push(internal({ to: contract.address, value, bounce: bounce ?? true, init, body }));
        return Promise.resolve();
      },
    } as unknown as ContractProvider;
    await send(provider, {} as Sender);
    return this.#fromWallet(from, sent);
  }

  #fromWallet(from: number, messages: MessageRelaxed[]): Uint8Array {
    const opened = this.wallets[from]!;
    return signed(opened, opened.seqno++, messages);
  }
}

async function outsideMessage(
  send: (provider: ContractProvider) => Promise<void>,
  address: Address,
): Promise<Uint8Array> {
  const bodies: Cell[] = [];
  await send({ external: (body: Cell) => Promise.resolve(void bodies.push(body)) } as unknown as ContractProvider);
  return encodeExternalTo(address, { body: bodies[0]!, init: null });
}

function openedWallet(index: number): OpenedWallet {
  const key = keyPairFromSeed(Buffer.alloc(32, index + 1));
  const options = { workchain: 0, publicKey: key.publicKey };
  const contract = index % 2 === 0 ? WalletContractV4.create(options) : WalletContractV5R1.create(options);
  return { contract, key, seqno: 0 };
}

/** The first message brings the wallet's code. */
function signed({ contract, key }: OpenedWallet, seqno: number, messages: MessageRelaxed[]): Uint8Array {
  const sendMode = SendMode.PAY_GAS_SEPARATELY + SendMode.IGNORE_ERRORS;
  const transfer = { seqno, secretKey: key.secretKey, sendMode, timeout: TIMEOUT_S, messages };
  const body =
    contract instanceof WalletContractV4 ? contract.createTransfer(transfer) : contract.createTransfer(transfer);
  return encodeExternalTo(contract.address, { body, init: seqno === 0 ? contract.init : null });
}
