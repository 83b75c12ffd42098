import { checkText, parsePublicKey } from "@sealwright/tezos";
import { resolve } from "node:path";
import {
  parsePublicKeyHex,
  parseTezosKeyHash,
  publicKeyHexFromBytes,
  type PublicKeyHex,
  tezosHashOf,
  type TezosKeyHash,
} from "../../keyId.js";
import type { RemoteAddress } from "../../signers/remote/remoteAddress.js";
import {
  choicesAt,
  flagAt,
  isAbsent,
  listAt,
  type Mapping,
  mappingAt,
  missing,
  parseAddress,
  refuse,
  textAt,
} from "./configReader.js";
import {
  ALLOWED_KINDS,
  type AuthenticateConfig,
  type ClientTlsConfig,
  type KeyConfig,
  type KeySource,
  type PasswordSource,
  SERVICE_PROTOCOLS,
  type ServiceProtocol,
} from "./serviceConfig.js";

export const SOURCE_KEYS = ["secret", "secretFile", "keystore", "remote", "web3signer"] as const;
export const KEY_KEYS = [
  ...SOURCE_KEYS,
  "passwordFile",
  "passwordEnv",
  "publicKey",
  "tls",
  "authenticate",
  "allow",
  "chains",
  "protocols",
  "signedBefore",
  "enabled",
] as const;
const CHAINS_MAX = 64;
const REMOTE_ALLOWED =
  'an address and a key hash, such as "http://host:6732/tz1…", "tcp://host:7732/tz1…" or "unix:/path?pkh=tz1…"';
const CHAIN_ALLOWED = "a chain id (Net…), a network id or a genesis validators root (64 hex digits)";

export function keyAt(value: unknown, path: string, baseDir: string): KeyConfig {
  const entry = mappingAt(value, path, KEY_KEYS);
  const source = sourceOf(entry, path, baseDir);
  const allow = choicesAt(entry["allow"], `${path}.allow`, ALLOWED_KINDS);
  return {
    path,
    source,
    allow,
    chains: chainsAt(entry["chains"], `${path}.chains`),
    protocols: protocolsOf(entry["protocols"], `${path}.protocols`, source),
    signedBefore: flagAt(entry["signedBefore"], `${path}.signedBefore`, false),
    enabled: flagAt(entry["enabled"], `${path}.enabled`, true),
  };
}

/** Chains by their own names, in one spelling. */
export function chainsAt(value: unknown, path: string): readonly string[] | null {
  if (value === undefined || value === null) return null;
  return listAt(value, path, `a list, each ${CHAIN_ALLOWED}`, CHAINS_MAX).map((each, index) => {
    const text = textAt(each, `${path}[${index}]`, CHAIN_ALLOWED);
    const hex = text.replace(/^0x/, "").toLowerCase();
    if (/^[0-9a-f]{64}$/.test(hex)) return hex;
    return checkText("chainId", text).ok ? text : refuse("badValue", `${path}[${index}]`, text, CHAIN_ALLOWED);
  });
}

function sourceOf(entry: Mapping, path: string, baseDir: string): KeySource {
  const given = SOURCE_KEYS.filter((key) => entry[key] !== undefined);
  const [kind] = given;
  if (kind === undefined) return missing(path, `one of ${SOURCE_KEYS.join(", ")}`);
  if (given.length > 1) refuse("badValue", path, given.join(" and "), `only one of ${SOURCE_KEYS.join(", ")}`);
  const password = passwordOf(entry, path, baseDir);
  if (password !== null && (kind === "remote" || kind === "web3signer"))
    refuse("badValue", path, `${kind} with a password`, "a password only for keys that are opened here");
  if (entry["publicKey"] !== undefined && kind !== "web3signer" && kind !== "remote")
    refuse("badValue", `${path}.publicKey`, entry["publicKey"], "a public key only beside remote or web3signer");
  if (!isAbsent(entry["authenticate"]) && kind !== "remote")
    refuse("badValue", `${path}.authenticate`, null, "a key that says who asks only beside remote");
  const tls = clientTlsOf(entry, path, baseDir);
  switch (kind) {
    case "secret":
      return { kind, secret: secretAt(entry[kind], `${path}.secret`), password };
    case "secretFile":
      return { kind, path: pathAt(entry[kind], `${path}.secretFile`, baseDir), password };
    case "keystore":
      if (password === null) missing(`${path}.passwordFile`, "passwordFile or passwordEnv beside a keystore");
      return { kind, path: pathAt(entry[kind], `${path}.keystore`, baseDir), password };
    case "remote":
      return remoteSourceOf(entry, path, baseDir, tls);
    case "web3signer": {
      const publicKey = blsKeyAt(entry["publicKey"], `${path}.publicKey`, "a BLS public key, 96 hex digits");
      return { kind, url: httpUrlAt(entry[kind], `${path}.web3signer`), publicKey, tls };
    }
  }
}

function remoteSourceOf(entry: Mapping, path: string, baseDir: string, tls: ClientTlsConfig | null): KeySource {
  const { address, key } = remoteAt(entry["remote"], `${path}.remote`, baseDir);
  const authenticate = authenticateOf(entry["authenticate"], `${path}.authenticate`, baseDir);
  if (isAbsent(entry["publicKey"])) return { kind: "remote", address, key, publicKey: null, tls, authenticate };
  const allowed = `the public key of ${key}, BLpk… or 96 hex digits; only a tz4 key needs one`;
  const publicKey = blsKeyAt(entry["publicKey"], `${path}.publicKey`, allowed);
  if (tezosHashOf(publicKey) !== key) refuse("badValue", `${path}.publicKey`, entry["publicKey"], allowed);
  return { kind: "remote", address, key, publicKey, tls, authenticate };
}

function blsKeyAt(value: unknown, path: string, allowed: string): PublicKeyHex {
  const text = textAt(value, path, allowed);
  const tezos = parsePublicKey(text);
  if (tezos.ok && tezos.value.scheme === "bls") return publicKeyHexFromBytes(tezos.value.bytes);
  const hex = parsePublicKeyHex(text.replace(/^0x/, "").toLowerCase());
  return hex.ok ? hex.value : refuse("badValue", path, text, allowed);
}

/** The key that says who asks, always in a file of its own: whoever has it may ask for signatures. */
function authenticateOf(value: unknown, path: string, baseDir: string): AuthenticateConfig | null {
  if (isAbsent(value)) return null;
  const own = mappingAt(value, path, ["secretFile", "passwordFile", "passwordEnv"]);
  return {
    secretFile: pathAt(own["secretFile"], `${path}.secretFile`, baseDir),
    password: passwordOf(own, path, baseDir),
  };
}

/** The text itself is looked at when keys are opened; here only that it is one, and never in an error. */
function secretAt(value: unknown, path: string): string {
  if (typeof value === "string" && /^(unencrypted:|encrypted:)?[1-9A-HJ-NP-Za-km-z]+$/.test(value.trim()))
    return value.trim();
  return refuse("badValue", path, "(not shown)", '"unencrypted:edsk…" or "encrypted:edesk…" (also spsk, p2sk, BLsk)');
}

export function pathAt(value: unknown, path: string, baseDir: string): string {
  return resolve(baseDir, textAt(value, path, "the path of a file, relative to the configuration file"));
}

function passwordOf(entry: Mapping, path: string, baseDir: string): PasswordSource | null {
  const { passwordFile, passwordEnv } = entry;
  if (passwordFile !== undefined && passwordEnv !== undefined)
    refuse("badValue", path, "passwordFile and passwordEnv", "only one of the two");
  if (passwordFile !== undefined) return { kind: "file", path: pathAt(passwordFile, `${path}.passwordFile`, baseDir) };
  if (passwordEnv === undefined) return null;
  return {
    kind: "environment",
    name: textAt(passwordEnv, `${path}.passwordEnv`, "the name of an environment variable"),
  };
}

/** Certificates for one signer elsewhere; only where there is TLS that would use them. */
function clientTlsOf(entry: Mapping, path: string, baseDir: string): ClientTlsConfig | null {
  if (isAbsent(entry["tls"])) return null;
  const { remote, web3signer } = entry;
  const address = remote ?? web3signer;
  if (typeof address !== "string" || !address.startsWith("https://"))
    refuse("badValue", `${path}.tls`, null, "certificates only beside an https:// address");
  const tls = mappingAt(entry["tls"], `${path}.tls`, ["cert", "key", "ca"]);
  const { cert, key, ca } = tls;
  const hasClient = !isAbsent(cert) || !isAbsent(key);
  if (!hasClient && isAbsent(ca)) missing(`${path}.tls`, "cert and key, ca, or all three");
  return {
    client: hasClient
      ? { cert: pathAt(cert, `${path}.tls.cert`, baseDir), key: pathAt(key, `${path}.tls.key`, baseDir) }
      : null,
    ca: isAbsent(ca) ? null : pathAt(ca, `${path}.tls.ca`, baseDir),
  };
}

function remoteAt(
  value: unknown,
  path: string,
  baseDir: string,
): { readonly address: RemoteAddress; readonly key: TezosKeyHash } {
  const text = textAt(value, path, REMOTE_ALLOWED);
  const unix = /^unix:([^?]+)\?pkh=([0-9A-Za-z]+)$/.exec(text);
  if (unix !== null)
    return { address: { kind: "unix", path: resolve(baseDir, unix[1]!) }, key: hashAt(unix[2]!, path, text) };
  const match = /^(https?|tcp):\/\/(.+)\/([0-9A-Za-z]+)$/.exec(text);
  if (match === null) return refuse("badValue", path, text, REMOTE_ALLOWED);
  const [, scheme, rest = "", hash = ""] = match;
  const key = hashAt(hash, path, text);
  if (scheme !== "tcp") return { address: { kind: "http", url: httpUrlAt(`${scheme}://${rest}`, path) }, key };
  const address = parseAddress(rest);
  return address === null
    ? refuse("badValue", path, text, REMOTE_ALLOWED)
    : { address: { kind: "tcp", ...address }, key };
}

function hashAt(text: string, path: string, whole: string): TezosKeyHash {
  const key = parseTezosKeyHash(text);
  return key.ok ? key.value : refuse("badValue", path, whole, REMOTE_ALLOWED);
}

function httpUrlAt(value: unknown, path: string): string {
  const allowed = "an http:// or https:// address";
  const text = textAt(value, path, allowed);
  const isHttp = /^https?:\/\/[^\s?#]+$/.test(text) && URL.canParse(text);
  return isHttp ? text.replace(/\/+$/, "") : refuse("badValue", path, text, allowed);
}

/** A keystore is a validator's file: it is served to validators too. Everything else speaks the Octez protocol. */
function protocolsOf(value: unknown, path: string, source: KeySource): readonly ServiceProtocol[] {
  const preset: readonly ServiceProtocol[] =
    source.kind === "web3signer" ? ["web3signer"] : source.kind === "keystore" ? SERVICE_PROTOCOLS : ["octez"];
  if (value === undefined || value === null) return preset;
  const chosen = choicesAt(value, path, SERVICE_PROTOCOLS);
  if (chosen.length === 0) refuse("badValue", path, value, "at least one protocol");
  if (source.kind === "remote" && chosen.includes("web3signer"))
    refuse("badValue", path, value, "only octez for a key at an Octez signer");
  if (source.kind === "web3signer" && chosen.includes("octez"))
    refuse("badValue", path, value, "only web3signer for a key at a Web3Signer");
  return chosen;
}
