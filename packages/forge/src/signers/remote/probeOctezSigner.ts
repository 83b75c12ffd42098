import { equalPublicKeyHashes, formatPublicKeyHash, parsePublicKeyHash } from "@sealwright/tezos";
import { type Clock, err, ok, type Result, unwrap } from "@sealwright/types";
import type { TezosKeyHash } from "../../keyId.js";
import type { SignFailure } from "../signer.js";
import type { ClientCertificates } from "./httpExchange.js";
import { ONE_CONNECTION, openOctezTransport, type RemoteAddress, remoteAddressText } from "./remoteAddress.js";

/** Which signer is asked whether it holds which key. */
export interface OctezSignerQuestion {
  readonly address: RemoteAddress;
  readonly tls?: ClientCertificates;
  readonly key: TezosKeyHash;
  /** Whose signature says who asks; null: nobody's. */
  readonly authenticatedBy: TezosKeyHash | null;
  readonly timeoutMs: number;
}

/**
 * Would this signer sign with this key for us? It is asked for the key and for whom it signs, over a connection of its
 * own, which no slow signature holds; nothing is signed.
 * @returns why not, in words for the operator
 */
export async function probeOctezSigner(
  { address, tls = {}, key, authenticatedBy, timeoutMs }: OctezSignerQuestion,
  deps: { readonly clock: Clock },
): Promise<Result<void, string>> {
  const transport = openOctezTransport({ address, tls, connectionsMax: ONE_CONNECTION }, deps);
  const limits = { signal: new AbortController().signal, timeoutMs };
  const where = remoteAddressText(address);
  try {
    const publicKey = await transport.publicKey(unwrap(parsePublicKeyHash(key)), limits);
    if (!publicKey.ok) return err(noAnswer(`the signer at ${where}`, `does not tell the key ${key}`, publicKey.error));
    const authorized = await transport.authorizedKeys(limits);
    if (!authorized.ok) return err(noAnswer(`the signer at ${where}`, "does not tell who may ask", authorized.error));
    if (authorized.value === null) return ok(undefined);
    if (authenticatedBy === null) return err(`the signer at ${where} wants to know who asks, and no key says so`);
    const own = unwrap(parsePublicKeyHash(authenticatedBy));
    if (authorized.value.some((each) => equalPublicKeyHashes(each, own))) return ok(undefined);
    const known = authorized.value.map(formatPublicKeyHash).join(", ");
    return err(`the signer at ${where} signs for ${known}, and ${authenticatedBy} asks`);
  } finally {
    transport.close();
  }
}

function noAnswer(who: string, what: string, { code, message }: SignFailure): string {
  return `${who} ${code === "signerUnavailable" ? "cannot be reached" : what}: ${message}`;
}
