import type { NetworkId, ThreadId } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import type { PublicKeyHex, TezosKeyHash } from "../keyId.js";
import { type MarkScope, scopeText } from "./marks.js";
import { ScopeTexts } from "./scopeTexts.js";

const SCOPES: readonly MarkScope[] = ["1", "2"].flatMap((place) =>
  ["a", "b"].flatMap((key): MarkScope[] => [
    { chain: "sealwright", networkId: place as NetworkId, threadId: "t" as ThreadId, key: key as PublicKeyHex },
    { chain: "sealwright", networkId: "n" as NetworkId, threadId: place as ThreadId, key: key as PublicKeyHex },
    { chain: "tezos", chainId: place, key: key as TezosKeyHash },
    { chain: "beacon", genesisRoot: place, key: key as PublicKeyHex },
  ]),
);

describe("ScopeTexts", () => {
  it("[I9] answers for every scope as if it remembered nothing, whatever was asked before", () => {
    const texts = new ScopeTexts();
    for (const before of SCOPES) {
      for (const scope of SCOPES) {
        texts.textOf(before);
        expect(texts.textOf(scope)).toBe(scopeText(scope));
      }
    }
  });
});
