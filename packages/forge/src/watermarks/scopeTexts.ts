import type { KeyId } from "../keyId.js";
import { type MarkScope, type ScopeText, scopeText } from "./marks.js";

interface Known {
  readonly scope: MarkScope;
  readonly text: ScopeText;
}

/**
 * Remembers the text of each key's last scope: a key signs at one place again and again, and joining and hashing four
 * long ids costs as much as judging the claim. As many entries as there are keys.
 */
export class ScopeTexts {
  readonly #knownOf = new Map<KeyId, Known>();

  textOf(scope: MarkScope): ScopeText {
    const known = this.#knownOf.get(scope.key);
    if (known !== undefined && isSame(known.scope, scope)) return known.text;
    const text = scopeText(scope);
    this.#knownOf.set(scope.key, { scope, text });
    return text;
  }
}

function isSame(a: MarkScope, b: MarkScope): boolean {
  if (a.key !== b.key) return false;
  switch (a.chain) {
    case "sealwright":
      return b.chain === a.chain && a.networkId === b.networkId && a.threadId === b.threadId;
    case "tezos":
      return b.chain === a.chain && a.chainId === b.chainId;
    case "beacon":
      return b.chain === a.chain && a.genesisRoot === b.genesisRoot;
  }
}
