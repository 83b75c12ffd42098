import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from "node:tls";
import { type KeeperId, type NetworkId, toHex } from "@sealwright/types";
import { selfSignedCertificate } from "./certificate.js";
import type { Hello } from "./hello.js";
import { rawPublicKey, type TransportKey } from "./transportKey.js";

/** Who this node is on every connection it makes or takes. */
export interface Identity extends Hello {
  readonly keeper: KeeperId;
  readonly networkId: NetworkId;
  /** For a server, which makes its own context of it. */
  readonly tlsOptions: SecureContextOptions;
  /** For each dial, made once. */
  readonly secureContext: SecureContext;
}

export function createIdentity(keeper: KeeperId, networkId: NetworkId, key: TransportKey): Identity {
  const { certificate, privateKey } = selfSignedCertificate(key);
  const versions = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
  const tlsOptions = { cert: certificate, key: privateKey, ...versions };
  return { keeper, networkId, tlsOptions, secureContext: createSecureContext(tlsOptions) };
}

/**
 * The transport key that the other end of a completed TLS 1.3 handshake has proved to hold, as hex. The handshake's
 * CertificateVerify proves possession whoever signed the certificate, so nothing else in the certificate matters.
 * @returns null when there is no certificate, no Ed25519 key in it, or the session was resumed instead of proved
 */
export function provenKey(socket: TLSSocket): string | null {
  if (socket.getProtocol() !== "TLSv1.3" || socket.isSessionReused()) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const key = rawPublicKey(certificate.publicKey);
  return key === null ? null : toHex(key);
}
