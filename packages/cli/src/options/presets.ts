import type { ExecutorKind } from "@sealwright/consensus";
import type { BENCHMARKS, DEVNET_DEFAULTS, FAULT_ACTIONS as ACTIONS } from "@sealwright/devnet";
import type { NodeConfig } from "@sealwright/node";

/**
 * What options offer when nobody says otherwise. Told here once more, and held to the packages' own words by their types:
 * a help text or a typing error must not wait until a whole node is loaded.
 */
/** Devnets for which nobody names a folder have theirs in here. */
export const DEVNETS_DIR = ".sealwright";
export const DEVNET_PRESETS: typeof DEVNET_DEFAULTS = {
  nodes: 4,
  threads: 2,
  executor: "tvm",
  accounts: { ledger: 1_000, tvm: 8 },
};
export const EXECUTORS = ["ledger", "tvm"] as const satisfies readonly ExecutorKind[];
export const ALL_BENCHMARKS: typeof BENCHMARKS = ["w1", "w2", "w3", "w5", "w6", "idle"];
export const FAULT_ACTIONS: typeof ACTIONS = ["kill", "stop", "cont", "restart", "partition", "heal"];
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const satisfies readonly NodeConfig["log"]["level"][];
export const LOG_FORMATS = ["json", "pretty"] as const satisfies readonly NodeConfig["log"]["format"][];
