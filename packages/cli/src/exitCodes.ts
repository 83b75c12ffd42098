/** How the command ends; scripts rely on these. */
export const EXIT = {
  ok: 0,
  /** It ran, and the answer is no: an invariant violated, a message lost, a transfer rejected, a node that does not answer. */
  failed: 1,
  /** Options or configuration that cannot be used. */
  usage: 2,
  /** Something in the way: a port, a folder, a permission, a full disk, a network of another kind. */
  cannotStart: 3,
  /** A running node stopped itself rather than risk what it guards. */
  stoppedForSafety: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
