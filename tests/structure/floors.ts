/** The floors of the house, from the ground up. A package may import from floors below its own. */
export const FLOORS: readonly (readonly string[])[] = [
  ["types", "crypto"],
  ["store", "network", "tezos"],
  ["consensus", "execution", "forge"],
  ["producer", "keeper", "api"],
  ["node", "sim", "devnet"],
  ["cli", "dashboard"],
];

/** The only imports within one floor. Each line is a decision: see docs/adr/0001-packages-as-floors.md. */
export const SAME_FLOOR: Readonly<Record<string, readonly string[]>> = {
  crypto: ["types"],
  cli: ["dashboard"],
  devnet: ["node"],
  sim: ["node"],
};

/** Packages that run the house in a false world: they are made of test tools. */
export const FALSE_WORLDS: ReadonlySet<string> = new Set(["sim"]);

/** Floors up to this one take time, randomness and settings from outside. */
export const PURE_FLOOR_MAX = 3;

/** @returns the floor of a package, or undefined for a package that nobody placed yet */
export function floorOf(name: string): number | undefined {
  const floor = FLOORS.findIndex((packages) => packages.includes(name));
  return floor < 0 ? undefined : floor;
}
