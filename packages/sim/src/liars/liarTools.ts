import type { BlsScheme, BlsSigningKey } from "@sealwright/crypto";
import { decodeWireMessage, type KeeperId, type SignerIndex, unwrap, type WireMessage } from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";
import type { SimRandom } from "../world/simRandom.js";

/** What a liar has at hand: its own key and place, and dice. */
export interface LiarTools {
  readonly self: KeeperId;
  readonly signer: SignerIndex;
  readonly key: BlsSigningKey;
  readonly genesis: SimGenesis;
  readonly random: SimRandom;
}

export function liarTools(self: KeeperId, genesis: SimGenesis, scheme: BlsScheme, random: SimRandom): LiarTools {
  const signer = genesis.keepers.indexOf(self);
  const key = unwrap(scheme.secretKeyFromBytes(genesis.secrets.get(self)!));
  return { self, signer: signer!, key, genesis, random };
}

/** Of a frame that came from anybody: another liar's need not decode. */
export function messageHeard(frame: Uint8Array): WireMessage | null {
  const decoded = decodeWireMessage(frame);
  return decoded.ok ? decoded.value : null;
}

/** Of frames that a node of ours encoded: they decode. */
export function messageIn(frame: Uint8Array): WireMessage {
  return unwrap(decodeWireMessage(frame));
}
