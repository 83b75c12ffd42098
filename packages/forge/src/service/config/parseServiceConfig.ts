import { parsePublicKey, type PublicKey } from "@sealwright/tezos";
import { err, ok, type Result } from "@sealwright/types";
import { resolve } from "node:path";
import { parseDocument } from "yaml";
import {
  addressAt,
  choiceAt,
  flagAt,
  isAbsent,
  listAt,
  type Mapping,
  mappingAt,
  missing,
  numberAt,
  refuse,
  Refused,
  textAt,
} from "./configReader.js";
import { chainsAt, keyAt, pathAt } from "./parseKeyConfig.js";
import type {
  KeyConfig,
  ServerTlsConfig,
  ServiceConfig,
  ServiceConfigError,
  WatermarkConfig,
} from "./serviceConfig.js";

const CONFIG_TEXT_CHARS_MAX = 16 * 1024 * 1024;
export const KEYS_MAX = 20_000;
const AUTHORIZED_KEYS_MAX = 64;
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export const LIMITS = {
  signMsMax: { preset: 10_000, min: 10, max: 600_000 },
  drainMsMax: { preset: 15_000, min: 0, max: 600_000 },
  signThreads: { preset: 1, min: 1, max: 64 },
} as const;
export const LEASE_MS = { preset: 3_000, min: 300, max: 600_000 } as const;

/**
 * Reads forge.yaml. Unknown keys are refused, secrets are never repeated in an error.
 * @param baseDir folder of the file: relative paths start there
 */
export function parseServiceConfig(text: string, baseDir: string): Result<ServiceConfig, ServiceConfigError> {
  try {
    return ok(readConfig(readYaml(text), baseDir));
  } catch (error) {
    if (error instanceof Refused) return err(error.error);
    throw error;
  }
}

const TOP_KEYS = ["listen", "watermarks", "keys", "authentication", "policy", "limits", "log"] as const;

function readYaml(text: string): Mapping {
  if (text.length > CONFIG_TEXT_CHARS_MAX)
    refuse("badYaml", "the whole file", `${text.length} characters`, `at most ${CONFIG_TEXT_CHARS_MAX} characters`);
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, stringKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const [start] = fault.linePos ?? [];
    const where = start === undefined ? "the file" : `line ${start.line}, column ${start.col}`;
    // The parser quotes the line that it cannot read, and a secret may stand there.
    refuse("badYaml", where, fault.message.split(" at line ")[0]?.split("\n")[0], "YAML 1.2");
  }
  const value: unknown = document.toJS({ maxAliasCount: 10 });
  if (value === null || value === undefined) missing("listen", "forge.yaml needs listen, watermarks and keys");
  return mappingAt(value, "", TOP_KEYS);
}

function readConfig(file: Mapping, baseDir: string): ServiceConfig {
  const keys = keysAt(file["keys"], baseDir);
  const authentication = authenticationAt(file["authentication"]);
  if (authentication !== null) refuseOpenProtocol(keys);
  const policy = mappingAt(file["policy"], "policy", ["chains", "listKnownKeys"]);
  const limits = mappingAt(file["limits"], "limits", Object.keys(LIMITS));
  const limit = (name: keyof typeof LIMITS): number => {
    const { preset, min, max } = LIMITS[name];
    return numberAt(limits[name], `limits.${name}`, preset, min, max);
  };
  return {
    listen: listenAt(file["listen"], baseDir),
    watermarks: watermarksAt(file["watermarks"], baseDir),
    keys,
    authentication,
    policy: {
      chains: chainsAt(policy["chains"], "policy.chains"),
      listKnownKeys: flagAt(policy["listKnownKeys"], "policy.listKnownKeys", false),
    },
    limits: {
      signMsMax: limit("signMsMax"),
      drainMsMax: limit("drainMsMax"),
      signThreads: limit("signThreads"),
    },
    log: { level: choiceAt(mappingAt(file["log"], "log", ["level"])["level"], "log.level", LOG_LEVELS, "info") },
  };
}

function listenAt(value: unknown, baseDir: string): ServiceConfig["listen"] {
  const listen = mappingAt(value, "listen", ["http", "admin", "tcp", "unix", "tls"]);
  const { admin, tcp, unix, tls } = listen;
  return {
    http: addressAt(listen["http"], "listen.http"),
    admin: isAbsent(admin) ? null : addressAt(admin, "listen.admin"),
    tcp: isAbsent(tcp) ? null : addressAt(tcp, "listen.tcp"),
    unix: isAbsent(unix) ? null : unixPathAt(unix, baseDir),
    tls: isAbsent(tls) ? null : tlsAt(mappingAt(tls, "listen.tls", ["cert", "key", "clientCa"]), baseDir),
  };
}

/** What the system takes as the name of a socket; a longer one would be cut without a word. */
const UNIX_PATH_BYTES_MAX = 107;

function unixPathAt(value: unknown, baseDir: string): string {
  const path = pathAt(value, "listen.unix", baseDir);
  const allowed = `a path of at most ${UNIX_PATH_BYTES_MAX} bytes, with its folders`;
  return Buffer.byteLength(path) <= UNIX_PATH_BYTES_MAX ? path : refuse("badValue", "listen.unix", path, allowed);
}

function tlsAt(tls: Mapping, baseDir: string): ServerTlsConfig {
  const { clientCa } = tls;
  return {
    cert: pathAt(tls["cert"], "listen.tls.cert", baseDir),
    key: pathAt(tls["key"], "listen.tls.key", baseDir),
    clientCa: isAbsent(clientCa) ? null : pathAt(clientCa, "listen.tls.clientCa", baseDir),
  };
}

function watermarksAt(value: unknown, baseDir: string): WatermarkConfig {
  const all = mappingAt(value, "watermarks", ["kind", "dir", "url", "lease", "acceptMissingHistory"]);
  const kind = choiceAt(all["kind"], "watermarks.kind", ["file", "postgres"], null);
  const acceptMissingHistory = flagAt(all["acceptMissingHistory"], "watermarks.acceptMissingHistory", false);
  if (kind === "file") {
    const own = mappingAt(value, "watermarks", ["kind", "dir", "acceptMissingHistory"]);
    const dir = resolve(baseDir, textAt(own["dir"], "watermarks.dir", "the path of a folder"));
    return { kind, dir, acceptMissingHistory };
  }
  const own = mappingAt(value, "watermarks", ["kind", "url", "lease", "acceptMissingHistory"]);
  const url = own["url"];
  const allowed = '"postgres://user:password@host:port/database"';
  if (url === undefined || url === null) missing("watermarks.url", allowed);
  if (typeof url !== "string" || !/^postgres(ql)?:\/\/\S+$/.test(url) || !URL.canParse(url))
    refuse("badValue", "watermarks.url", "(not shown, it may hold a password)", allowed);
  return { kind, url, lease: leaseAt(own["lease"]), acceptMissingHistory };
}

function leaseAt(value: unknown): { readonly name: string; readonly ttlMs: number } | null {
  if (value === undefined || value === null) return null;
  const lease = mappingAt(value, "watermarks.lease", ["name", "ttlMs"]);
  return {
    name: textAt(lease["name"], "watermarks.lease.name", "a name that all services of one group share"),
    ttlMs: numberAt(lease["ttlMs"], "watermarks.lease.ttlMs", LEASE_MS.preset, LEASE_MS.min, LEASE_MS.max),
  };
}

function keysAt(value: unknown, baseDir: string): readonly KeyConfig[] {
  const list = listAt(value, "keys", "a list of keys", KEYS_MAX);
  if (list.length === 0) refuse("badValue", "keys", list, "at least one key");
  return list.map((entry, index) => keyAt(entry, `keys[${index}]`, baseDir));
}

function authenticationAt(value: unknown): { readonly authorizedKeys: readonly PublicKey[] } | null {
  if (value === undefined || value === null) return null;
  const allowed = "a public key: edpk…, sppk…, p2pk… or BLpk…";
  const own = mappingAt(value, "authentication", ["authorizedKeys"]);
  const list = listAt(
    own["authorizedKeys"],
    "authentication.authorizedKeys",
    `a list, each ${allowed}`,
    AUTHORIZED_KEYS_MAX,
  );
  if (list.length === 0) refuse("badValue", "authentication.authorizedKeys", list, "at least one public key");
  const authorizedKeys = list.map((each, index) => {
    const path = `authentication.authorizedKeys[${index}]`;
    const key = parsePublicKey(textAt(each, path, allowed));
    if (!key.ok || key.value.scheme === "mldsa44") return refuse("badValue", path, each, allowed);
    return key.value;
  });
  return { authorizedKeys };
}

/** That protocol knows no authentication, so it would be a way around it. */
function refuseOpenProtocol(keys: readonly KeyConfig[]): void {
  const open = keys.find(({ protocols }) => protocols.includes("web3signer"));
  if (open === undefined) return;
  refuse(
    "badValue",
    `${open.path}.protocols`,
    open.protocols,
    "[octez] in a service with authentication, which the other protocol does not have",
  );
}
