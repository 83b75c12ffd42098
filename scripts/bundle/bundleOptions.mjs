import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { requiredOutside } from "./requiredOutside.mjs";
import { straightImports } from "./straightImports.mjs";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CLI = join(ROOT, "packages", "cli");

/** Code names a worker's file as its neighbour, `./cryptoWorker.js`: here all of them lie in one folder. */
export const ENTRIES = {
  main: "packages/cli/dist/main.js",
  cryptoWorker: "packages/crypto/dist/pool/cryptoWorker.js",
  executionWorker: "packages/execution/dist/host/executionWorker.js",
  ledgerExecutor: "packages/execution/dist/ledger/ledgerExecutor.js",
  tvmExecutor: "packages/execution/dist/tvm/tvmExecutor.js",
  loadWorker: "packages/devnet/dist/load/loadWorker.js",
  possessionWorker: "packages/forge/dist/service/keys/possession/possessionWorker.js",
};

/** What libraries load when nobody tells them better, a fifth of all text; our servers do. */
const NOT_IN_BUNDLE = ["@fastify/ajv-compiler", "@fastify/fast-json-stringify-compiler"];

/** CommonJS packages inside ask for Node's own modules with `require`. */
const BANNER = `import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);`;

/**
 * What goes into the bundle, and how. Needs what the compiler wrote.
 * @param {string} outdir
 * @returns {import("esbuild").BuildOptions}
 */
export function bundleOptions(outdir) {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(join(CLI, "package.json"), "utf8"));
  const { external } = /** @type {{ bundle: { external: string[] } }} */ (parsed).bundle;
  return {
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    external,
    alias: Object.fromEntries(NOT_IN_BUNDLE.map((name) => [name, join(ROOT, "scripts", "bundle", "notInBundle.mjs")])),
    // Ours are not CommonJS.
    plugins: [straightImports(), requiredOutside(external.filter((name) => !name.startsWith("@sealwright/")))],
    banner: { js: BANNER },
    logLevel: "warning",
  };
}
