import type { PublicKey } from "@sealwright/tezos";
import type { Result } from "@sealwright/types";
import type { PublicKeyHex, TezosKeyHash } from "../../keyId.js";
import type { SignFailure } from "../../signers/signer.js";
import type { AllowedKind, ServiceProtocol } from "../config/serviceConfig.js";
import type { PossessionFailure } from "./possession/possessionProver.js";

export type ProvePossession = (
  publicKey: Uint8Array,
  gone: AbortSignal,
) => Promise<Result<Uint8Array, PossessionFailure>>;

/** One key as the routes see it: what it may sign, for whom, and how it is called. */
export interface ServiceKey {
  /** Its place in the configuration. */
  readonly path: string;
  /** How it is shown: the key hash, or the public key where only that is known. */
  readonly name: string;
  /** Null for a key at a Web3Signer: it has no name at this protocol. */
  readonly hash: TezosKeyHash | null;
  /** Of BLS keys whose public key is known here. */
  readonly blsKey: PublicKeyHex | null;
  readonly allow: ReadonlySet<AllowedKind>;
  /** Null: all chains. */
  readonly chains: ReadonlySet<string> | null;
  readonly protocols: ReadonlySet<ServiceProtocol>;
  readonly enabled: boolean;
  /** Where it is, for readiness: keys with the same home work or fail together. Null: in this process. */
  readonly home: string | null;
  publicKey(signal: AbortSignal): Promise<Result<PublicKey, SignFailure>>;
  /** Signs a public key under the domain of proofs; null where the secret is elsewhere or no BLS key. */
  readonly provePossession: ProvePossession | null;
}
