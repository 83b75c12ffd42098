import type { InclusionProof } from "@sealwright/types";

/** What stands where an account's path ends in the trie of accounts. */
export type PathEnd =
  /** The account itself. */
  | { readonly type: "found" }
  /** Nothing: no account's path begins like this. */
  | { readonly type: "empty" }
  /** The only account whose path begins like this is another one. */
  | { readonly type: "other"; readonly path: Uint8Array; readonly value: Uint8Array };

/** Proves what an account holds, or that it does not exist, against a state root. */
export interface AccountProof {
  readonly end: PathEnd;
  /** Hashes beside the path, from the root of the trie down; at most 256. */
  readonly siblings: readonly Uint8Array[];
  /** Of the accounts' root under the state root. */
  readonly inState: InclusionProof;
}
