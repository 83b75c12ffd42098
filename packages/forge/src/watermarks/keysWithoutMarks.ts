import { ok, type Result } from "@sealwright/types";
import type { KeyId } from "../keyId.js";
import type { StoreFailure, WatermarkStore } from "./watermarkStore.js";

/** Which of these keys the store knows nothing of, on any chain. */
export async function keysWithoutMarks(
  keys: readonly KeyId[],
  watermarks: WatermarkStore,
): Promise<Result<readonly KeyId[], StoreFailure>> {
  if (keys.length === 0) return ok([]);
  const scopes = await watermarks.scopes();
  if (!scopes.ok) return scopes;
  const marked = new Set<KeyId>(scopes.value.map((scope) => scope.key));
  return ok(keys.filter((key) => !marked.has(key)));
}

/** For whoever wanted to sign with them. */
export function historyMissingMessage(keys: readonly KeyId[]): string {
  return `no watermark is stored for ${keys.join(", ")}, which signed before: import its history, or accept the loss explicitly`;
}
