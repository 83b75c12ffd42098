/**
 * Makes packages/cli/bundle of what the build made: the command and the worker threads that its processes start, each with
 * all code it needs in a few files. A keeper has some 1,800 modules; reading them one by one is most of its start.
 *
 * What package.json of the cli names under `bundle.external` stays outside: native code, files that are found by their
 * place, and the simulator, whose broken rules are put into modules as they are loaded.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleOptions, ENTRIES } from "./bundle/bundleOptions.mjs";

const CLI = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", "cli");
const bundle = join(CLI, "bundle");
// Beside its place, so that a rename takes each file there whole.
const making = mkdtempSync(join(CLI, ".bundle-"));
try {
  await build(bundleOptions(making));
  replaceBundle();
} finally {
  rmSync(making, { recursive: true, force: true });
}

/**
 * Commands run while this builds, and each must find a whole program: first come the parts that the new entries ask for,
 * under names that say what is in them, then the entries, and what only the old ones asked for goes last.
 */
function replaceBundle() {
  mkdirSync(bundle, { recursive: true });
  const isEntry = (/** @type {string} */ name) => name.replace(/\.js$/, "") in ENTRIES;
  const made = readdirSync(making);
  const parts = made.filter((name) => !isEntry(name));
  for (const name of [...parts, ...made.filter(isEntry)]) renameSync(join(making, name), join(bundle, name));
  for (const name of readdirSync(bundle)) if (!made.includes(name)) rmSync(join(bundle, name), { recursive: true });
}
