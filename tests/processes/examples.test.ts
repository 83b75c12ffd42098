import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, type OpenedContract, type Sender, type ShardAccount, toNano, type Transaction } from "@ton/core";
import { TonClient, type WalletContractV4 } from "@ton/ton";
import { genesisThreads, parseGenesis } from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { createDevnet, type Devnet, openWallet } from "@sealwright/devnet";
import { accountIdOfAddress, ENTRY_KIND } from "@sealwright/execution";
import { networkEngine } from "@sealwright/node";
import { fromHex, toHex } from "@sealwright/types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileJetton, Holder, JETTON_ERROR, type JettonCode, Minter } from "../../examples/jetton/jetton.js";
import { compileCounter, Counter, COUNTER_ERROR } from "../../examples/tolk-counter/counter.js";
import { hashOfAccount, replay } from "../differential/replay.js";
import { shardAccountOf } from "../differential/wholeAccount.js";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
const WAIT = { timeout: 30_000, interval: 100 };

let dir = "";
let devnet: Devnet;
let client: TonClient;
let owners: readonly Owner[] = [];

interface Owner {
  readonly address: Address;
  /** Sends through the wallet, and resolves when the wallet's transaction is final. */
  act(send: (via: Sender) => Promise<void>): Promise<void>;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-examples-"));
  devnet = await createDevnet({
    nodes: 4,
    threads: 2,
    executor: "tvm",
    accounts: 3,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  client = new TonClient({ endpoint: devnet.urls.ton! });
  const { funded } = devnet.folder;
  const wallets = funded.type === "tvm" ? funded.wallets.filter(({ version }) => version === "v4R2") : [];
  owners = await Promise.all(wallets.map(async (wallet) => ownerOf(await openWallet(wallet))));
});

afterAll(async () => {
  await devnet.stop();
  await rm(dir, { recursive: true, force: true });
});

function ownerOf({ contract, key }: Awaited<ReturnType<typeof openWallet>>): Owner {
  const wallet = client.open(contract as WalletContractV4);
  return {
    address: contract.address,
    act: async (send) => {
      const seqno = await wallet.getSeqno();
      await send(wallet.sender(key.secretKey));
      await expect.poll(() => wallet.getSeqno(), WAIT).toBe(seqno + 1);
    },
  };
}

/** With two threads the first bit of an account's id tells its thread. */
const threadOf = (address: Address): number => address.hash[0]! >> 7;

describe("the counter", () => {
  let code: Awaited<ReturnType<typeof compileCounter>>;
  beforeAll(async () => {
    code = await compileCounter();
  });

  it.each([0, 1])("counts in thread %i: by wallet, from outside, and never twice for one message", async (thread) => {
    const [owner] = owners;
    const contract = firstIn(thread, (id) => new Counter(code, id));
    const counter = client.open(contract);
    await owner!.act((via) => counter.sendDeploy(via, toNano("1")));
    await expect.poll(() => client.isContractDeployed(contract.address), WAIT).toBe(true);
    expect(await counter.getCount()).toBe(0n);
    await owner!.act((via) => counter.sendIncrease(via, toNano("0.05"), 5));
    await expect.poll(() => counter.getCount(), WAIT).toBe(5n);
    await counter.sendIncreaseFrom(5n);
    await expect.poll(() => counter.getCount(), WAIT).toBe(6n);
    // The very same message again is that message, whose end is known; another outdated one is refused at the door.
    await counter.sendIncreaseFrom(5n);
    await expect(counter.sendIncreaseFrom(4n)).rejects.toMatchObject({
      response: {
        data: { ok: false, error: expect.stringContaining(`exit code ${COUNTER_ERROR.outdated}`) as string },
      },
    });
    expect(await counter.getCount()).toBe(6n);
  });

  it("gives the money back that came with a message that it refuses", async () => {
    const [owner] = owners;
    const contract = firstIn(0, (id) => new Counter(code, 1_000 + id));
    const counter = client.open(contract);
    await owner!.act((via) => counter.sendDeploy(via, toNano("1")));
    await owner!.act((via) => counter.sendIncrease(via, toNano("0.5"), 0));
    await expect.poll(async () => (await client.getTransactions(contract.address, { limit: 10 })).length, WAIT).toBe(2);
    const [refused] = await client.getTransactions(contract.address, { limit: 1 });
    expect(exitCodeOf(refused!)).toBe(COUNTER_ERROR.nothingToAdd);
    await expect.poll(() => bouncesAt(owner!.address), WAIT).toHaveLength(1);
    expect(await counter.getCount()).toBe(0n);
  });
});

describe("the jetton", () => {
  let code: JettonCode;
  let minter: OpenedContract<Minter>;
  let alice: Owner;
  let bob: Owner;
  let ofAlice: OpenedContract<Holder>;
  let ofBob: OpenedContract<Holder>;

  beforeAll(async () => {
    code = await compileJetton();
    [alice, bob] = [owners[0]!, owners[1]!];
    let id = 0;
    let made: Minter;
    // Another id is another minter, so other holders: until those two live in different threads.
    do {
      made = new Minter(code, alice.address, id++);
      ofAlice = client.open(new Holder(code, made.address, alice.address));
      ofBob = client.open(new Holder(code, made.address, bob.address));
    } while (threadOf(ofAlice.address) !== 0 || threadOf(ofBob.address) !== 1);
    minter = client.open(made);
  });

  it("mints, and everybody finds where the tokens are", async () => {
    await alice.act((via) => minter.sendDeploy(via, toNano("1")));
    await expect.poll(() => client.isContractDeployed(minter.address), WAIT).toBe(true);
    const mint = { amount: 1_000n, value: toNano("0.5"), forwarded: toNano("0.2") };
    await alice.act((via) => minter.sendMint(via, { owner: alice.address, ...mint }));
    await alice.act((via) => minter.sendMint(via, { owner: bob.address, ...mint, amount: 1n }));
    await expect.poll(() => balancesOf(ofAlice, ofBob), WAIT).toEqual([1_000n, 1n]);
    expect(await minter.getSupply()).toBe(1_001n);
    expect((await minter.getHolderAddress(alice.address)).equals(ofAlice.address)).toBe(true);
  });

  it("[I11] moves tokens from one thread to the other, once", async () => {
    await alice.act((via) => ofAlice.sendTransfer(via, { to: bob.address, amount: 300n, value: toNano("0.2") }));
    await expect.poll(() => balancesOf(ofAlice, ofBob), WAIT).toEqual([700n, 301n]);
  });

  it("[I10] [I11] brings back by a bounce what the other thread's holder refuses, once and with its money", async () => {
    await bob.act((via) => ofBob.sendSetClosed(via, toNano("0.05"), true));
    await expect.poll(async () => (await client.getTransactions(ofBob.address, { limit: 10 })).length, WAIT).toBe(3);
    await alice.act((via) => ofAlice.sendTransfer(via, { to: bob.address, amount: 200n, value: toNano("0.2") }));
    await expect.poll(() => bouncesAt(ofAlice.address), WAIT).toHaveLength(1);

    expect(await balancesOf(ofAlice, ofBob)).toEqual([700n, 301n]);
    const [bounce] = await bouncesAt(ofAlice.address);
    const [refused] = await client.getTransactions(ofBob.address, { limit: 1 });
    expect(exitCodeOf(refused!)).toBe(JETTON_ERROR.closed);
    expect(refused!.outMessagesCount).toBe(1);
    // The message that came back is the one that left there.
    expect(bounce!.inMessage!.body.hash()).toEqual(refused!.outMessages.values()[0]!.body.hash());
    for (const holder of [ofAlice, ofBob]) await expectBooksOf(holder.address);
    await expectNothingUnderWay();
  });

  it("refuses a stranger's transfer and one of more than there is", async () => {
    await bob.act((via) => ofAlice.sendTransfer(via, { to: bob.address, amount: 1n, value: toNano("0.1") }));
    await alice.act((via) => ofAlice.sendTransfer(via, { to: bob.address, amount: 701n, value: toNano("0.1") }));
    const refusals = async (): Promise<unknown> =>
      (await client.getTransactions(ofAlice.address, { limit: 10 }))
        .map(exitCodeOf)
        .filter((exit) => exit !== 0)
        .sort();
    await expect.poll(refusals, WAIT).toEqual([JETTON_ERROR.notAllowed, JETTON_ERROR.balance]);
    expect(await balancesOf(ofAlice, ofBob)).toEqual([700n, 301n]);
  });
});

describe("everything that these contracts did in two threads", () => {
  it("[I11] is what TON's own sandbox makes of the same messages, transaction by transaction, to the last bit", async () => {
    const genesis = await accountsAtGenesis();
    const found = new Map(owners.map(({ address }) => [address.toRawString(), address]));
    // Whoever they sent something to, and whoever those did.
    for (const address of found.values()) {
      const transactions = (await client.getTransactions(address, { limit: 100 })).reverse();
      expect(transactions.length).toBeGreaterThan(0);
      for (const { outMessages } of transactions)
        for (const { info } of outMessages.values())
          if (info.type === "internal") found.set(info.dest.toRawString(), info.dest);
      const { value } = await devnet.clients[0]!.account(accountIdOfAddress(address)!, "final");
      const there = await replay(address, genesis.get(accountIdOfAddress(address)!) ?? null, transactions);
      expect(there.hashes).toEqual(transactions.map((transaction) => transaction.hash().toString("hex")));
      expect(there.account).toBe(hashOfAccount(shardAccountOf(fromHex(value!)!)));
    }
    // Three wallets at most, three counters, a minter and two holders.
    expect(found.size).toBeGreaterThanOrEqual(owners.length + 6);
    expect(new Set([...found.values()].map(threadOf)).size).toBe(2);
  });
});

async function accountsAtGenesis(): Promise<Map<string, ShardAccount>> {
  const { dir: folder, networkId, genesisPath } = devnet.folder;
  const genesis = parseGenesis(JSON.parse(await readFile(genesisPath, "utf8")), verifyPossession);
  if (!genesis.ok) throw new Error(`${folder}: ${genesis.error.path}`);
  const table = genesisThreads(genesis.value, networkId);
  const engine = networkEngine(genesis.value, networkId);
  const entries = table.flatMap(({ threadId }) => engine.genesisEntries(threadId, table));
  const accounts = entries.filter(({ key }) => key[0] === ENTRY_KIND.account);
  return new Map(accounts.map(({ key, value }) => [toHex(key.subarray(1)), shardAccountOf(value!)]));
}

function firstIn<C extends { readonly address: Address }>(thread: number, make: (id: number) => C): C {
  for (let id = 0; ; id++) {
    const made = make(id);
    if (threadOf(made.address) === thread) return made;
  }
}

function balancesOf(...holders: readonly OpenedContract<Holder>[]): Promise<bigint[]> {
  return Promise.all(holders.map((holder) => holder.getBalance()));
}

function exitCodeOf({ description }: Transaction): number | null {
  return description.type === "generic" && description.computePhase.type === "vm"
    ? description.computePhase.exitCode
    : null;
}

async function bouncesAt(address: Address): Promise<Transaction[]> {
  const transactions = await client.getTransactions(address, { limit: 20 });
  return transactions.filter(({ inMessage }) => inMessage?.info.type === "internal" && inMessage.info.bounced);
}

/** What came in, without what went out and the fees, is what is there: to the last coin. */
async function expectBooksOf(address: Address): Promise<void> {
  const transactions = await client.getTransactions(address, { limit: 20 });
  let balance = 0n;
  for (const { inMessage, outMessages, totalFees } of transactions) {
    if (inMessage?.info.type === "internal") balance += inMessage.info.value.coins;
    for (const { info } of outMessages.values())
      if (info.type === "internal") balance -= info.value.coins + info.forwardFee;
    balance -= totalFees.coins;
  }
  expect(await client.getBalance(address)).toBe(balance);
}

/** What left threads arrived in others. */
async function expectNothingUnderWay(): Promise<void> {
  const underWay = async (): Promise<bigint> => {
    const totals = await Promise.all([0, 1].map((thread) => devnet.clients[0]!.totals(thread)));
    return totals.reduce((sum, { sent, received }) => sum + BigInt(sent) - BigInt(received), 0n);
  };
  await expect.poll(underWay, WAIT).toBe(0n);
}
