import type { KeeperId } from "@sealwright/types";
import { describeConfigError, type NodeConfig } from "./config/index.js";
import type { Identity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";

/** Why these keys give a node no place among its keepers; null when they do. */
export function keysFlaw(
  config: Pick<NodeConfig, "genesisPath" | "keys">,
  { self, keepers, keys }: Pick<Identity, "self" | "keepers" | "keys">,
): StartNodeError | null {
  const index = keepers.indexOf(self);
  if (index === null) return notAKeeper(config, self);
  if (!Buffer.from(keys.transportPublicKey).equals(keepers.at(index).transportPublicKey))
    return transportKeyMismatch(config, self);
  return null;
}

/** Which peer of the configuration is none of the keepers; null when all are. */
export function peersFlaw(
  config: Pick<NodeConfig, "genesisPath" | "peers">,
  { keepers }: Pick<Identity, "keepers">,
): StartNodeError | null {
  const stranger = config.peers.findIndex(({ id }) => keepers.indexOf(id) === null);
  return stranger < 0 ? null : unknownPeer(config, stranger);
}

/** Other keepers that the configuration does not name: this node waits for them to connect. */
export function peersMissing(
  { peers }: Pick<NodeConfig, "peers">,
  { self, keepers }: Pick<Identity, "self" | "keepers">,
): readonly KeeperId[] {
  const named = new Set(peers.map(({ id }) => id));
  return keepers.members.map(({ id }) => id).filter((id) => id !== self && !named.has(id));
}

/** Keepers talk to keepers only, so it would wait for ever. */
function notAKeeper({ genesisPath }: Pick<NodeConfig, "genesisPath">, self: KeeperId): StartNodeError {
  const message = `the key in 'keys.bls' (keeper ${self}) belongs to no keeper of ${genesisPath}; a node that only follows is not supported: ask a keeper's API instead`;
  return { code: "notAKeeper", message };
}

/** Every other keeper would turn it away. */
function transportKeyMismatch(
  { genesisPath, keys }: Pick<NodeConfig, "genesisPath" | "keys">,
  self: KeeperId,
): StartNodeError {
  const message = `the key in 'keys.transport' (${keys.transport}) is not the one that ${genesisPath} names for keeper ${self}; bring back the file that was made together with 'keys.bls'`;
  return { code: "transportKeyMismatch", message };
}

function unknownPeer({ genesisPath, peers }: Pick<NodeConfig, "genesisPath" | "peers">, index: number): StartNodeError {
  const allowed = `the id of a keeper of ${genesisPath}`;
  const where = { path: `peers[${index}].id`, value: peers[index]!.id, allowed, source: null };
  return { code: "unknownPeer", message: describeConfigError({ code: "badValue", ...where }) };
}
