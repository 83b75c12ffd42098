/** Why something that was shown as evidence proves nothing. */
export type EvidenceFault =
  /** The accused is no member, or signed only one of the two. */
  | { readonly code: "notTheSigner" }
  /** Both say the same, or they lie in different threads, terms or heights: an honest keeper may sign both. */
  | { readonly code: "noConflict"; readonly reason: string }
  /** The headers do not lead from where they have to begin to where they have to end. */
  | { readonly code: "brokenChain"; readonly reason: string };
