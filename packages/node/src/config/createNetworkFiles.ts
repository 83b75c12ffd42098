import { access, mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type Genesis,
  type GenesisKeeper,
  genesisToJson,
  keeperIdOf,
  networkIdOf,
  type ProtocolSettings,
} from "@sealwright/consensus";
import { BlsSecretKey, encryptKeystore, type Keystore, provePossession } from "@sealwright/crypto";
import { generateTransportKey } from "@sealwright/network";
import {
  assert,
  type Clock,
  err,
  type KeeperId,
  type NetworkId,
  ok,
  type Random,
  type Result,
  unwrap,
} from "@sealwright/types";
import type { SocketAddress } from "./nodeConfig.js";
import { nodeConfigText } from "./nodeConfigText.js";
import { apiUrlOfListener } from "./publicApi.js";
import { writeSecretFile } from "./secretFile.js";
import { createAccountKeys, testAccountsFile } from "./testAccounts.js";
import { transportKeyText } from "./transportKeyFile.js";
import { weakKeystore } from "./weakKeystore.js";

/** Where one keeper of a new network listens. */
export interface NodeAddresses {
  readonly keeper: SocketAddress;
  readonly api: SocketAddress;
}

/** What a new network is like, and where its files go. */
export interface NetworkFilesOptions {
  /** Made if absent; must not hold a network yet. */
  readonly dir: string;
  readonly name: string;
  readonly threads: number;
  readonly settings: ProtocolSettings;
  /** One per keeper. */
  readonly addresses: readonly NodeAddresses[];
  /** Funded test accounts, each with `accountBalance` base units; 0 for a real network. */
  readonly accounts: number;
  readonly accountBalance: bigint;
  readonly transferFee: bigint;
  /** The ledger unless told. */
  readonly executor?: Genesis["executor"];
  /** Accounts that have a key elsewhere, beside the test accounts. */
  readonly fundedAccounts?: Genesis["accounts"];
  /** `test` keys open in a millisecond and are worth nothing; `strong` ones take about a second each. */
  readonly keyStrength: "test" | "strong";
  readonly logFormat?: "json" | "pretty";
}

/** Where the files are that were made. */
export interface NetworkFiles {
  readonly networkId: NetworkId;
  readonly genesisPath: string;
  /** Null without test accounts. */
  readonly accountsPath: string | null;
  readonly nodes: readonly NodeFiles[];
}

/** Those of one keeper. */
export interface NodeFiles {
  readonly keeperId: KeeperId;
  readonly dir: string;
  readonly configPath: string;
}

/** There is a network already; nothing was changed. */
export type NetworkFilesError = { readonly code: "networkExists"; readonly path: string };

const PASSWORD_BYTES = 24;
const KEYGEN_BYTES = 32;
const GENESIS_NAME = "genesis.json";
const ACCOUNTS_NAME = "accounts.json";

/**
 * Makes all files of a new network: genesis.json, accounts.json, and for each keeper a folder node-0, node-1, … with
 * node.yaml and its keys. The genesis document comes last, so a folder that has one is complete.
 * @throws the file system's own errors
 */
export async function createNetworkFiles(
  options: NetworkFilesOptions,
  deps: { readonly random: Random; readonly clock: Clock },
): Promise<Result<NetworkFiles, NetworkFilesError>> {
  const { dir, addresses, accounts, accountBalance } = options;
  assert(addresses.length > 0, "a network has at least one keeper");
  const genesisPath = join(dir, GENESIS_NAME);
  if (await exists(genesisPath)) return err({ code: "networkExists", path: genesisPath });
  await mkdir(dir, { recursive: true });

  const keepers: GenesisKeeper[] = [];
  for (let i = 0; i < addresses.length; i++)
    keepers.push(await createKeyFiles(keysDirOf(dir, i), options.keyStrength, deps));
  const accountKeys = createAccountKeys(accounts, deps);
  const genesis = genesisOf(
    options,
    keepers,
    [...accountKeys.map(({ id }) => ({ id, balance: accountBalance })), ...(options.fundedAccounts ?? [])],
    deps.clock,
  );
  const ids = keepers.map(({ id }) => id);
  await writeNodeConfigs({ dir, keeperIds: ids, addresses, logFormat: options.logFormat ?? "json" });
  const accountsPath = accounts === 0 ? null : join(dir, ACCOUNTS_NAME);
  if (accountsPath !== null) {
    await writeFile(accountsPath, jsonText(testAccountsFile(genesis, accountKeys, accountBalance)));
  }
  await writeFile(genesisPath, jsonText(genesisToJson(genesis)));
  const nodes = ids.map((keeperId, i) => ({ keeperId, dir: nodeDirOf(dir, i), configPath: configPathOf(dir, i) }));
  return ok({ networkId: networkIdOf(genesis), genesisPath, accountsPath, nodes });
}

/** (Re)writes every node.yaml of a network's folder, such as after its ports changed. */
export async function writeNodeConfigs(options: {
  readonly dir: string;
  readonly keeperIds: readonly KeeperId[];
  readonly addresses: readonly NodeAddresses[];
  readonly logFormat: "json" | "pretty";
}): Promise<void> {
  const { dir, keeperIds, addresses, logFormat } = options;
  assert(keeperIds.length === addresses.length, "each keeper has its addresses");
  for (const [i, listen] of addresses.entries()) {
    const peers = keeperIds.flatMap((id, j) => {
      const { keeper: address, api } = addresses[j]!;
      return j === i ? [] : [{ id, address, api: apiUrlOfListener(api) }];
    });
    const genesis = relative(nodeDirOf(dir, i), join(dir, GENESIS_NAME));
    await writeFile(configPathOf(dir, i), nodeConfigText({ genesis, listen, peers, logFormat }));
  }
}

/** The folder of a network's keeper, counted from 0. */
export const nodeDirOf = (dir: string, index: number): string => join(dir, `node-${index}`);
const keysDirOf = (dir: string, index: number): string => join(nodeDirOf(dir, index), "keys");
const configPathOf = (dir: string, index: number): string => join(nodeDirOf(dir, index), "node.yaml");

/**
 * Makes a keeper's key files in `keysDir`, which must hold none: bls.json, transport.json, password.txt.
 * @returns what the genesis document tells of the keeper
 */
export async function createKeyFiles(
  keysDir: string,
  strength: "test" | "strong",
  { random }: { readonly random: Random },
): Promise<GenesisKeeper> {
  await mkdir(keysDir, { recursive: true, mode: 0o700 });
  const key = unwrap(BlsSecretKey.fromKeygen(random.bytes(KEYGEN_BYTES)));
  const transport = generateTransportKey(random);
  const password = Buffer.from(random.bytes(PASSWORD_BYTES)).toString("base64url");
  const keystore =
    strength === "test" ? weakKeystore(key, password, { random }) : await strongKeystore(key, password, random);
  await writeSecretFile(join(keysDir, "password.txt"), `${password}\n`);
  await writeSecretFile(join(keysDir, "bls.json"), jsonText(keystore));
  await writeSecretFile(join(keysDir, "transport.json"), transportKeyText(transport));
  const blsPublicKey = key.publicKey();
  return {
    id: keeperIdOf(blsPublicKey),
    blsPublicKey,
    proofOfPossession: provePossession(key),
    transportPublicKey: transport.publicKey,
  };
}

async function strongKeystore(key: BlsSecretKey, password: string, random: Random): Promise<Keystore> {
  const description = `keeper ${keeperIdOf(key.publicKey()).slice(0, 16)}`;
  return unwrap(await encryptKeystore(key, password, { description }, { random }));
}

function genesisOf(
  options: NetworkFilesOptions,
  keepers: readonly GenesisKeeper[],
  accounts: Genesis["accounts"],
  clock: Clock,
): Genesis {
  const { name, threads: threadCount, settings, transferFee, executor = "ledger" } = options;
  return {
    name,
    createdAtMs: clock.nowMs(),
    executor,
    transferFee,
    threadCount,
    settings,
    keepers,
    accounts,
  };
}

function jsonText(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
