/** What can be done to a running network. */
export const FAULT_ACTIONS = ["kill", "stop", "cont", "restart", "partition", "heal"] as const;
export type FaultAction = (typeof FAULT_ACTIONS)[number];

export type FaultTarget =
  /** As the devnet counts its keepers, from 0. */
  | { readonly type: "keeper"; readonly index: number }
  /**
   * Whoever produces this thread when the fault happens, by index or id. `restart` and `cont` mean the one that a `kill` or
   * `stop` of the same target hit last, whoever produces by then.
   */
  | { readonly type: "producer"; readonly thread: string };

/** One planned fault. Every action but `heal` has a target. */
export interface Fault {
  /** After the network is ready and its load, if any, has begun. */
  readonly atMs: number;
  readonly action: FaultAction;
  readonly target: FaultTarget | null;
}

export function targetText(target: FaultTarget): string {
  return target.type === "keeper" ? `keeper:${target.index}` : `producer:${target.thread}`;
}

/** As a person plans it, such as "8s kill keeper:2". */
export function faultText({ atMs, action, target }: Fault): string {
  const parts = [`${atMs / 1_000}s`, action];
  return (target === null ? parts : [...parts, targetText(target)]).join(" ");
}
