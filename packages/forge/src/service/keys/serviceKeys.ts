import { type BlsSigner, type BlsVerifier, CryptoPool } from "@sealwright/crypto";
import {
  blsScalarBigEndian,
  equalPublicKeyHashes,
  hashPublicKey,
  parsePublicKeyHash,
  type PublicKey,
} from "@sealwright/tezos";
import { type Clock, err, type Logger, ok, type Result, unwrap } from "@sealwright/types";
import { type KeyId, type PublicKeyHex, publicKeyHexFromBytes } from "../../keyId.js";
import { LocalBlsSigner } from "../../signers/localBlsSigner.js";
import type { LocalTezosKey } from "../../signers/localTezosKey.js";
import { LocalTezosSigner, tezosBlsSecrets } from "../../signers/localTezosSigner.js";
import { HttpExchange } from "../../signers/remote/httpExchange.js";
import { OctezHttp } from "../../signers/remote/octezHttp.js";
import { OctezRemoteSigner } from "../../signers/remote/octezRemoteSigner.js";
import { OctezSocket } from "../../signers/remote/octezSocket.js";
import type { OctezTransport } from "../../signers/remote/octezTransport.js";
import { Web3Signer } from "../../signers/remote/web3Signer.js";
import type { SignFailure, Signer } from "../../signers/signer.js";
import type { KeyConfig, RemoteAddress, ServiceConfig } from "../config/serviceConfig.js";
import type { KeyError } from "./keyError.js";
import { KeyOpener } from "./keyOpener.js";
import { proveTezosPossession } from "./provePossession.js";
import type { Environment } from "./readKeyText.js";
import { ReplaceableSigner } from "./replaceableSigner.js";
import type { ServiceKey } from "./serviceKey.js";

const LOCAL_CONCURRENT_MAX = 512;
const REMOTE_CONCURRENT_MAX = 32;
const LOCAL_LANE = { concurrentMax: LOCAL_CONCURRENT_MAX, refillAt: LOCAL_CONCURRENT_MAX / 2 } as const;
const REMOTE_LANE = { concurrentMax: REMOTE_CONCURRENT_MAX, refillAt: REMOTE_CONCURRENT_MAX - 1 } as const;
/** Key files opened at once: each may take 256 MB while its password is stretched. */
const OPENING_MAX = 2;
const PROBE_MS_MAX = 2_000;
const SOCKETS_MAX = 8;

export interface ServiceKeysDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly env: Environment;
  /** Checks signatures of remote keys. */
  readonly verifier: BlsVerifier;
}

/** All keys of one configuration. */
interface KeySet {
  readonly keys: readonly ServiceKey[];
  readonly byHash: ReadonlyMap<string, ServiceKey>;
  readonly byPublicKey: ReadonlyMap<string, ServiceKey>;
}

type Opened =
  | { readonly kind: "local"; readonly config: KeyConfig; readonly local: LocalTezosKey }
  | { readonly kind: "elsewhere"; readonly config: KeyConfig };

const NO_KEYS: KeySet = { keys: [], byHash: new Map(), byPublicKey: new Map() };

/** Opens keys, keeps them by name, and changes them while the service runs. */
export class ServiceKeys {
  readonly #dependencies: ServiceKeysDependencies;
  readonly #opener: KeyOpener;
  readonly #localTezos = new ReplaceableSigner({ name: "local keys", ...LOCAL_LANE });
  readonly #localBls = new ReplaceableSigner({ name: "local BLS keys", ...LOCAL_LANE });
  /** By home; they stay, for the forge remembers every signer that it was ever given. */
  readonly #remote = new Map<string, ReplaceableSigner>();
  readonly #transports = new Map<string, OctezTransport>();
  readonly #probes = new Map<string, () => Promise<boolean>>();
  #pool: { readonly keys: string; readonly service: CryptoPool } | null = null;
  #set: KeySet = NO_KEYS;
  /** What worked last, by source: a file that cannot be read during a reload takes no key away. */
  #lastOpened = new Map<string, LocalTezosKey>();

  constructor(dependencies: ServiceKeysDependencies) {
    this.#dependencies = dependencies;
    this.#opener = new KeyOpener(dependencies);
  }

  get keys(): readonly ServiceKey[] {
    return this.#set.keys;
  }

  byHash(hash: string): ServiceKey | null {
    return this.#set.byHash.get(hash) ?? null;
  }

  /** @param publicKey 96 lower-case hex digits */
  byPublicKey(publicKey: string): ServiceKey | null {
    return this.#set.byPublicKey.get(publicKey) ?? null;
  }

  /** For the forge; the same objects for ever. */
  signers(): readonly Signer[] {
    return [this.#localTezos, this.#localBls, ...this.#remote.values()];
  }

  /**
   * Opens all keys of a configuration and serves them from now on, instead of those before.
   * @returns keys that are not served, or not as configured: at a start that is a reason not to start
   */
  async load(config: ServiceConfig): Promise<readonly KeyError[]> {
    const errors: KeyError[] = [];
    const opened = await this.#openAll(config.keys, errors);
    const distinct = withoutDuplicates(opened, errors);
    this.#lastOpened = new Map(
      distinct.flatMap((each) => (each.kind === "local" ? [[sourceText(each.config), each.local] as const] : [])),
    );
    this.#opener.forgetUnused();
    this.#serve(distinct, config);
    const order = config.keys.map(({ path }) => path);
    return errors.sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  }

  /** Which homes answer now; keys in this process always do. */
  async reachableHomes(): Promise<ReadonlySet<string>> {
    const reachable = new Set<string>();
    await Promise.all(
      [...this.#probes].map(async ([home, probe]) => {
        if (await probe()) reachable.add(home);
      }),
    );
    return reachable;
  }

  async close(): Promise<void> {
    for (const signer of [this.#localTezos, this.#localBls, ...this.#remote.values()]) await signer.replace(null);
    for (const transport of this.#transports.values()) transport.close();
    await this.#pool?.service[Symbol.asyncDispose]();
    this.#set = NO_KEYS;
  }

  async #openAll(configs: readonly KeyConfig[], errors: KeyError[]): Promise<readonly Opened[]> {
    const opened: (Opened | null)[] = configs.map(() => null);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < configs.length; index = next++) {
        const config = configs[index];
        if (config !== undefined) opened[index] = await this.#open(config, errors);
      }
    };
    await Promise.all(Array.from({ length: OPENING_MAX }, work));
    return opened.filter((each) => each !== null);
  }

  async #open(config: KeyConfig, errors: KeyError[]): Promise<Opened | null> {
    const { source } = config;
    if (source.kind === "remote" || source.kind === "web3signer") return { kind: "elsewhere", config };
    const local = await this.#opener.open(config, source);
    if (local.ok) return { kind: "local", config, local: local.value };
    errors.push(local.error);
    const before = this.#lastOpened.get(sourceText(config));
    return before === undefined ? null : { kind: "local", config, local: before };
  }

  /** New signers are in place before the forge hears of new keys; old ones end after their last answer. */
  #serve(opened: readonly Opened[], config: ServiceConfig): void {
    const locals = opened.flatMap((each) => (each.kind === "local" ? [each.local] : []));
    const blsKeys = locals.flatMap((key) =>
      key.publicKey.scheme === "bls" ? [publicKeyHexFromBytes(key.publicKey.bytes)] : [],
    );
    const oldPool = this.#pool;
    const service = this.#poolFor(locals, blsKeys, config.limits.signThreads);
    const idle = [
      this.#localTezos.replace(new LocalTezosSigner({ keys: locals }, { service })),
      this.#localBls.replace(new LocalBlsSigner({ keys: blsKeys }, { service })),
    ];
    this.#serveRemote(
      opened.map(({ config: key }) => key),
      config.limits.signMsMax,
    );
    this.#set = keySetOf(opened.map((each) => this.#serviceKey(each, config)));
    // Nobody waits for the old keys' last signatures but their askers.
    if (oldPool !== this.#pool) void Promise.all(idle).then(() => oldPool?.service[Symbol.asyncDispose]());
  }

  /** The threads that have these very keys already go on. */
  #poolFor(locals: readonly LocalTezosKey[], blsKeys: readonly PublicKeyHex[], workers: number): BlsSigner {
    if (blsKeys.length === 0) this.#pool = null;
    const keys = [workers, ...blsKeys].join();
    if (blsKeys.length > 0 && this.#pool?.keys !== keys) {
      const signerKeys = tezosBlsSecrets(locals);
      this.#pool = {
        keys,
        service: new CryptoPool({ signerKeys, workers, jobsMax: 2 * LOCAL_CONCURRENT_MAX }, this.#dependencies),
      };
    }
    return this.#pool?.service ?? NO_POOL;
  }

  #serveRemote(configs: readonly KeyConfig[], timeoutMs: number): void {
    const homes = new Map<string, KeyConfig[]>();
    for (const config of configs) {
      const home = homeOf(config);
      if (home !== null) homes.set(home, [...(homes.get(home) ?? []), config]);
    }
    for (const [home, signer] of this.#remote) if (!homes.has(home)) void this.#forget(home, signer);
    for (const [home, keys] of homes) {
      const signer = this.#remote.get(home) ?? new ReplaceableSigner({ name: home, ...REMOTE_LANE });
      this.#remote.set(home, signer);
      void signer.replace(this.#remoteSigner(home, keys, timeoutMs));
    }
  }

  async #forget(home: string, signer: ReplaceableSigner): Promise<void> {
    this.#probes.delete(home);
    await signer.replace(null);
    this.#transports.get(home)?.close();
    this.#transports.delete(home);
  }

  #remoteSigner(home: string, configs: readonly KeyConfig[], timeoutMs: number): Signer {
    const { clock, logger, verifier } = this.#dependencies;
    const sources = configs.map(({ source }) => source);
    const [first] = sources;
    if (first?.kind === "web3signer") {
      const keys = sources.flatMap((source) => (source.kind === "web3signer" ? [source.publicKey] : []));
      this.#probes.set(home, () => isUp(first.url, clock));
      return new Web3Signer({ url: first.url, keys, timeoutMs }, { clock, verifier });
    }
    const remotes = sources.flatMap((source) => (source.kind === "remote" ? [source] : []));
    const transport = this.#transportOf(home, remotes[0]!.address);
    const probed = unwrap(parsePublicKeyHash(remotes[0]!.key));
    this.#probes.set(home, async () => {
      const options = { signal: new AbortController().signal, timeoutMs: PROBE_MS_MAX };
      return (await transport.publicKey(probed, options)).ok;
    });
    const keys = remotes.map(({ key }) => ({ key }));
    return new OctezRemoteSigner({ keys, timeoutMs }, { transport, clock, logger, verifier });
  }

  #transportOf(home: string, address: RemoteAddress): OctezTransport {
    const known = this.#transports.get(home);
    if (known !== undefined) return known;
    const transport = openTransport(address, this.#dependencies.clock);
    this.#transports.set(home, transport);
    return transport;
  }

  #serviceKey(opened: Opened, { policy }: ServiceConfig): ServiceKey {
    const { config } = opened;
    const chains = config.chains ?? policy.chains;
    const common = {
      path: config.path,
      allow: new Set(config.allow),
      chains: chains === null ? null : new Set(chains),
      protocols: new Set(config.protocols),
      enabled: config.enabled,
      home: homeOf(config),
    };
    if (opened.kind === "local") return { ...common, ...localParts(opened.local) };
    const { source } = config;
    if (source.kind === "web3signer") {
      const publicKey = { scheme: "bls", bytes: Buffer.from(source.publicKey, "hex") } as const;
      const name = `0x${source.publicKey}`;
      return {
        ...common,
        name,
        hash: null,
        blsKey: source.publicKey,
        publicKey: () => Promise.resolve(ok(publicKey)),
        provePossession: null,
      };
    }
    if (source.kind !== "remote") throw new TypeError("keys of this process are opened before they are served");
    const transport = this.#transportOf(homeOf(config) ?? "", source.address);
    return {
      ...common,
      name: source.key,
      hash: source.key,
      blsKey: null,
      publicKey: (signal) => remotePublicKey(transport, source.key, signal),
      provePossession: null,
    };
  }
}

/** No key is asked of it: LocalTezosSigner needs a service even where no key is BLS. */
const NO_POOL = { sign: (): Promise<Uint8Array> => Promise.reject(new TypeError("no BLS key is loaded")) };

function localParts(
  local: LocalTezosKey,
): Pick<ServiceKey, "name" | "hash" | "blsKey" | "publicKey" | "provePossession"> {
  const { id, publicKey, secret } = local;
  return {
    name: id,
    hash: id,
    blsKey: publicKey.scheme === "bls" ? publicKeyHexFromBytes(publicKey.bytes) : null,
    publicKey: () => Promise.resolve(ok(publicKey)),
    provePossession:
      secret.scheme === "bls" ? (signed) => proveTezosPossession(blsScalarBigEndian(secret), signed) : null,
  };
}

async function remotePublicKey(
  transport: OctezTransport,
  key: string,
  signal: AbortSignal,
): Promise<Result<PublicKey, SignFailure>> {
  const hash = unwrap(parsePublicKeyHash(key));
  const answer = await transport.publicKey(hash, { signal, timeoutMs: PROBE_MS_MAX });
  if (!answer.ok || equalPublicKeyHashes(hashPublicKey(answer.value), hash)) return answer;
  return err({ code: "badSignature", message: `${transport.address} answered with another key`, retryable: false });
}

async function isUp(url: string, clock: Clock): Promise<boolean> {
  const http = new HttpExchange({ baseUrl: new URL(url), connectionsMax: 1 }, { clock });
  const call = {
    method: "GET",
    path: "/upcheck",
    signal: new AbortController().signal,
    timeoutMs: PROBE_MS_MAX,
  } as const;
  const answer = await http.call(call);
  http.close();
  return answer.ok && answer.value.status === 200;
}

function openTransport(address: RemoteAddress, clock: Clock): OctezTransport {
  switch (address.kind) {
    case "http":
      return new OctezHttp({ url: address.url, connectionsMax: REMOTE_CONCURRENT_MAX }, { clock });
    case "tcp":
      return new OctezSocket(
        { address: { host: address.host, port: address.port }, connectionsMax: SOCKETS_MAX },
        { clock },
      );
    case "unix":
      return new OctezSocket({ address: { path: address.path }, connectionsMax: SOCKETS_MAX }, { clock });
  }
}

function homeOf({ source }: KeyConfig): string | null {
  if (source.kind === "web3signer") return `Web3Signer ${source.url}`;
  if (source.kind !== "remote") return null;
  const { address } = source;
  switch (address.kind) {
    case "http":
      return `signer ${address.url}`;
    case "tcp":
      return `signer tcp://${address.host}:${address.port}`;
    case "unix":
      return `signer unix:${address.path}`;
  }
}

/** Never shown: it may hold a secret. */
function sourceText({ source }: KeyConfig): string {
  return JSON.stringify(source);
}

function namesOf(each: Opened): readonly KeyId[] {
  const { source } = each.config;
  if (each.kind === "local") return [each.local.id];
  if (source.kind === "remote") return [source.key];
  return source.kind === "web3signer" ? [source.publicKey] : [];
}

/** The first one is served, the others are named. */
function withoutDuplicates(opened: readonly Opened[], errors: KeyError[]): readonly Opened[] {
  const seen = new Map<KeyId, string>();
  return opened.filter((each) => {
    const names = [...namesOf(each), ...blsNameOf(each)];
    const before = names.map((name) => seen.get(name)).find((path) => path !== undefined);
    for (const name of names) seen.set(name, before ?? each.config.path);
    if (before === undefined) return true;
    const message = `${names[0]} is ${before} already; a key stands once`;
    errors.push({ code: "duplicateKey", path: each.config.path, message });
    return false;
  });
}

function blsNameOf(each: Opened): readonly PublicKeyHex[] {
  if (each.kind !== "local" || each.local.publicKey.scheme !== "bls") return [];
  return [publicKeyHexFromBytes(each.local.publicKey.bytes)];
}

function keySetOf(keys: readonly ServiceKey[]): KeySet {
  return {
    keys,
    byHash: new Map(keys.flatMap((key) => (key.hash !== null && key.protocols.has("octez") ? [[key.hash, key]] : []))),
    byPublicKey: new Map(
      keys.flatMap((key) => (key.blsKey !== null && key.protocols.has("web3signer") ? [[key.blsKey, key]] : [])),
    ),
  };
}
