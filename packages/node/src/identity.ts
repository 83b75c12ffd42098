import { readFile } from "node:fs/promises";
import { type Genesis, genesisThreads, keeperIdOf, KeeperSet, networkIdOf, parseGenesis } from "@sealwright/consensus";
import { type BlsSecretKey, verifyPossession } from "@sealwright/crypto";
import { equalBytes, err, type KeeperId, type NetworkId, ok, type Result, type ThreadsTable } from "@sealwright/types";
import {
  describeNodeKeyError,
  loadKeys,
  loadTransportKey,
  type NodeConfig,
  type NodeKeyError,
} from "./config/index.js";
import type { StartNodeError } from "./nodeError.js";

/** Which network, and who in it. */
export interface PublicIdentity {
  readonly genesis: Genesis;
  readonly networkId: NetworkId;
  readonly keepers: KeeperSet;
  readonly table: ThreadsTable;
  readonly self: KeeperId;
  readonly blsPublicKey: Uint8Array;
}

/** What a keeper's machine holds of its secrets. */
export interface KeeperSecrets {
  /** Null: a signing service has it. */
  readonly blsSecretKey: BlsSecretKey | null;
  /** 32 bytes. */
  readonly transportSeed: Uint8Array;
  readonly transportPublicKey: Uint8Array;
}

export interface Identity extends PublicIdentity {
  readonly keys: KeeperSecrets;
}

/** Reads genesis and keys, and finds the own place among the keepers. A machine without the BLS key has its place by its transport key. */
export async function loadIdentity(config: NodeConfig): Promise<Result<Identity, StartNodeError>> {
  const genesis = await readGenesis(config.genesisPath);
  if (!genesis.ok) return genesis;
  const own = await loadOwn(config, genesis.value);
  if (!own.ok) return own;
  const keepers = KeeperSet.create(genesis.value.keepers);
  if (!keepers.ok)
    return err({
      code: "badGenesis",
      message: `the keepers in ${config.genesisPath} cannot form a set: ${keepers.error.code}`,
    });
  const networkId = networkIdOf(genesis.value);
  const { keys, blsPublicKey } = own.value;
  const self = keeperIdOf(blsPublicKey);
  const table = genesisThreads(genesis.value, networkId);
  return ok({ genesis: genesis.value, networkId, keepers: keepers.value, table, keys, self, blsPublicKey });
}

type Own = Pick<Identity, "keys" | "blsPublicKey">;

async function loadOwn(
  { keys: paths, signer, genesisPath }: NodeConfig,
  { keepers }: Genesis,
): Promise<Result<Own, StartNodeError>> {
  if (signer === null) {
    const keys = await loadKeys(paths);
    if (!keys.ok) return err(keyFault(keys.error));
    return ok({ keys: keys.value, blsPublicKey: keys.value.blsSecretKey.publicKey() });
  }
  const transport = await loadTransportKey(paths);
  if (!transport.ok) return err(keyFault(transport.error));
  const { transportPublicKey } = transport.value;
  const keeper = keepers.find((each) => equalBytes(each.transportPublicKey, transportPublicKey));
  if (keeper !== undefined)
    return ok({ keys: { blsSecretKey: null, ...transport.value }, blsPublicKey: keeper.blsPublicKey });
  const message = `the transport key in ${paths.transport} belongs to no keeper of ${genesisPath}, so it is not known which key to ask the signer for; name this keeper's own in 'keys.transport'`;
  return err({ code: "notAKeeper", message });
}

function keyFault(error: NodeKeyError): StartNodeError {
  return { code: error.code, message: describeNodeKeyError(error) };
}

async function readGenesis(path: string): Promise<Result<Genesis, StartNodeError>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const message = `cannot read the genesis document ${path}: ${error instanceof Error ? error.message : "unknown"}; check 'genesis' in the configuration`;
    return err({ code: "genesisUnreadable", message });
  }
  const genesis = parseGenesis(json, verifyPossession);
  if (genesis.ok) return genesis;
  const { path: field, value, allowed } = genesis.error;
  return err({ code: "badGenesis", message: `${path}: ${field} is ${JSON.stringify(value)}, allowed is ${allowed}` });
}
