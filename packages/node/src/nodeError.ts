/** Why a node did not start: what happened, why, and what to do, in one text for the operator. */
export interface StartNodeError {
  readonly code: string;
  readonly message: string;
}

/** How a running node ended. */
export type NodeExit =
  | { readonly reason: "stopped" }
  /** Something that guards safety failed; the node stopped rather than carry on. */
  | { readonly reason: "failed"; readonly error: unknown };
