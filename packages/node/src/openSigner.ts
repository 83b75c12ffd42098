import type { BlsSigner, BlsVerifier } from "@sealwright/crypto";
import {
  type Authenticator,
  authenticatorOf,
  type ClientCertificates,
  LocalBlsSigner,
  OctezRemoteSigner,
  type OctezRemoteSignerDependencies,
  openOctezTransport,
  openTezosKey,
  probeOctezSigner,
  publicKeyHexFromBytes,
  readClientTls,
  type PublicKeyHex,
  type RemoteAddress,
  remoteAddressText,
  SHARED_CONNECTIONS,
  SharedProbe,
  type Signer,
  tezosHashOf,
} from "@sealwright/forge";
import { type Clock, err, type Logger, ok, type Result } from "@sealwright/types";
import { readSecretFile, type RemoteSignerConfig } from "./config/index.js";
import type { StartNodeError } from "./nodeError.js";

/** What is not signed by then is asked for again. It holds up whatever else this key shall sign, so it is short. */
const SIGN_MS_MAX = 2_000;
/** Readiness is told within this time whatever hangs. */
const PROBE_MS_MAX = 800;

/** Who signs for a keeper. */
export interface KeeperSigner {
  readonly signer: Signer;
  /** Would it sign now, and if not why; null for a key in this process, which always does. */
  readonly probe: (() => Promise<Result<void, string>>) | null;
}

export interface SignerWorld {
  /** Holds the secret of a key in this process; checks what comes from elsewhere. */
  readonly service: BlsSigner & BlsVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the signer of a keeper's key: this process, or a signing service. Nothing is asked of a service yet, so that it
 * may start later than the keeper. Every signature of its is verified here before it leaves.
 */
export async function openSigner(
  config: RemoteSignerConfig | null,
  blsPublicKey: Uint8Array,
  world: SignerWorld,
): Promise<Result<KeeperSigner, StartNodeError>> {
  const key = publicKeyHexFromBytes(blsPublicKey);
  if (config === null) return ok({ signer: new LocalBlsSigner({ keys: [key] }, world), probe: null });
  const authenticator = await openAuthenticator(config.authenticationKey);
  if (!authenticator.ok) return authenticator;
  const tls = await openTls(config);
  if (!tls.ok) return tls;
  const { service: verifier, clock, logger } = world;
  const place = { address: config.address, tls: tls.value };
  const transport = openOctezTransport({ ...place, connectionsMax: SHARED_CONNECTIONS }, world);
  const signer = new OctezRemoteSigner(
    { keys: [{ key, heldAs: tezosHashOf(key) }], timeoutMs: SIGN_MS_MAX },
    { transport, clock, logger, verifier, ...authenticationOf(authenticator.value) },
  );
  return ok({ signer, probe: signerProbe(place, key, authenticator.value, clock) });
}

/**
 * Asks a signing service once whether it would sign for a keeper, for who looks at a keeper that may not run.
 * @returns why not, in words for the operator
 */
export async function askSigner(
  config: RemoteSignerConfig,
  blsPublicKey: Uint8Array,
  { clock }: { readonly clock: Clock },
): Promise<Result<void, string>> {
  const authenticator = await openAuthenticator(config.authenticationKey);
  if (!authenticator.ok) return err(authenticator.error.message);
  const tls = await openTls(config);
  if (!tls.ok) return err(tls.error.message);
  return signerProbe(
    { address: config.address, tls: tls.value },
    publicKeyHexFromBytes(blsPublicKey),
    authenticator.value,
    clock,
  )();
}

interface SignerPlace {
  readonly address: RemoteAddress;
  readonly tls: ClientCertificates;
}

function signerProbe(
  place: SignerPlace,
  key: PublicKeyHex,
  authenticator: Authenticator | null,
  clock: Clock,
): () => Promise<Result<void, string>> {
  const authenticatedBy = authenticator?.id ?? null;
  const question = { ...place, key: tezosHashOf(key), authenticatedBy, timeoutMs: PROBE_MS_MAX };
  const late = err(`the signer at ${remoteAddressText(place.address)} did not answer in ${PROBE_MS_MAX} ms`);
  const ask = (): Promise<Result<void, string>> => probeOctezSigner(question, { clock });
  const probe = new SharedProbe<Result<void, string>>({ waitMsMax: PROBE_MS_MAX, late }, { clock, ask });
  return () => probe.answer();
}

function authenticationOf(authenticator: Authenticator | null): Pick<OctezRemoteSignerDependencies, "authenticate"> {
  return authenticator === null ? {} : { authenticate: (payload) => authenticator.sign(payload) };
}

/** Read at the start: a renewed certificate is shown from the next start on. */
async function openTls({ tls }: RemoteSignerConfig): Promise<Result<ClientCertificates, StartNodeError>> {
  if (tls === null) return ok({});
  const texts = await readClientTls(tls, "signer.tls");
  if (texts.ok) return texts;
  const { code, path, message } = texts.error;
  // The configuration has them side by side.
  const where = path.replace(/\.tls\.(.)/, (_dots, first: string) => `.tls${first.toUpperCase()}`);
  return err({ code, message: `${where}: ${message}` });
}

/** Never with the text of the file in an error. */
async function openAuthenticator(path: string | null): Promise<Result<Authenticator | null, StartNodeError>> {
  if (path === null) return ok(null);
  const text = await readSecretFile(path);
  if (!text.ok) return err({ code: text.error.code, message: `${path}: ${text.error.message}` });
  const key = await openTezosKey(text.value.trim());
  if (key.ok) return ok(authenticatorOf(key.value));
  const message = `${path} holds no key that can say who asks (${key.error.code}): put "unencrypted:edsk…" there, and its public key among the signing service's authorized keys`;
  return err({ code: "badKeyFile", message });
}
