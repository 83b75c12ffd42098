import { type BlsSigner, type BlsVerifier, CryptoPool } from "@sealwright/crypto";
import { blsScalarBigEndian } from "@sealwright/tezos";
import { type Clock, type Logger, ok, type Result } from "@sealwright/types";
import { type KeyId, type PublicKeyHex, publicKeyHexFromBytes } from "../../keyId.js";
import { LocalBlsSigner } from "../../signers/localBlsSigner.js";
import type { LocalTezosKey } from "../../signers/localTezosKey.js";
import { LocalTezosSigner, tezosBlsSecrets } from "../../signers/localTezosSigner.js";
import { type Authenticator, authenticatorOf } from "../../signers/remote/authenticator.js";
import type { Signer } from "../../signers/signer.js";
import type { KeyConfig, ServiceConfig } from "../config/serviceConfig.js";
import { readClientTls } from "../tls/tlsTexts.js";
import type { KeyError } from "./keyError.js";
import { KeyOpener } from "./keyOpener.js";
import { PossessionProver } from "./possession/possessionProver.js";
import type { Environment } from "./readKeyText.js";
import { homeOf, RemoteHomes, type RemotePlace, type RemoteSource } from "./remoteHomes.js";
import { ReplaceableSigner } from "./replaceableSigner.js";
import type { ServiceKey } from "./serviceKey.js";

const LOCAL_CONCURRENT_MAX = 128;
const LOCAL_LANE = { concurrentMax: LOCAL_CONCURRENT_MAX, refillAt: LOCAL_CONCURRENT_MAX / 2 } as const;
/** Key files opened at once: each may take 256 MB while its password is stretched. */
const OPENING_MAX = 2;

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
  /** Those that the Octez protocol serves. */
  readonly byHash: ReadonlyMap<string, ServiceKey>;
  /** Those that Web3Signer's protocol serves. */
  readonly byPublicKey: ReadonlyMap<string, ServiceKey>;
  /** All of them, whatever serves them. */
  readonly byName: ReadonlyMap<string, ServiceKey>;
}

type Opened =
  | { readonly kind: "local"; readonly config: KeyConfig; readonly local: LocalTezosKey }
  | { readonly kind: "elsewhere"; readonly config: KeyConfig; readonly place: RemotePlace };

/** A key that was opened and is not served yet. */
export interface OpenedKey {
  readonly config: KeyConfig;
  readonly id: KeyId;
}

export type FindUnfitKeys = (opened: readonly OpenedKey[]) => Promise<readonly KeyError[]>;

const NONE_UNFIT: FindUnfitKeys = () => Promise.resolve([]);

const NO_KEYS: KeySet = { keys: [], byHash: new Map(), byPublicKey: new Map(), byName: new Map() };

/** Opens keys, keeps them by name, and changes them while the service runs. */
export class ServiceKeys {
  readonly #dependencies: ServiceKeysDependencies;
  readonly #opener: KeyOpener;
  readonly #localTezos = new ReplaceableSigner({ name: "local keys", ...LOCAL_LANE });
  readonly #localBls = new ReplaceableSigner({ name: "local BLS keys", ...LOCAL_LANE });
  readonly #remote: RemoteHomes;
  readonly #prover = new PossessionProver();
  #pool: { readonly keys: string; readonly service: CryptoPool } | null = null;
  /** Until the threads of earlier keys have ended. */
  #oldPoolsEnded: Promise<unknown> = Promise.resolve();
  #set: KeySet = NO_KEYS;
  /** What worked last, by source: a file that cannot be read during a reload takes no key away. */
  #lastOpened = new Map<string, Opened>();

  constructor(dependencies: ServiceKeysDependencies) {
    this.#dependencies = dependencies;
    this.#opener = new KeyOpener(dependencies);
    this.#remote = new RemoteHomes(dependencies);
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
    return [this.#localTezos, this.#localBls, ...this.#remote.signers()];
  }

  /** Keys that are in the configuration and shall sign nothing. */
  stopped(): ReadonlySet<KeyId> {
    const names = this.#set.keys.filter(({ enabled }) => !enabled).flatMap(({ hash, blsKey }) => [hash, blsKey]);
    return new Set(names.filter((name) => name !== null));
  }

  /** The same key as the configuration has it now; null when it is gone. */
  now({ name }: ServiceKey): ServiceKey | null {
    return this.#set.byName.get(name) ?? null;
  }

  /**
   * Opens all keys of a configuration and serves them from now on, instead of those before.
   * @param unfit finds those that may not be served whatever their configuration says, before any of them is
   * @returns keys that are not served, or not as configured: at a start that is a reason not to start
   */
  async load(config: ServiceConfig, unfit: FindUnfitKeys = NONE_UNFIT): Promise<readonly KeyError[]> {
    const errors: KeyError[] = [];
    const opened = await this.#openAll(config.keys, errors);
    const distinct = await withoutUnfit(withoutDuplicates(opened, errors), unfit, errors);
    this.#lastOpened = new Map(distinct.map((each) => [sourceText(each.config), each]));
    this.#opener.forgetUnused();
    this.#serve(distinct, config);
    const order = config.keys.map(({ path }) => path);
    return errors.sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  }

  /** Which homes answer now; keys in this process always do. */
  reachableHomes(): Promise<ReadonlySet<string>> {
    return this.#remote.reachable();
  }

  async close(): Promise<void> {
    for (const signer of [this.#localTezos, this.#localBls]) await signer.replace(null);
    await this.#remote.close();
    await this.#prover[Symbol.asyncDispose]();
    await this.#oldPoolsEnded;
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
    const opened = await this.#openAnew(config);
    if (opened.ok) return opened.value;
    errors.push(opened.error);
    const before = this.#lastOpened.get(sourceText(config));
    return before === undefined ? null : { ...before, config };
  }

  async #openAnew(config: KeyConfig): Promise<Result<Opened, KeyError>> {
    const { source, path } = config;
    if (source.kind !== "remote" && source.kind !== "web3signer") {
      const local = await this.#opener.open(config, source);
      return local.ok ? ok({ kind: "local", config, local: local.value }) : local;
    }
    const tls = source.tls === null ? ok({}) : await readClientTls(source.tls, `${path}.tls`);
    if (!tls.ok) return tls;
    const authenticator = await this.#openAuthenticator(source, path);
    if (!authenticator.ok) return authenticator;
    return ok({ kind: "elsewhere", config, place: { source, tls: tls.value, authenticator: authenticator.value } });
  }

  async #openAuthenticator(source: RemoteSource, path: string): Promise<Result<Authenticator | null, KeyError>> {
    if (source.kind !== "remote" || source.authenticate === null) return ok(null);
    const key = await this.#opener.openAuthenticator(`${path}.authenticate`, source.authenticate);
    return key.ok ? ok(authenticatorOf(key.value)) : key;
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
    const places = opened.flatMap((each) => (each.kind === "elsewhere" ? [each.place] : []));
    this.#remote.serve(places, config.limits.signMsMax);
    this.#set = keySetOf(opened.map((each) => this.#serviceKey(each, config)));
    // Nobody waits for the old keys' last signatures but their askers.
    if (oldPool === this.#pool) return;
    const ended = Promise.all(idle).then(() => oldPool?.service[Symbol.asyncDispose]());
    this.#oldPoolsEnded = Promise.all([this.#oldPoolsEnded, ended]);
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

  #serviceKey(opened: Opened, { policy }: ServiceConfig): ServiceKey {
    const { config } = opened;
    const chains = config.chains ?? policy.chains;
    const common = {
      path: config.path,
      allow: new Set(config.allow),
      chains: chains === null ? null : new Set(chains),
      protocols: new Set(config.protocols),
      enabled: config.enabled,
    };
    if (opened.kind === "local") return { ...common, ...localParts(opened.local, this.#prover), home: null };
    const { place } = opened;
    return { ...common, ...remoteParts(place, this.#remote), home: homeOf(place) };
  }
}

/** No key is asked of it: LocalTezosSigner needs a service even where no key is BLS. */
const NO_POOL = { sign: (): Promise<Uint8Array> => Promise.reject(new TypeError("no BLS key is loaded")) };

type NamedParts = Pick<ServiceKey, "name" | "hash" | "blsKey" | "publicKey" | "provePossession">;

function localParts(local: LocalTezosKey, prover: PossessionProver): NamedParts {
  const { id, publicKey, secret } = local;
  return {
    name: id,
    hash: id,
    blsKey: publicKey.scheme === "bls" ? publicKeyHexFromBytes(publicKey.bytes) : null,
    publicKey: () => Promise.resolve(ok(publicKey)),
    provePossession:
      secret.scheme === "bls"
        ? (signed, gone) => prover.prove({ scalar: blsScalarBigEndian(secret), publicKey: signed }, gone)
        : null,
  };
}

function remoteParts(place: RemotePlace, homes: RemoteHomes): NamedParts {
  const { source } = place;
  if (source.kind === "remote") {
    const { key, publicKey: blsKey } = source;
    const publicKey: ServiceKey["publicKey"] = (signal) => homes.publicKey(place, key, signal);
    return { name: key, hash: key, blsKey, publicKey, provePossession: null };
  }
  const blsKey = source.publicKey;
  const publicKey = { scheme: "bls", bytes: Buffer.from(blsKey, "hex") } as const;
  return {
    name: `0x${blsKey}`,
    hash: null,
    blsKey,
    publicKey: () => Promise.resolve(ok(publicKey)),
    provePossession: null,
  };
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

async function withoutUnfit(
  opened: readonly Opened[],
  unfit: FindUnfitKeys,
  errors: KeyError[],
): Promise<readonly Opened[]> {
  const found = await unfit(opened.flatMap((each) => namesOf(each).map((id) => ({ config: each.config, id }))));
  errors.push(...found);
  const paths = new Set(found.map(({ path }) => path));
  return opened.filter(({ config }) => !paths.has(config.path));
}

function blsNameOf(each: Opened): readonly PublicKeyHex[] {
  const { source } = each.config;
  if (source.kind === "remote" && source.publicKey !== null) return [source.publicKey];
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
    byName: new Map(keys.map((key) => [key.name, key])),
  };
}
