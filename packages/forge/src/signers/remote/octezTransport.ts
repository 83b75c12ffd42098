import type { PublicKey, PublicKeyHash, Signature } from "@sealwright/tezos";
import type { Result } from "@sealwright/types";
import type { SignFailure } from "../signer.js";

export interface RemoteCallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

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
  /** @returns raw signature bytes, not yet verified */
  sign(request: RemoteSignRequest, options: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>>;
  close(): void;
}

const REFUSALS = /high watermark|watermark validation|already signed|magic ?byte|not ?allowed|policy|keyStopped/i;
const ABOUT_US = /authentication/i;

/**
 * What an error text of an Octez-like signer means. Its errors are one kind of answer whatever the reason, so the text
 * has to tell a refusal from a fault; a refusal is final, and no reason to drop the connection.
 */
export function remoteError(message: string, retryable: boolean): SignFailure {
  if (REFUSALS.test(message)) return { code: "refusedBySigner", message, retryable: false };
  if (ABOUT_US.test(message)) return { code: "signerFailed", message, retryable: false };
  return { code: retryable ? "signerUnavailable" : "signerFailed", message, retryable };
}
