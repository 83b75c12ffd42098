import type { KeyId } from "../keyId.js";
import { type MarkScope, type ScopeText, scopeText } from "../watermarks/marks.js";

/** Chains and threads with marks of one key. No honest key comes near; each one costs memory and disk for ever. */
export const SCOPES_PER_KEY_MAX = 1_024;

/**
 * Bounds what askers can make durable by naming chains that nobody knows. Counted are what the store had at the start and
 * what was asked for since; where a key's chains are named, only those count, so naming them is the way out.
 */
export class ScopeLimit {
  /** Of each key, its scopes and the chain of each. */
  readonly #scopesOf = new Map<KeyId, Map<ScopeText, string>>();

  constructor(scopes: readonly MarkScope[]) {
    for (const scope of scopes) this.#knownOf(scope.key).set(scopeText(scope), chainOf(scope));
  }

  /** @param chains that the key may sign for; null for all @returns false when the scope would be one too many */
  admits(scope: MarkScope, chains: ReadonlySet<string> | null): boolean {
    const known = this.#knownOf(scope.key);
    const text = scopeText(scope);
    if (known.has(text)) return true;
    const counted = chains === null ? known.size : [...known.values()].filter((chain) => chains.has(chain)).length;
    if (counted >= SCOPES_PER_KEY_MAX) return false;
    known.set(text, chainOf(scope));
    return true;
  }

  #knownOf(key: KeyId): Map<ScopeText, string> {
    const known = this.#scopesOf.get(key) ?? new Map<ScopeText, string>();
    this.#scopesOf.set(key, known);
    return known;
  }
}

/** As configurations call it. */
function chainOf(scope: MarkScope): string {
  switch (scope.chain) {
    case "sealwright":
      return scope.networkId;
    case "tezos":
      return scope.chainId;
    case "beacon":
      return scope.genesisRoot;
  }
}
