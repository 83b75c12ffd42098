import type { PublicKey } from "@sealwright/tezos";
import type { PublicKeyHex, TezosKeyHash } from "../../keyId.js";
import type { RemoteAddress } from "../../signers/remote/remoteAddress.js";

/**
 * What a key may be allowed to sign. `block`, `preattestation`, `attestation`, `lock` are guarded by watermarks;
 * `statement` (acks, nacks, yields, tickets of our own chain) needs none; `generic` is everything else, transfers
 * included, and nothing guards it; `possession` proves that the key is held, and `foreignPossession` signs any other
 * public key as such proofs do.
 */
export const ALLOWED_KINDS = [
  "block",
  "preattestation",
  "attestation",
  "lock",
  "statement",
  "generic",
  "possession",
  "foreignPossession",
] as const;
/** What a key may be asked to sign; see `ALLOWED_KINDS`. */
export type AllowedKind = (typeof ALLOWED_KINDS)[number];

export const SERVICE_PROTOCOLS = ["octez", "web3signer"] as const;
/** Over which protocol a key may be asked; see `SERVICE_PROTOCOLS`. */
export type ServiceProtocol = (typeof SERVICE_PROTOCOLS)[number];

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a password comes from; absolute path, or the name of an environment variable. */
export type PasswordSource =
  { readonly kind: "file"; readonly path: string } | { readonly kind: "environment"; readonly name: string };

/** Where one key is. */
export type KeySource =
  /** `unencrypted:edsk…`, `encrypted:edesk…`, or the bare text. */
  | { readonly kind: "secret"; readonly secret: string; readonly password: PasswordSource | null }
  /** The same text in a file of its own. */
  | { readonly kind: "secretFile"; readonly path: string; readonly password: PasswordSource | null }
  /** EIP-2335. */
  | { readonly kind: "keystore"; readonly path: string; readonly password: PasswordSource }
  /** At another Octez signer. */
  | {
      readonly kind: "remote";
      readonly address: RemoteAddress;
      readonly key: TezosKeyHash;
      /** Of a tz4 key that signs for our own chain, where keys are called by themselves; null: for Tezos only. */
      readonly publicKey: PublicKeyHex | null;
      readonly tls: ClientTlsConfig | null;
      readonly authenticate: AuthenticateConfig | null;
    }
  | {
      readonly kind: "web3signer";
      readonly url: string;
      readonly publicKey: PublicKeyHex;
      readonly tls: ClientTlsConfig | null;
    };

/** The key that tells a signer elsewhere who asks; absolute path. */
export interface AuthenticateConfig {
  readonly secretFile: string;
  readonly password: PasswordSource | null;
}

/** Paths of PEM files. */
export interface ServerTlsConfig {
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate that one of these signed; null: any client may connect. */
  readonly clientCa: string | null;
}

/** Paths of PEM files for one signer elsewhere. */
export interface ClientTlsConfig {
  /** Shown to the signer; null: it asks for none. */
  readonly client: { readonly cert: string; readonly key: string } | null;
  /** Who may have signed the signer's own certificate; null: whom the system trusts. */
  readonly ca: string | null;
}

/** One entry of `keys` in forge.yaml. */
export interface KeyConfig {
  /** Its place in the file, such as `keys[2]`: errors name it, never the secret. */
  readonly path: string;
  readonly source: KeySource;
  readonly allow: readonly AllowedKind[];
  /** Chains that it signs for, in their own words; null for those of the policy. */
  readonly chains: readonly string[] | null;
  readonly protocols: readonly ServiceProtocol[];
  /** It has signed before, here or elsewhere: without a mark the service does not start. */
  readonly signedBefore: boolean;
  /** A stopped key is known and signs nothing. */
  readonly enabled: boolean;
}

/** Where watermarks are kept: `watermarks` in forge.yaml. */
export type WatermarkConfig =
  | { readonly kind: "file"; readonly dir: string; readonly acceptMissingHistory: boolean }
  | {
      readonly kind: "postgres";
      readonly url: string;
      /** One of several services signs, the others stand by; null: all of them sign. */
      readonly lease: { readonly name: string; readonly ttlMs: number } | null;
      readonly acceptMissingHistory: boolean;
    };

/** What the service is told: checked, complete, all paths absolute. */
export interface ServiceConfig {
  readonly listen: {
    readonly http: SocketAddress;
    /** Health, metrics and reload go there instead. */
    readonly admin: SocketAddress | null;
    /** The signer protocol of Octez in frames. */
    readonly tcp: SocketAddress | null;
    /** The same on a unix socket; absolute path. */
    readonly unix: string | null;
    readonly tls: ServerTlsConfig | null;
  };
  readonly watermarks: WatermarkConfig;
  readonly keys: readonly KeyConfig[];
  readonly authentication: { readonly authorizedKeys: readonly PublicKey[] } | null;
  readonly policy: {
    /** Chains that may be signed for; null for all. */
    readonly chains: readonly string[] | null;
    /** `GET /known_keys` answers. */
    readonly listKnownKeys: boolean;
  };
  readonly limits: {
    /** A request that has no answer by then fails; its mark stands. */
    readonly signMsMax: number;
    /** How long a stop waits for what runs. */
    readonly drainMsMax: number;
    /** Threads that sign with BLS keys. */
    readonly signThreads: number;
  };
  readonly log: { readonly level: "debug" | "info" | "warn" | "error" };
}

/** Where a configuration is wrong, what stands there, and what may. Secrets are never repeated. */
export interface ServiceConfigError {
  readonly code: "badYaml" | "unknownKey" | "missing" | "badValue";
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
}

const VALUE_CHARS_MAX = 120;

/** One line: where, what stands there, what may. */
export function describeServiceConfigError(error: ServiceConfigError): string {
  switch (error.code) {
    case "badYaml":
      return `not readable as ${error.allowed} at ${error.path}: ${String(error.value)}`;
    case "unknownKey":
      return `${error.path} is not a known key; here stand ${error.allowed}`;
    case "missing":
      return `${error.path} is missing; wanted: ${error.allowed}`;
    case "badValue":
      return `${error.path} is ${shown(error.value)}; allowed: ${error.allowed}`;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}
