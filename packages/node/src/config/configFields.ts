import { LOG_FORMATS, LOG_LEVELS, MESSAGE_WAYS } from "./nodeConfig.js";

/** What a value of the configuration may be. */
export type FieldKind =
  | { readonly type: "path" }
  | { readonly type: "address" }
  /** The next three may be empty: then there is none. */
  | { readonly type: "url" }
  | { readonly type: "signerUrl" }
  | { readonly type: "optionalPath" }
  | { readonly type: "count"; readonly min: number; readonly max: number }
  | { readonly type: "choice"; readonly values: readonly string[] };

/** One value of `node.yaml`: where it stands, what it may be, and what for. */
export interface ConfigField {
  /** Dotted, as in the file and in errors. */
  readonly path: string;
  readonly kind: FieldKind;
  /** Null: the field must be given. */
  readonly preset: string | null;
  readonly about: string;
}

const PATH = { type: "path" } as const;
const ADDRESS = { type: "address" } as const;

/** Every single value of node.yaml; parser, environment, flags and schema all follow this one table. */
export const CONFIG_FIELDS = [
  { path: "dataDir", kind: PATH, preset: "./data", about: "Folder of the keeper's own data." },
  { path: "genesis", kind: PATH, preset: "./genesis.json", about: "The network's genesis document." },
  { path: "keys.bls", kind: PATH, preset: "./keys/bls.json", about: "Encrypted BLS key (EIP-2335)." },
  {
    path: "keys.transport",
    kind: PATH,
    preset: "./keys/transport.json",
    about: "Transport key, readable by its owner only.",
  },
  { path: "keys.passwordFile", kind: PATH, preset: "./keys/password.txt", about: "Its first line opens the BLS key." },
  {
    path: "signer.url",
    kind: { type: "signerUrl" },
    preset: "",
    about:
      "Where a signing service holds the BLS key of this keeper, such as `sealwright forge`; keys.bls and keys.passwordFile are not read then. Empty: the key in keys.bls signs here.",
  },
  {
    path: "signer.authenticationKey",
    kind: { type: "optionalPath" },
    preset: "",
    about: "Secret key that tells the signing service who asks, readable by its owner only. Empty: everybody may ask.",
  },
  {
    path: "signer.tlsCert",
    kind: { type: "optionalPath" },
    preset: "",
    about: "PEM file: the certificate that is shown to a signing service at https://; with signer.tlsKey.",
  },
  {
    path: "signer.tlsKey",
    kind: { type: "optionalPath" },
    preset: "",
    about: "PEM file: the key of signer.tlsCert, readable by its owner only.",
  },
  {
    path: "signer.tlsCa",
    kind: { type: "optionalPath" },
    preset: "",
    about:
      "PEM file: who signed the certificate of a signing service at https://. Empty: the authorities that the system trusts.",
  },
  { path: "listen.keeper", kind: ADDRESS, preset: null, about: "Where other keepers connect." },
  { path: "listen.api", kind: ADDRESS, preset: null, about: "Where the HTTP API listens; port 0 takes a free one." },
  {
    path: "publicApiUrl",
    kind: { type: "url" },
    preset: "",
    about:
      "Where clients reach this keeper's HTTP API, such as through a proxy: they are sent there when they look for it. Empty: where it listens.",
  },
  {
    path: "messageWay",
    kind: { type: "choice", values: MESSAGE_WAYS },
    preset: "any",
    about:
      "What a message at /v2/messages that names no producer gets: any takes it and brings it to its producer, only sends the client there.",
  },
  {
    path: "retention.finalBlocks",
    kind: { type: "count", min: 100, max: 1_000_000_000 },
    preset: "20000",
    about: "Final blocks kept per thread; older ones are pruned with their proofs and the answers to their messages.",
  },
  {
    path: "retention.expiredHours",
    kind: { type: "count", min: 1, max: 87_600 },
    preset: "24",
    about: "How long it is remembered that a message expired, in hours.",
  },
  {
    path: "log.level",
    kind: { type: "choice", values: LOG_LEVELS },
    preset: "info",
    about: "Least level that is written.",
  },
  {
    path: "log.format",
    kind: { type: "choice", values: LOG_FORMATS },
    preset: "json",
    about: "JSON lines, or text for people.",
  },
] as const satisfies readonly ConfigField[];

/** The dotted path of a value. */
export type ConfigPath = (typeof CONFIG_FIELDS)[number]["path"];

/** `listen.api` is SEALWRIGHT_LISTEN_API, `keys.passwordFile` is SEALWRIGHT_KEYS_PASSWORD_FILE. */
export function environmentNameOf(path: string): string {
  const words = path.replace(/([a-z])([A-Z])/g, "$1_$2").replaceAll(".", "_");
  return `SEALWRIGHT_${words.toUpperCase()}`;
}

export function allowedOf(kind: FieldKind): string {
  switch (kind.type) {
    case "path":
      return "the path of a file or folder, relative to the configuration file";
    case "address":
      return 'host and port, such as "127.0.0.1:8600" or "[::1]:8600"';
    case "url":
      return 'where clients reach the API over http or https, without user, query or fragment, such as "https://keeper.example.org/api"; or nothing';
    case "signerUrl":
      return 'where a signing service listens: "http://host:6732", "https://…", "tcp://host:7732" or "unix:/path", without user, query and key hash, for the keeper\'s own key is asked for; or nothing';
    case "optionalPath":
      return "the path of a file, relative to the configuration file; or nothing";
    case "count":
      return `a whole number from ${kind.min} to ${kind.max}`;
    case "choice":
      return kind.values.map((value) => JSON.stringify(value)).join(" or ");
  }
}
