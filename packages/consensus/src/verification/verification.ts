/** Who executes blocks (protocol §7): all keepers, or those whom a lottery picks for each block. */
export type Verification = "all" | { readonly lottery: LotterySettings };

/** How a network picks who executes a block. */
export interface LotterySettings {
  /** A keeper that does not verify a block attests it only this long after it came, so that a Nack can come first. */
  readonly verifyWindowMs: number;
  /**
   * Average number of verifiers in place of the safe one, in a set of any size; null in every real network. With few
   * verifiers a quorum may attest a block that nobody executed.
   */
  readonly unsafeVerifiersForTests: number | null;
}

/** Up to this many keepers all of them verify: a lottery would pick nearly all anyway. */
export const ALL_VERIFY_UP_TO = 10;
