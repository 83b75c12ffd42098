import type { ClientTlsConfig, RemoteAddress } from "@sealwright/forge";
import type { KeeperId } from "@sealwright/types";

/** The least that is logged. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
/** `json` for programs, `pretty` for a terminal. */
export const LOG_FORMATS = ["json", "pretty"] as const;
export const MESSAGE_WAYS = ["any", "only"] as const;

/** Where to listen or to connect. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a keeper's secrets lie; absolute paths. */
export interface KeyPaths {
  /** Encrypted BLS key (EIP-2335). */
  readonly bls: string;
  /** Transport key, see `readTransportKeyFile`. */
  readonly transport: string;
  /** Its first line opens the BLS key. */
  readonly passwordFile: string;
}

/** A signing service that holds the keeper's BLS key instead of this machine. */
export interface RemoteSignerConfig {
  readonly address: RemoteAddress;
  /** Absolute path of the key that tells the service who asks; null: it lets everybody ask. */
  readonly authenticationKey: string | null;
  /** Certificates for `https://`, absolute paths of PEM files; null: none is shown, and the system's authorities count. */
  readonly tls: ClientTlsConfig | null;
}

/** Another keeper and where it listens; its keys come from the genesis document. */
export interface PeerConfig {
  readonly id: KeeperId;
  readonly address: SocketAddress;
  /** Where clients reach its HTTP API, without a trailing slash; null: not known. */
  readonly api: string | null;
}

/** How much of the past a keeper keeps. */
export interface Retention {
  /** Final blocks per thread. */
  readonly finalBlocks: number;
  /** How long it is remembered that a message expired. */
  readonly expiredHours: number;
}

/** What one keeper process is told: checked, complete, all paths absolute. */
export interface NodeConfig {
  readonly dataDir: string;
  readonly genesisPath: string;
  readonly keys: KeyPaths;
  /** Null: the key in `keys.bls` signs, in this process. Otherwise that file and its password are not read. */
  readonly signer: RemoteSignerConfig | null;
  readonly listen: { readonly keeper: SocketAddress; readonly api: SocketAddress };
  /** Where clients reach this keeper's HTTP API, without a trailing slash; null: where it listens. */
  readonly publicApiUrl: string | null;
  /** What a message at `/v2/messages` gets that does not say itself which keeper may take it. */
  readonly messageWay: (typeof MESSAGE_WAYS)[number];
  readonly peers: readonly PeerConfig[];
  readonly retention: Retention;
  readonly log: { readonly level: (typeof LOG_LEVELS)[number]; readonly format: (typeof LOG_FORMATS)[number] };
}

/** Where a configuration is wrong, what stands there, and what may. */
export interface ConfigError {
  readonly code: "badYaml" | "unknownKey" | "missing" | "badValue";
  /** Such as `listen.api` or `peers[2].id`; for `badYaml` the line and column. */
  readonly path: string;
  readonly value: unknown;
  readonly allowed: string;
  /** The environment variable or flag that the value came from; null for the file itself. */
  readonly source: string | null;
}
