import { resolve } from "node:path";
import type { RemoteAddress } from "@sealwright/forge";
import { err, limits, ok, parseKeeperId, type Result } from "@sealwright/types";
import { parseDocument } from "yaml";
import { allowedOf, CONFIG_FIELDS, type ConfigField, type ConfigPath, environmentNameOf } from "./configFields.js";
import type { ConfigError, NodeConfig, PeerConfig, RemoteSignerConfig, SocketAddress } from "./nodeConfig.js";
import { parseApiUrl } from "./publicApi.js";
import { parseSignerUrl } from "./signerUrl.js";
import { parseSocketAddress } from "./socketAddress.js";

/** Values that stand above the file: flags by their dotted path. */
export type ConfigFlags = Partial<Readonly<Record<ConfigPath, string>>>;
/** Such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const CONFIG_TEXT_CHARS_MAX = 1024 * 1024;
const API_URL_ALLOWED = 'where clients reach its API, such as "http://10.0.0.7:8600"';
const PEERS_ENVIRONMENT_NAME = environmentNameOf("peers");

/** Leaves the parser at the first fault. */
class Refused extends Error {
  constructor(readonly error: ConfigError) {
    super(error.path);
  }
}

/**
 * Reads node.yaml. A flag stands above the environment, the environment above the file, the file above the preset.
 * @param baseDir folder of the file; relative paths start there, wherever they came from
 * @param env such as `process.env`: SEALWRIGHT_LISTEN_API for `listen.api`, and so on for every value;
 *   SEALWRIGHT_PEERS is `id@host:port` or `id@host:port@http://api`, commas between
 */
export function parseNodeConfig(
  text: string,
  baseDir: string,
  env: Environment,
  flags: ConfigFlags = {},
): Result<NodeConfig, ConfigError> {
  try {
    return ok(readConfig(readYaml(text), baseDir, env, flags));
  } catch (error) {
    if (error instanceof Refused) return err(error.error);
    throw error;
  }
}

type Mapping = Readonly<Record<string, unknown>>;

function readConfig(file: Mapping, baseDir: string, env: Environment, flags: ConfigFlags): NodeConfig {
  const sections = new Map<string, Mapping>([["", file]]);
  for (const section of ["keys", "signer", "listen", "retention", "log"])
    sections.set(section, mappingAt(file[section], section));
  refuseUnknownKeys(sections);
  const given = (path: ConfigPath): Given => givenAt(fieldAt(path), sections, env, flags);
  const pathOf = (path: ConfigPath): string => resolve(baseDir, textOf(path, given(path)));
  return {
    dataDir: pathOf("dataDir"),
    genesisPath: pathOf("genesis"),
    keys: { bls: pathOf("keys.bls"), transport: pathOf("keys.transport"), passwordFile: pathOf("keys.passwordFile") },
    signer: signerOf(given, baseDir),
    listen: {
      keeper: addressOf("listen.keeper", given("listen.keeper")),
      api: addressOf("listen.api", given("listen.api")),
    },
    publicApiUrl: urlOf("publicApiUrl", given("publicApiUrl")),
    messageWay: choiceOf("messageWay", given("messageWay")) as NodeConfig["messageWay"],
    peers: readPeers(file["peers"], env[PEERS_ENVIRONMENT_NAME]),
    retention: {
      finalBlocks: countOf("retention.finalBlocks", given("retention.finalBlocks")),
      expiredHours: countOf("retention.expiredHours", given("retention.expiredHours")),
    },
    log: {
      level: choiceOf("log.level", given("log.level")) as NodeConfig["log"]["level"],
      format: choiceOf("log.format", given("log.format")) as NodeConfig["log"]["format"],
    },
  };
}

function readYaml(text: string): Mapping {
  if (text.length > CONFIG_TEXT_CHARS_MAX) {
    refuse("badYaml", "the whole file", `${text.length} characters`, `at most ${CONFIG_TEXT_CHARS_MAX} characters`);
  }
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, stringKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [start] = fault.linePos ?? [];
    const where = start === undefined ? "the file" : `line ${start.line}, column ${start.col}`;
    refuse("badYaml", where, withoutPlace(fault.message), "YAML 1.2");
  }
  // Few aliases: a small file cannot grow into a large value.
  return mappingAt(document.toJS({ maxAliasCount: 10 }), "the file");
}

/** The parser ends its first line with where it was, and then draws the place. */
function withoutPlace(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:$/, "");
}

function mappingAt(value: unknown, path: string): Mapping {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) refuse("badValue", path, value, "keys with values below them");
  return value as Mapping;
}

function refuseUnknownKeys(sections: ReadonlyMap<string, Mapping>): void {
  for (const [section, mapping] of sections) {
    const known = knownKeysOf(section);
    for (const key of Object.keys(mapping)) {
      if (known.includes(key)) continue;
      refuse("unknownKey", section === "" ? key : `${section}.${key}`, mapping[key], `only ${known.join(", ")}`);
    }
  }
}

function knownKeysOf(section: string): string[] {
  if (section === "") return [...new Set([...CONFIG_FIELDS.map(({ path }) => path.split(".")[0]!), "peers"])];
  const prefix = `${section}.`;
  return CONFIG_FIELDS.filter(({ path }) => path.startsWith(prefix)).map(({ path }) => path.slice(prefix.length));
}

interface Given {
  readonly value: unknown;
  readonly source: string | null;
}

function givenAt(
  field: ConfigField,
  sections: ReadonlyMap<string, Mapping>,
  env: Environment,
  flags: ConfigFlags,
): Given {
  const flag = flags[field.path as ConfigPath];
  if (flag !== undefined) return { value: flag, source: "a flag" };
  const name = environmentNameOf(field.path);
  if (env[name] !== undefined) return { value: env[name], source: name };
  const dot = field.path.indexOf(".");
  const value = sections.get(field.path.slice(0, Math.max(0, dot)))?.[field.path.slice(dot + 1)] ?? field.preset;
  if (value === null) refuse("missing", field.path, undefined, allowedOf(field.kind));
  return { value, source: null };
}

function fieldAt(path: ConfigPath): ConfigField {
  return CONFIG_FIELDS.find((field) => field.path === path)!;
}

function textOf(path: ConfigPath, given: Given): string {
  const { value, source } = given;
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  return refuse("badValue", path, value, allowedOf(fieldAt(path).kind), source);
}

function addressOf(path: ConfigPath, given: Given): SocketAddress {
  const address = typeof given.value === "string" ? parseSocketAddress(given.value) : null;
  return address ?? refuse("badValue", path, given.value, allowedOf(fieldAt(path).kind), given.source);
}

/** @returns null when it is left empty */
function urlOf(path: ConfigPath, { value, source }: Given): string | null {
  if (value === "") return null;
  const url = typeof value === "string" ? parseApiUrl(value) : null;
  return url ?? refuse("badValue", path, value, allowedOf(fieldAt(path).kind), source);
}

/** @returns null when no address is given: then nobody is there whom a key could tell who asks */
function signerOf(given: (path: ConfigPath) => Given, baseDir: string): RemoteSignerConfig | null {
  const url = given("signer.url");
  if (url.value === "") {
    for (const path of ["signer.authenticationKey", ...TLS_PATHS] as const) {
      const { value, source } = given(path);
      if (value !== "") refuse("badValue", path, value, "a file only beside signer.url", source);
    }
    return null;
  }
  const address = typeof url.value === "string" ? parseSignerUrl(url.value, baseDir) : null;
  if (address === null)
    return refuse("badValue", "signer.url", url.value, allowedOf(fieldAt("signer.url").kind), url.source);
  const fileOf = (path: ConfigPath): string | null =>
    given(path).value === "" ? null : resolve(baseDir, textOf(path, given(path)));
  return { address, authenticationKey: fileOf("signer.authenticationKey"), tls: signerTlsOf(address, given, fileOf) };
}

const TLS_PATHS = ["signer.tlsCert", "signer.tlsKey", "signer.tlsCa"] as const satisfies readonly ConfigPath[];

function signerTlsOf(
  address: RemoteAddress,
  given: (path: ConfigPath) => Given,
  fileOf: (path: ConfigPath) => string | null,
): RemoteSignerConfig["tls"] {
  const [cert, key, ca] = TLS_PATHS.map(fileOf);
  if (cert == null && key == null && ca == null) return null;
  const [first = "signer.tlsCa"] = TLS_PATHS.filter((path) => fileOf(path) !== null);
  if (address.kind !== "http" || !address.url.startsWith("https://"))
    return refuse(
      "badValue",
      first,
      given(first).value,
      "certificates only beside an https:// address",
      given(first).source,
    );
  if (cert == null && key == null) return { client: null, ca: ca ?? null };
  if (cert == null) return refuse("missing", "signer.tlsCert", undefined, "a certificate beside signer.tlsKey");
  if (key == null) return refuse("missing", "signer.tlsKey", undefined, "a key beside signer.tlsCert");
  return { client: { cert, key }, ca: ca ?? null };
}

/** A number in the file, or its digits from outside. */
function countOf(path: ConfigPath, { value, source }: Given): number {
  const { kind } = fieldAt(path);
  const count = typeof value === "string" && /^[0-9]{1,15}$/.test(value) ? Number(value) : value;
  const isGood = kind.type === "count" && Number.isSafeInteger(count);
  if (isGood && (count as number) >= kind.min && (count as number) <= kind.max) return count as number;
  return refuse("badValue", path, value, allowedOf(kind), source);
}

function choiceOf(path: ConfigPath, given: Given): string {
  const { kind } = fieldAt(path);
  const { value, source } = given;
  if (kind.type === "choice" && typeof value === "string" && kind.values.includes(value)) return value;
  return refuse("badValue", path, value, allowedOf(kind), source);
}

function readPeers(value: unknown, fromEnvironment: string | undefined): readonly PeerConfig[] {
  const source = fromEnvironment === undefined ? null : PEERS_ENVIRONMENT_NAME;
  const list =
    fromEnvironment === undefined
      ? (value ?? [])
      : fromEnvironment
          .split(",")
          .filter((item) => item !== "")
          .map(splitPeer);
  if (!Array.isArray(list)) return refuse("badValue", "peers", value, "a list of { id, address }", source);
  if (list.length > limits.KEEPERS_MAX)
    refuse("badValue", "peers", `${list.length} peers`, `at most ${limits.KEEPERS_MAX}`, source);
  const peers = list.map((item, index) => readPeer(item, `peers[${index}]`, source));
  const ids = peers.map(({ id }) => id);
  const again = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (again >= 0) refuse("badValue", `peers[${again}].id`, ids[again], "each keeper once", source);
  return peers;
}

function splitPeer(text: string): unknown {
  const [id, address, ...api] = text.split("@");
  return address === undefined ? text : { id, address, ...(api.length === 0 ? {} : { api: api.join("@") }) };
}

function readPeer(value: unknown, path: string, source: string | null): PeerConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse("badValue", path, value, "id and address of a keeper", source);
  }
  const { id, address, api = null, ...others } = value as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) refuse("unknownKey", `${path}.${other}`, others[other], "only id, address, api", source);
  const keeperId = typeof id === "string" ? parseKeeperId(id) : null;
  if (keeperId?.ok !== true)
    refuse(
      id === undefined ? "missing" : "badValue",
      `${path}.id`,
      id,
      "a keeper id, 64 lower-case hex digits",
      source,
    );
  const parsed = typeof address === "string" ? parseSocketAddress(address) : null;
  if (parsed === null || parsed.port === 0) {
    refuse(
      address === undefined ? "missing" : "badValue",
      `${path}.address`,
      address,
      allowedOf({ type: "address" }),
      source,
    );
  }
  const apiUrl = typeof api === "string" ? parseApiUrl(api) : null;
  if (api !== null && apiUrl === null) refuse("badValue", `${path}.api`, api, API_URL_ALLOWED, source);
  return { id: keeperId.value, address: parsed, api: apiUrl };
}

function refuse(
  code: ConfigError["code"],
  path: string,
  value: unknown,
  allowed: string,
  source: string | null = null,
): never {
  throw new Refused({ code, path, value, allowed, source });
}
