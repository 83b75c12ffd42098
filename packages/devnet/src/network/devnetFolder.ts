import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type ExecutorKind,
  type Genesis,
  type GenesisAccount,
  networkIdOf,
  parseGenesis,
  type ProtocolSettings,
} from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { accountIdOfText } from "@sealwright/execution";
import {
  createNetworkFiles,
  type NetworkFilesOptions,
  type NodeAddresses,
  nodeDirOf,
  systemClock,
  systemRandom,
  type TestAccount,
  type TestAccountsFile,
  writeNodeConfigs,
} from "@sealwright/node";
import { assert, assertNever, fromHex, type KeeperId, type NetworkId, toHex, unwrap } from "@sealwright/types";
import { DevnetError } from "../devnetError.js";
import { createTestWallets, loadWallets, type TestWallet } from "../wallets/wallet.js";
import { type DevnetParameters, differenceFrom } from "./devnetParameters.js";
import {
  damaged,
  type DevnetState,
  otherVersion,
  readDevnetFile,
  readDevnetState,
  STATE_NAME,
  STATE_VERSION,
} from "./devnetState.js";
import { choosePorts } from "./ports.js";

/** Whose keys the folder holds, by the network's engine. */
export type FundedAccounts =
  | { readonly type: "ledger"; readonly accounts: readonly TestAccount[] }
  /** `loadSeed`: of the wallets that only a load uses, `LOAD_WALLETS` of them, and of the faucet's, the one after them. */
  | { readonly type: "tvm"; readonly wallets: readonly TestWallet[]; readonly loadSeed: Uint8Array };

/** A devnet's folder, ready for its keepers to start. */
export interface DevnetFolder {
  readonly dir: string;
  readonly name: string;
  readonly networkId: NetworkId;
  readonly parameters: DevnetParameters;
  readonly keeperIds: readonly KeeperId[];
  readonly addresses: readonly NodeAddresses[];
  readonly funded: FundedAccounts;
  readonly accountsPath: string;
  readonly genesisPath: string;
  /** False: made just now. */
  readonly isResumed: boolean;
  readonly changedPorts: readonly { readonly wished: number; readonly port: number }[];
}

/** Ports wished for; 0 takes any free ones. */
export interface PortWishes {
  readonly api: number;
  readonly keeper: number;
}

const ACCOUNTS_NAME = "accounts.json";
const LOAD_WALLETS_NAME = "load-wallets.json";
const GENESIS_NAME = "genesis.json";
const HOST = "127.0.0.1";
export const TEST_BALANCE = 1_000_000_000n;
export const TEST_FEE = 1n;
/** A million coins. */
const WALLET_BALANCE = 1_000_000_000_000_000n;
/** Wallets that a load sends from: each waits for its message before it sends the next. */
export const LOAD_WALLETS = 512;
const LOAD_WALLET_BALANCE = 1_000_000_000_000n;

export interface OpenFolderOptions {
  readonly dir: string;
  readonly parameters: DevnetParameters;
  readonly settings: ProtocolSettings;
  readonly ports: PortWishes;
}

/** Opens the devnet in `dir`, or makes one there. @throws DevnetError */
export async function openDevnetFolder(options: OpenFolderOptions): Promise<DevnetFolder> {
  const { dir, parameters, ports } = options;
  const state = await readDevnetState(dir);
  if (state !== null) refuseOtherParameters(dir, state, parameters);
  const wishes = Array.from({ length: parameters.nodes }, (_, i) => [
    wishAt(ports.keeper, i),
    wishAt(ports.api, i),
  ]).flat();
  const chosen = await choosePorts(wishes);
  const addresses = Array.from({ length: parameters.nodes }, (_, i) => ({
    keeper: { host: HOST, port: chosen[2 * i]!.port },
    api: { host: HOST, port: chosen[2 * i + 1]!.port },
  }));
  if (state === null) await makeFolder(options, addresses);
  const genesisPath = join(dir, GENESIS_NAME);
  const accountsPath = join(dir, ACCOUNTS_NAME);
  const genesis = await readGenesis(dir, verifyPossession);
  if (genesis.keepers.length !== parameters.nodes)
    throw damaged(dir, `${GENESIS_NAME} names ${genesis.keepers.length} keepers, ${STATE_NAME} ${parameters.nodes}`);
  const keeperIds = genesis.keepers.map(({ id }) => id);
  await writeNodeConfigs({ dir, keeperIds, addresses, logFormat: "json" });
  return {
    dir,
    name: genesis.name,
    networkId: networkIdOf(genesis),
    parameters,
    keeperIds,
    addresses,
    funded: await readFunded(dir, parameters.executor),
    accountsPath,
    genesisPath,
    isResumed: state !== null,
    changedPorts: chosen.flatMap(({ port, insteadOf }) => (insteadOf === null ? [] : [{ wished: insteadOf, port }])),
  };
}

export const nodeConfigPathOf = (dir: string, index: number): string => join(nodeDirOf(dir, index), "node.yaml");
export const nodeLogPathOf = (dir: string, index: number): string => join(nodeDirOf(dir, index), "node.log");

const wishAt = (base: number, index: number): number => (base === 0 ? 0 : base + index);

/** Before anything of it is started or changed. @throws DevnetError */
export async function readGenesis(dir: string, checkPossession: typeof verifyPossession): Promise<Genesis> {
  const genesis = parseGenesis(await readDevnetFile(dir, GENESIS_NAME), checkPossession);
  if (genesis.ok) return genesis.value;
  const { path, value, allowed } = genesis.error;
  const what = `${GENESIS_NAME}: ${path} is ${JSON.stringify(value) ?? "missing"}, allowed is ${allowed}`;
  throw path === "sealwright" ? otherVersion(dir, what) : damaged(dir, what);
}

function refuseOtherParameters(dir: string, there: DevnetParameters, parameters: DevnetParameters): void {
  const difference = differenceFrom(there, parameters);
  if (difference === null) return;
  const advice = `start it as it is (${difference.optionsOfThere}), choose another folder with --data-dir, or delete ${dir} to begin anew`;
  throw new DevnetError("otherParameters", `${dir} holds another devnet: ${difference.text}`, advice);
}

/** Made beside its place and moved there whole, so that an interrupted start leaves nothing half made. */
async function makeFolder(options: OpenFolderOptions, addresses: readonly NodeAddresses[]): Promise<void> {
  const { dir, parameters, settings } = options;
  const parent = dirname(dir);
  await mkdir(parent, { recursive: true });
  const making = await mkdtemp(join(parent, `.${basename(dir)}-`));
  try {
    const name = `devnet-${toHex(systemRandom.bytes(2))}`;
    const { executor, threads } = parameters;
    const common = { dir: making, name, threads, settings, addresses, executor, keyStrength: "test" } as const;
    const money = await moneyOf(making, parameters);
    unwrap(await createNetworkFiles({ ...common, ...money }, { random: systemRandom, clock: systemClock }));
    const state: DevnetState = { sealwright: "devnet", version: STATE_VERSION, name, ...parameters };
    await writeFile(join(making, STATE_NAME), `${JSON.stringify(state, null, 2)}\n`);
    await rename(making, dir);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

type Money = Pick<NetworkFilesOptions, "accounts" | "accountBalance" | "transferFee" | "fundedAccounts">;

/** Who has money at genesis. Writes the wallets of a TVM network; the ledger's accounts come with the network's files. */
async function moneyOf(dir: string, { executor, accounts }: DevnetParameters): Promise<Money> {
  switch (executor) {
    case "ledger":
      return { accounts, accountBalance: TEST_BALANCE, transferFee: TEST_FEE };
    case "tvm": {
      const wallets = await createTestWallets(accounts, WALLET_BALANCE);
      const loadSeed = systemRandom.bytes(32);
      await mkdir(dir, { recursive: true });
      await writeFile(join(dir, ACCOUNTS_NAME), `${JSON.stringify(wallets, null, 2)}\n`);
      await writeFile(join(dir, LOAD_WALLETS_NAME), `${JSON.stringify({ seed: toHex(loadSeed) })}\n`);
      const fundedAccounts = [...fundedWallets(wallets), ...fundedLoadWallets(loadSeed)];
      return { accounts: 0, accountBalance: 0n, transferFee: 0n, fundedAccounts };
    }
    default:
      return assertNever(executor);
  }
}

function fundedWallets(wallets: readonly TestWallet[]): GenesisAccount[] {
  return wallets.map(({ address, balance }) => {
    const id = accountIdOfText(address);
    assert(id !== null, "wallets are made in the network's workchain");
    return { id, balance: BigInt(balance) };
  });
}

function fundedLoadWallets(seed: Uint8Array): GenesisAccount[] {
  return loadWallets(seed, LOAD_WALLETS + 1).map(({ id }, i) => {
    return { id, balance: i < LOAD_WALLETS ? LOAD_WALLET_BALANCE : WALLET_BALANCE };
  });
}

async function readFunded(dir: string, executor: ExecutorKind): Promise<FundedAccounts> {
  const file = await readDevnetFile(dir, ACCOUNTS_NAME);
  if (executor === "ledger") {
    const accounts = (file as Partial<TestAccountsFile> | null)?.accounts;
    if (!Array.isArray(accounts)) throw damaged(dir, `${ACCOUNTS_NAME} lists no accounts`);
    return { type: "ledger", accounts };
  }
  if (!Array.isArray(file)) throw damaged(dir, `${ACCOUNTS_NAME} lists no wallets`);
  const seed = ((await readDevnetFile(dir, LOAD_WALLETS_NAME)) as { readonly seed?: unknown } | null)?.seed;
  const loadSeed = typeof seed === "string" ? fromHex(seed) : null;
  if (loadSeed === null) throw damaged(dir, `${LOAD_WALLETS_NAME} has no seed`);
  return { type: "tvm", wallets: file as TestWallet[], loadSeed };
}
