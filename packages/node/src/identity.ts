import { readFile } from "node:fs/promises";
import { type Genesis, genesisThreads, keeperIdOf, KeeperSet, networkIdOf, parseGenesis } from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { err, type KeeperId, type NetworkId, ok, type Result, type ThreadsTable } from "@sealwright/types";
import { describeNodeKeyError, loadKeys, type NodeConfig, type NodeKeys } from "./config/index.js";
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

export interface Identity extends PublicIdentity {
  readonly keys: NodeKeys;
}

/** Reads genesis and keys, and finds the own place among the keepers. */
export async function loadIdentity(config: NodeConfig): Promise<Result<Identity, StartNodeError>> {
  const genesis = await readGenesis(config.genesisPath);
  if (!genesis.ok) return genesis;
  const keys = await loadKeys(config.keys);
  if (!keys.ok) return err({ code: keys.error.code, message: describeNodeKeyError(keys.error) });
  const keepers = KeeperSet.create(genesis.value.keepers);
  if (!keepers.ok)
    return err({
      code: "badGenesis",
      message: `the keepers in ${config.genesisPath} cannot form a set: ${keepers.error.code}`,
    });
  const networkId = networkIdOf(genesis.value);
  const blsPublicKey = keys.value.blsSecretKey.publicKey();
  const self = keeperIdOf(blsPublicKey);
  const table = genesisThreads(genesis.value, networkId);
  return ok({ genesis: genesis.value, networkId, keepers: keepers.value, table, keys: keys.value, self, blsPublicKey });
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
