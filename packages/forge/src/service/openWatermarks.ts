import { type Clock, err, type Logger, ok, type Random, type Result } from "@sealwright/types";
import { FileWatermarkStore } from "../watermarks/file/fileWatermarkStore.js";
import { PostgresWatermarkStore } from "../watermarks/postgres/postgresWatermarkStore.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import type { WatermarkConfig } from "./config/serviceConfig.js";

/** Why the configured watermarks do not open, with the store's own code. */
export interface WatermarkStoreError {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}

/** Opens the store of a configuration: also for whoever imports or exports marks while the service is stopped. */
export async function openWatermarks(
  config: WatermarkConfig,
  dependencies: { readonly clock: Clock; readonly logger: Logger; readonly random: Random },
): Promise<Result<WatermarkStore, WatermarkStoreError>> {
  const opened =
    config.kind === "file"
      ? await FileWatermarkStore.open({ directory: config.dir }, dependencies)
      : await PostgresWatermarkStore.open(
          { url: config.url, ...(config.lease === null ? {} : { lease: config.lease }) },
          dependencies,
        );
  return opened.ok ? ok(opened.value) : err(opened.error);
}

/** Where marks are, in words that hold no password. */
export function describeWatermarks(config: WatermarkConfig): string {
  if (config.kind === "file") return `file ${config.dir}`;
  const { host, pathname } = new URL(config.url);
  const lease = config.lease === null ? "shared" : `lease ${config.lease.name}, ${config.lease.ttlMs} ms`;
  return `postgres ${host}${pathname} (${lease})`;
}
