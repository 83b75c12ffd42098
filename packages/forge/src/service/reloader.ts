import { type Clock, type Result } from "@sealwright/types";
import { describeServiceConfigError, type ServiceConfig, type ServiceConfigError } from "./config/serviceConfig.js";

export const RELOAD_STATES = ["idle", "running", "completed", "completed_with_errors", "failed"] as const;
/** How a reload stands; see `RELOAD_STATES`. */
export type ReloadState = (typeof RELOAD_STATES)[number];

/** One thing that a reload could not do. */
export interface ReloadProblem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** What `GET /reload` answers. Times are ISO 8601, null before the first reload. */
export interface ReloadStatus {
  /** Of the last reload; `idle` before the first. */
  readonly status: ReloadState;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly errors: readonly ReloadProblem[];
}

/** The configuration could not be read from its file at all. */
export interface ConfigUnreadable {
  readonly code: "configUnreadable";
  readonly path: string;
  readonly message: string;
}

/** Reads the configuration anew; the service never touches its file by itself. */
export type ReadServiceConfig = () => Promise<Result<ServiceConfig, ServiceConfigError | ConfigUnreadable>>;

export interface ReloaderDependencies {
  readonly readConfig: ReadServiceConfig;
  /** Puts a configuration in force, as far as that goes while running. */
  readonly apply: (config: ServiceConfig) => Promise<readonly ReloadProblem[]>;
  readonly clock: Clock;
  readonly onEnd: (status: ReloadStatus) => void;
}

/** One reload at a time, with a status to ask for. Nothing changes when the configuration does not read. */
export class Reloader {
  readonly #dependencies: ReloaderDependencies;
  #status: ReloadStatus = { status: "idle", startedAt: null, finishedAt: null, errors: [] };
  #running: Promise<void> | null = null;

  constructor(dependencies: ReloaderDependencies) {
    this.#dependencies = dependencies;
  }

  get status(): ReloadStatus {
    return this.#status;
  }

  /** @returns false when one is running already */
  start(): boolean {
    if (this.#running !== null) return false;
    this.#status = { status: "running", startedAt: this.#now(), finishedAt: null, errors: [] };
    this.#running = this.#reload().finally(() => (this.#running = null));
    return true;
  }

  /** Resolves when no reload is running. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #reload(): Promise<void> {
    const { status, errors } = await this.#attempt();
    this.#status = { ...this.#status, status, errors, finishedAt: this.#now() };
    this.#dependencies.onEnd(this.#status);
  }

  async #attempt(): Promise<Pick<ReloadStatus, "status" | "errors">> {
    try {
      const config = await this.#dependencies.readConfig();
      if (!config.ok) return { status: "failed", errors: [problemOf(config.error)] };
      const errors = await this.#dependencies.apply(config.value);
      return { status: errors.length === 0 ? "completed" : "completed_with_errors", errors };
    } catch (error) {
      return { status: "failed", errors: [{ code: "internal", path: "", message: String(error) }] };
    }
  }

  #now(): string {
    return new Date(this.#dependencies.clock.nowMs()).toISOString();
  }
}

function problemOf(error: ServiceConfigError | ConfigUnreadable): ReloadProblem {
  const { code, path } = error;
  return { code, path, message: error.code === "configUnreadable" ? error.message : describeServiceConfigError(error) };
}
