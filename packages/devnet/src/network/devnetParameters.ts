import type { ExecutorKind } from "@sealwright/consensus";

/** What makes one devnet another network: a folder made for others is refused. */
export interface DevnetParameters {
  readonly nodes: number;
  readonly threads: number;
  readonly executor: ExecutorKind;
  readonly accounts: number;
}

/** What somebody asked for; of the rest a network that is there decides, and the defaults of a new one. */
export type DevnetWishes = { readonly [P in keyof DevnetParameters]?: DevnetParameters[P] | undefined };

/** Of a new network, where nobody asked for anything. */
export const DEVNET_DEFAULTS = {
  nodes: 4,
  threads: 2,
  executor: "tvm",
  accounts: { ledger: 1_000, tvm: 8 },
} as const;

/** @param there those of the network that is in the folder; null when there is none yet */
export function parametersFrom(wishes: DevnetWishes, there: DevnetParameters | null): DevnetParameters {
  const executor = wishes.executor ?? there?.executor ?? DEVNET_DEFAULTS.executor;
  return {
    nodes: wishes.nodes ?? there?.nodes ?? DEVNET_DEFAULTS.nodes,
    threads: wishes.threads ?? there?.threads ?? DEVNET_DEFAULTS.threads,
    executor,
    accounts: wishes.accounts ?? there?.accounts ?? DEVNET_DEFAULTS.accounts[executor],
  };
}

/** @returns in what a network is not the one that was asked for, for people; null when it is */
export function differenceFrom(there: DevnetParameters, wishes: DevnetWishes): ParameterDifference | null {
  const names = ["nodes", "threads", "executor", "accounts"] as const;
  const different = names.filter((name) => wishes[name] !== undefined && wishes[name] !== there[name]);
  if (different.length === 0) return null;
  return {
    text: different.map((name) => `${name} ${there[name]} there, ${wishes[name]} asked for`).join("; "),
    optionsOfThere: different.map((name) => `--${name} ${there[name]}`).join(" "),
  };
}

export interface ParameterDifference {
  readonly text: string;
  /** The options that ask for what is there. */
  readonly optionsOfThere: string;
}
