import { err, ok, type Result } from "@sealwright/types";
import { historyMissingMessage, keysWithoutMarks } from "../watermarks/keysWithoutMarks.js";
import { importMarks } from "../watermarks/exchange/imported.js";
import type { WatermarkStore } from "../watermarks/watermarkStore.js";
import type { ForgeWorkerOptions, StartError } from "./forgeOptions.js";

/** Marks that are known from elsewhere, taken over before anything is signed. */
export async function raiseKnownMarks(
  { knownMarks = [] }: ForgeWorkerOptions,
  watermarks: WatermarkStore,
): Promise<Result<void, StartError>> {
  const raised = await importMarks(watermarks, knownMarks);
  if (raised.ok) return ok(undefined);
  return err({ code: "watermarksUnavailable", message: raised.error.message, cause: raised.error });
}

/** Refuses a store that knows nothing of a key that signed before, and one that cannot write. */
export async function missingHistory(
  { keysWithHistory = [], acceptMissingHistory = false }: ForgeWorkerOptions,
  watermarks: WatermarkStore,
): Promise<Result<void, StartError>> {
  const health = watermarks.health();
  // A standby starts, and signs when the lease is its own.
  if (!health.ok && health.failure.code !== "notLeaseHolder")
    return err({ code: "watermarksUnavailable", message: health.failure.message, cause: health.failure });
  if (acceptMissingHistory) return ok(undefined);
  const keys = await keysWithoutMarks(keysWithHistory, watermarks);
  if (!keys.ok) return err({ code: "watermarksUnavailable", message: keys.error.message, cause: keys.error });
  if (keys.value.length === 0) return ok(undefined);
  return err({ code: "historyMissing", keys: keys.value, message: historyMissingMessage(keys.value) });
}
