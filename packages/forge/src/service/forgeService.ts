import { CryptoPool } from "@sealwright/crypto";
import { assert, type Clock, err, type Logger, ok, type Random, type Result } from "@sealwright/types";
import { type ForgeWorker } from "../forgeWorker.js";
import type { KeyId } from "../keyId.js";
import { startForgeWorker } from "../startForgeWorker.js";
import { historyMissingMessage, keysWithoutMarks } from "../watermarks/keysWithoutMarks.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import type { ServiceConfig } from "./config/serviceConfig.js";
import { adminRoutes } from "./http/adminRoutes.js";
import { octezRoutes } from "./http/octezRoutes.js";
import type { ServiceContext } from "./http/serviceContext.js";
import { ServiceServer } from "./http/serviceServer.js";
import { storeProbe } from "./http/storeProbe.js";
import { web3SignerRoutes } from "./http/web3SignerRoutes.js";
import type { KeyError } from "./keys/keyError.js";
import type { Environment } from "./keys/readKeyText.js";
import { type OpenedKey, ServiceKeys } from "./keys/serviceKeys.js";
import { OctezSigner } from "./octez/octezSigner.js";
import { type OctezListenAddress, OctezSocketServer } from "./octez/octezSocketServer.js";
import { openWatermarks } from "./openWatermarks.js";
import { type ReadServiceConfig, Reloader, type ReloadProblem, type ReloadStatus } from "./reloader.js";
import { ScopeLimit } from "./scopeLimit.js";
import { ServiceMetrics } from "./serviceMetrics.js";
import { readServerTls, type TlsTexts } from "./tls/tlsTexts.js";

/** What a signing service takes from the process that it runs in. */
export interface ForgeServiceDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where `passwordEnv` looks. */
  readonly env: Environment;
  /** For reloads. */
  readonly readConfig: ReadServiceConfig;
  /** Added to `/metrics`: memory, processor time and what else a process tells. Prometheus text. */
  readonly processMetrics?: () => Promise<string>;
}

/** Why a signing service did not start; nothing is left open. */
export interface ForgeServiceError {
  /** A key's fault, the store's, the worker's or the port's own code. */
  readonly code: string;
  readonly message: string;
  /** Keys that cannot be used; empty for all other faults. */
  readonly keys: readonly KeyError[];
  readonly cause?: unknown;
}

/** What is served, for whoever shows it. */
export interface ServedKey {
  readonly name: string;
  /** How validators call it, `0x` and 96 hex digits; null where they are not served. */
  readonly validatorKey: string | null;
  readonly allow: readonly string[];
  readonly enabled: boolean;
}

/** A running signing service. */
export interface ForgeService extends AsyncDisposable {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  /** Of health, metrics and reload, when they have a port of their own. */
  readonly adminUrl: string | null;
  /** Of the signer protocol in frames: `tcp://host:port` and `unix:path`, as far as it is served. */
  readonly socketUrls: readonly string[];
  keys(): readonly ServedKey[];
  /** @returns false when a reload is running already */
  reload(): boolean;
  reloadStatus(): ReloadStatus;
  /** Takes nothing new (503), lets what runs finish for at most `limits.drainMsMax`, then lets go of everything. */
  close(): Promise<void>;
}

/**
 * Starts the service: opens keys and watermarks, then listens. It starts with all its keys or not at all, so that a key
 * that nobody misses is found at the start; a signer elsewhere may come later.
 */
export async function createForgeService(
  config: ServiceConfig,
  dependencies: ForgeServiceDependencies,
): Promise<Result<ForgeService, ForgeServiceError>> {
  const service = new RunningService(config, dependencies);
  const started = await service.start();
  if (started.ok) return ok(service);
  await service.close();
  return started;
}

/** Answers that are made already need this to leave. */
const LAST_ANSWERS_MS = 500;

class RunningService implements ForgeService {
  readonly #dependencies: ForgeServiceDependencies;
  readonly #verifier = new CryptoPool();
  readonly #keys: ServiceKeys;
  readonly #reloader: Reloader;
  #config: ServiceConfig;
  #watermarks: WatermarkStore | null = null;
  #forge: ForgeWorker | null = null;
  #metrics: ServiceMetrics | null = null;
  #servers: readonly ServiceServer[] = [];
  #sockets: readonly OctezSocketServer[] = [];
  /** Marks do not go away: a store that does not answer takes no such key away. */
  readonly #withMarks = new Set<KeyId>();
  #draining = false;
  #closing: Promise<void> | null = null;

  constructor(config: ServiceConfig, dependencies: ForgeServiceDependencies) {
    const { clock, logger, env, readConfig } = dependencies;
    this.#config = config;
    this.#dependencies = dependencies;
    this.#keys = new ServiceKeys({ clock, logger, env, verifier: this.#verifier });
    this.#reloader = new Reloader({
      readConfig,
      clock,
      apply: (next) => this.#apply(next),
      onEnd: (status) => this.#onReloaded(status),
    });
  }

  async start(): Promise<Result<void, ForgeServiceError>> {
    const keyErrors = await this.#keys.load(this.#config);
    const [keyError] = keyErrors;
    if (keyError !== undefined)
      return err({ code: keyError.code, message: `${keyError.path}: ${keyError.message}`, keys: keyErrors });
    const watermarks = await openWatermarks(this.#config.watermarks, this.#dependencies);
    if (!watermarks.ok) return err({ ...watermarks.error, keys: [] });
    this.#watermarks = watermarks.value;
    const keysWithHistory = this.#keysWithHistory();
    const scopes = await watermarks.value.scopes();
    if (!scopes.ok) return err({ code: scopes.error.code, message: scopes.error.message, keys: [] });
    const forge = await startForgeWorker(
      {
        signTimeoutMs: this.#config.limits.signMsMax,
        keysWithHistory,
        acceptMissingHistory: this.#config.watermarks.acceptMissingHistory,
      },
      { ...this.#dependencies, signers: this.#keys.signers(), watermarks: watermarks.value },
    );
    if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message, keys: [] });
    this.#forge = forge.value;
    for (const key of keysWithHistory) this.#withMarks.add(key);
    return this.#listen(this.#context(forge.value, watermarks.value, new ScopeLimit(scopes.value)));
  }

  get url(): string {
    return this.#servers[0]?.url ?? "";
  }

  get adminUrl(): string | null {
    return this.#servers[1]?.url ?? null;
  }

  get socketUrls(): readonly string[] {
    return this.#sockets.map(({ url }) => url);
  }

  keys(): readonly ServedKey[] {
    return this.#keys.keys.map(({ name, blsKey, protocols, allow, enabled }) => {
      const isValidators = blsKey !== null && protocols.has("web3signer");
      return { name, validatorKey: isValidators ? `0x${blsKey}` : null, allow: [...allow], enabled };
    });
  }

  reload(): boolean {
    return !this.#draining && this.#reloader.start();
  }

  reloadStatus(): ReloadStatus {
    return this.#reloader.status;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#draining = true;
    await this.#reloader.idle();
    const servers = [...this.#servers, ...this.#sockets];
    await Promise.all(servers.map((server) => server.quiet(this.#config.limits.drainMsMax)));
    // What has not ended by now is given up, and its asker told.
    await this.#forge?.shutdown({ runningMsMax: 0 });
    await Promise.all(servers.map((server) => server.quiet(LAST_ANSWERS_MS)));
    await Promise.all(servers.map((server) => server.close()));
    await this.#watermarks?.close();
    await this.#keys.close();
    await this.#verifier[Symbol.asyncDispose]();
  }

  #context(forge: ForgeWorker, watermarks: WatermarkStore, scopeLimit: ScopeLimit): ServiceContext {
    const metrics = new ServiceMetrics({
      forgeStatus: () => forge.status(),
      storeWritable: () => watermarks.health().ok,
      keyCount: () => this.#keys.keys.length,
    });
    this.#metrics = metrics;
    const { clock, logger, processMetrics = () => Promise.resolve("") } = this.#dependencies;
    return {
      config: () => this.#config,
      keys: this.#keys,
      forge,
      watermarks,
      storeProbe: storeProbe(watermarks, clock),
      scopeLimit,
      reloader: this.#reloader,
      metrics,
      processMetrics,
      verifier: this.#verifier,
      clock,
      logger,
      isDraining: () => this.#draining,
    };
  }

  async #listen(context: ServiceContext): Promise<Result<void, ForgeServiceError>> {
    const { listen } = this.#config;
    const tls = await this.#tlsTexts();
    if (!tls.ok) return tls;
    const { metrics, isDraining } = context;
    const onRefused = metrics.refused.bind(metrics);
    const parts = { ...this.#dependencies, isDraining, onRefused };
    const signer = new OctezSigner(context);
    const main = new ServiceServer(
      tls.value,
      (app) => {
        octezRoutes(app, signer);
        web3SignerRoutes(app, context);
        if (listen.admin === null) adminRoutes(app, context);
      },
      parts,
    );
    const listens = [{ server: main, address: listen.http }];
    if (listen.admin !== null)
      listens.push({
        server: new ServiceServer(null, (app) => adminRoutes(app, context), parts),
        address: listen.admin,
      });
    this.#servers = listens.map(({ server }) => server);
    const addresses: readonly OctezListenAddress[] = [
      ...(listen.tcp === null ? [] : [listen.tcp]),
      ...(listen.unix === null ? [] : [{ path: listen.unix }]),
    ];
    this.#sockets = addresses.map((address) => new OctezSocketServer(address, { ...parts, signer }));
    const starts = [
      ...listens.map(
        ({ server, address }) =>
          () =>
            server.listen(address),
      ),
      ...this.#sockets.map((server) => () => server.listen()),
    ];
    for (const start of starts) {
      const listening = await start();
      if (!listening.ok) return err({ ...listening.error, keys: [] });
    }
    return ok(undefined);
  }

  async #tlsTexts(): Promise<Result<TlsTexts | null, ForgeServiceError>> {
    const { tls } = this.#config.listen;
    if (tls === null) return ok(null);
    const texts = await readServerTls(tls, "listen.tls");
    if (texts.ok) return texts;
    const { code, path, message } = texts.error;
    return err({ code, message: `${path}: ${message}`, keys: [] });
  }

  #keysWithHistory(): readonly KeyId[] {
    const before = new Set(this.#config.keys.filter((key) => key.signedBefore).map(({ path }) => path));
    return this.#keys.keys.flatMap(({ path, hash, blsKey }): KeyId[] => {
      const name = hash ?? blsKey;
      return before.has(path) && name !== null ? [name] : [];
    });
  }

  /** A reload asks of new keys what a start asks: one that signed before signs nothing until its marks are here. */
  async #withoutHistory(opened: readonly OpenedKey[]): Promise<readonly KeyError[]> {
    const { acceptMissingHistory } = this.#config.watermarks;
    if (this.#watermarks === null || acceptMissingHistory) return [];
    const asked = opened.filter(({ config, id }) => config.signedBefore && !this.#withMarks.has(id));
    const ids = asked.map(({ id }) => id);
    const missing = await keysWithoutMarks(ids, this.#watermarks);
    if (!missing.ok) {
      const { message } = missing.error;
      return asked.map(({ config: { path } }) => ({ code: "watermarksUnavailable", path, message }));
    }
    const unmarked = new Set(missing.value);
    for (const id of ids) if (!unmarked.has(id)) this.#withMarks.add(id);
    return asked
      .filter(({ id }) => unmarked.has(id))
      .map(({ config: { path }, id }) => ({ code: "historyMissing", path, message: historyMissingMessage([id]) }));
  }

  /** Keys, their policies and who may ask are changed at once; where it listens and what it writes, by a restart only. */
  async #apply(next: ServiceConfig): Promise<readonly ReloadProblem[]> {
    const fixed = (["listen", "watermarks", "limits", "log"] as const).filter(
      (part) => JSON.stringify(this.#config[part]) !== JSON.stringify(next[part]),
    );
    const { listen, watermarks, limits, log } = this.#config;
    this.#config = { ...next, listen, watermarks, limits, log };
    const keyErrors = await this.#keys.load(this.#config, (opened) => this.#withoutHistory(opened));
    const replaced = this.#forge?.replaceSigners(this.#keys.signers(), this.#keys.stopped());
    assert(replaced?.ok !== false, "names were found to be distinct before");
    const restarts = fixed.map((path) => ({
      code: "restartNeeded",
      path,
      message: `${path} changes with a restart only`,
    }));
    return [...keyErrors, ...restarts];
  }

  #onReloaded(status: ReloadStatus): void {
    this.#metrics?.reloaded(status.status);
    const level = status.status === "completed" ? "info" : "warn";
    this.#dependencies.logger.log(level, "forge.reloaded", {
      status: status.status,
      errors: status.errors,
      keys: this.#keys.keys.length,
    });
  }
}
