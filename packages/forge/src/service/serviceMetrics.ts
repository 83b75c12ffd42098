import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type MarkScope, WATERMARK_CODES } from "../watermarks/marks.js";
import type { ForgeStatus } from "../worker/forgeOptions.js";
import { type AllowedKind, ALLOWED_KINDS, type ServiceProtocol, SERVICE_PROTOCOLS } from "./config/serviceConfig.js";
import { RELOAD_STATES, type ReloadState } from "./reloader.js";
import { REFUSAL_STATUS, WATERMARK_REASONS } from "./serviceRefusal.js";

/** From a repeated signature in memory to a slow device. */
const SECONDS_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Watermarks refuse by codes of their own, so what their statuses are called by is never counted. */
function reasonsOf(protocol: ServiceProtocol): readonly string[] {
  const others = Object.keys(REFUSAL_STATUS).filter((reason) => !WATERMARK_REASONS.has(reason));
  const chains = CHAINS_OF[protocol];
  return [...others, ...chains.flatMap((chain) => WATERMARK_CODES[chain])];
}

const CHAINS_OF = {
  octez: ["tezos", "sealwright"],
  web3signer: ["beacon"],
} as const satisfies Record<ServiceProtocol, readonly MarkScope["chain"][]>;

export interface MetricsSources {
  readonly forgeStatus: () => ForgeStatus;
  readonly storeWritable: () => boolean;
  readonly keyCount: () => number;
}

/** Metrics in base units; no label is a key, a hash or an address. */
export class ServiceMetrics {
  readonly #registry = new Registry();
  readonly #signatures: Counter;
  readonly #refusals: Counter;
  readonly #duration: Histogram;
  readonly #reloads: Counter;
  readonly #collect: () => void;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    this.#signatures = new Counter({
      name: "sealwright_forge_signatures_total",
      help: "Signatures handed out, by protocol, kind, and whether the very same bytes had been recorded before.",
      labelNames: ["protocol", "kind", "repeated"],
      registers,
    });
    this.#refusals = new Counter({
      name: "sealwright_forge_refusals_total",
      help: "Requests without a signature, by protocol and reason.",
      labelNames: ["protocol", "reason"],
      registers,
    });
    this.#duration = new Histogram({
      name: "sealwright_forge_sign_duration_seconds",
      help: "From the arrival of a request that was understood to its signature, in seconds.",
      labelNames: ["kind"],
      buckets: SECONDS_BUCKETS,
      registers,
    });
    this.#reloads = new Counter({
      name: "sealwright_forge_reloads_total",
      help: "Reloads of the keys, by how they ended.",
      labelNames: ["status"],
      registers,
    });
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers });
    const keys = gauge("sealwright_forge_keys", "Keys that are loaded.");
    const waiting = gauge("sealwright_forge_waiting_requests", "Requests that wait for their key's turn.");
    const running = gauge("sealwright_forge_running_requests", "Requests that are being signed.");
    const writable = gauge("sealwright_forge_store_writable", "1 when watermarks can be written, else 0.");
    this.#collect = () => {
      const status = sources.forgeStatus();
      keys.set(sources.keyCount());
      waiting.set(status.waiting);
      running.set(status.running);
      writable.set(sources.storeWritable() ? 1 : 0);
    };
    this.#showFromStart();
  }

  signed(protocol: ServiceProtocol, kind: AllowedKind, repeated: boolean, seconds: number): void {
    this.#signatures.inc({ protocol, kind, repeated: String(repeated) });
    this.#duration.observe({ kind }, seconds);
  }

  /** @param reason a code of `REFUSAL_STATUS` or of a watermark: both are closed sets */
  refused(protocol: ServiceProtocol, reason: string): void {
    this.#refusals.inc({ protocol, reason });
  }

  reloaded(status: ReloadState): void {
    this.#reloads.inc({ status });
  }

  /** Prometheus text format 0.0.4. */
  text(): Promise<string> {
    this.#collect();
    return this.#registry.metrics();
  }

  /** At 0, so that a panel or an alert never finds nothing. */
  #showFromStart(): void {
    for (const protocol of SERVICE_PROTOCOLS)
      for (const reason of reasonsOf(protocol)) this.#refusals.inc({ protocol, reason }, 0);
    for (const kind of ALLOWED_KINDS) this.#duration.zero({ kind });
    for (const status of RELOAD_STATES)
      if (status.startsWith("completed") || status === "failed") this.#reloads.inc({ status }, 0);
  }
}
