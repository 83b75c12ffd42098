import { ok, type Result } from "@sealwright/types";
import { type KeyId, parsePublicKeyHex, tezosHashOf } from "../keyId.js";
import type { StoreFailure, WatermarkStore } from "./watermarkStore.js";

/**
 * Which of these keys the store knows nothing of, on any chain and under either name: Tezos calls a BLS key by its hash,
 * our own chain and Ethereum by the public key.
 */
export async function keysWithoutMarks(
  keys: readonly KeyId[],
  watermarks: WatermarkStore,
): Promise<Result<readonly KeyId[], StoreFailure>> {
  if (keys.length === 0) return ok([]);
  const scopes = await watermarks.scopes();
  if (!scopes.ok) return scopes;
  const marked = new Set([...new Set<KeyId>(scopes.value.map((scope) => scope.key))].map(oneNameOf));
  return ok(keys.filter((key) => !marked.has(oneNameOf(key))));
}

/** The key hash: the public key leads to it, and not the other way. */
function oneNameOf(key: KeyId): KeyId {
  const publicKey = parsePublicKeyHex(key);
  return publicKey.ok ? tezosHashOf(publicKey.value) : key;
}

/** For whoever wanted to sign with them. */
export function historyMissingMessage(keys: readonly KeyId[]): string {
  return `no watermark is stored for ${keys.join(", ")}, which signed before: import its history, or accept the loss explicitly`;
}
