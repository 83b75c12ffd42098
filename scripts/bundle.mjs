/**
 * Makes packages/cli/bundle of what the build made: the command and the worker threads that its processes start, each with
 * all code it needs in a few files. A keeper has some 1,800 modules; reading them one by one is most of its start.
 *
 * What package.json of the cli names under `bundle.external` stays outside: native code, files that are found by their
 * place, and the simulator, whose broken rules are put into modules as they are loaded.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = join(ROOT, "packages", "cli");

/** Code names a worker's file as its neighbour, `./cryptoWorker.js`: here all of them lie in one folder. */
const ENTRIES = {
  main: "packages/cli/dist/main.js",
  cryptoWorker: "packages/crypto/dist/pool/cryptoWorker.js",
  executionWorker: "packages/execution/dist/host/executionWorker.js",
  ledgerExecutor: "packages/execution/dist/ledger/ledgerExecutor.js",
  tvmExecutor: "packages/execution/dist/tvm/tvmExecutor.js",
  loadWorker: "packages/devnet/dist/load/loadWorker.js",
  possessionWorker: "packages/forge/dist/service/keys/possession/possessionWorker.js",
};

/** CommonJS packages inside ask for Node's own modules with `require`. */
const BANNER = `import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);`;

/** @type {unknown} */
const parsed = JSON.parse(readFileSync(join(CLI, "package.json"), "utf8"));
const manifest = /** @type {{ bundle: { external: string[] } }} */ (parsed);
const bundle = join(CLI, "bundle");
// Beside its place, so that a rename takes each file there whole.
const making = mkdtempSync(join(CLI, ".bundle-"));
try {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: making,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    external: manifest.bundle.external,
    banner: { js: BANNER },
    logLevel: "warning",
  });
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
