import type { PublicKey, PublicKeyHash, Signature } from "@sealwright/tezos";
import type { Result } from "@sealwright/types";
import type { SignFailure } from "../signer.js";

/** When a call is over: milliseconds from now, or at once when nobody waits any more. */
export interface RemoteCallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Bytes for a signer elsewhere to sign, watermark byte included. */
export interface RemoteSignRequest {
  readonly key: PublicKeyHash;
  readonly bytes: Uint8Array;
  /** Proves to a signer that demands it who asks. */
  readonly authentication: Signature | null;
}

/** The Octez signer protocol over one kind of connection. */
export interface OctezTransport {
  /** For logs; never holds a secret. */
  readonly address: string;
  publicKey(key: PublicKeyHash, options: RemoteCallOptions): Promise<Result<PublicKey, SignFailure>>;
  /** @returns who may ask; null where the signer lets everybody ask, or does not tell */
  authorizedKeys(options: RemoteCallOptions): Promise<Result<readonly PublicKeyHash[] | null, SignFailure>>;
  /** @returns raw signature bytes, not yet verified; `signerUnavailable` says that no whole answer came, and nothing else does */
  sign(request: RemoteSignRequest, options: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>>;
  close(): void;
}
