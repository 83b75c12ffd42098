/**
 * Breaks one rule after the other and sees whether the simulator or the explorer finds it within its normal bounds.
 *
 *   node scripts/mutations.mjs                     all rules
 *   node scripts/mutations.mjs vote-before-fsync   one
 *
 * Prints the rows of the table in docs/testing.md. Exits 0 only when every broken rule was found. Needs a build.
 */
import { availableParallelism } from "node:os";
import { FAULT_NAMES, LIAR_NAMES, MUTATIONS, runSearches, runSeeds, SMALL_SEARCHES } from "@sealwright/sim";

const SEEDS = Array.from({ length: 300 }, (_, i) => i + 1);
const only = process.argv.slice(2);

/**
 * @param {import("@sealwright/sim").Mutation} mutation
 * @returns {Promise<string | null>} how it was found
 */
async function find({ rule, foundBy }) {
  if (foundBy.by === "explore") {
    const searches = SMALL_SEARCHES.filter(({ name }) => name === foundBy.search);
    const { violations, states } = await runSearches({ searches, workers: 1, breakRule: rule });
    if (violations[0] === undefined) return null;
    return `explorer, search "${foundBy.search}": ${violations[0].invariant} among ${states} states`;
  }
  let seeds = 0;
  const { violations } = await runSeeds({
    seeds: SEEDS,
    keepers: { min: 4, max: 4 },
    faults: foundBy.faults ?? [...FAULT_NAMES, ...LIAR_NAMES],
    workers: availableParallelism(),
    breakRule: rule,
    violationsMax: 1,
    shrinks: false,
    onResult: () => (seeds += 1),
  });
  return violations[0] === undefined ? null : `simulator: ${violations[0].invariant} within ${seeds} seeds`;
}

let missed = 0;
for (const mutation of MUTATIONS) {
  if (only.length > 0 && !only.includes(mutation.rule)) continue;
  const found = await find(mutation);
  if (found === null) missed += 1;
  console.log(`| \`${mutation.rule}\` | ${mutation.means} | ${found ?? "NOT FOUND"} |`);
}
process.exitCode = missed === 0 ? 0 : 1;
