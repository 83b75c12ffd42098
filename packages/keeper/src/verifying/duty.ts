/** What this keeper owes a block (protocol §7). */
export type Duty =
  /** Not known yet: the ticket that decides it is being signed. */
  | { readonly type: "drawing" }
  /** To execute it. The ticket is shown with the verdict; null where all verify, and where there is none to show. */
  | { readonly type: "verifier"; readonly ticket: Uint8Array | null }
  /** To apply its update, and to execute it all the same if a Nack asks for that. */
  | { readonly type: "bystander"; readonly recheck: Recheck };

export type Recheck = "none" | "running" | "blocked" | "valid";

export const VERIFIER: Duty = { type: "verifier", ticket: null };
