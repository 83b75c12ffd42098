/**
 * What `npm test` runs. Every stage runs even when one before it failed, so that one run tells everything.
 *
 *   npm test                              everything
 *   npm test -- packages/forge            only the tests below that folder (any vitest filter or flag works)
 *
 * The last line is `N passed, N failed`: the tests, and each other stage counted as one.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bringPrerequisites } from "./testPrerequisites.mjs";

/** @typedef {{ passed: number, failed: number }} Totals */
/** @typedef {{ name: string, status: string, assertionResults: { status: string }[] }} FileReport */
/**
 * The part of vitest's JSON report that is read here.
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: FileReport[] }} VitestReport
 */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TSC = join("node_modules", "ts7", "bin", "tsc");
const VITEST = join("node_modules", "vitest", "vitest.mjs");

/** Stages that pass or fail as a whole. Workers and processes run what these make, so they come first. */
const BUILDS = [
  { title: "build", args: [TSC, "-b"] },
  { title: "bundle", args: [join("scripts", "bundle.mjs")] },
];
const STATIC_STAGES = [
  { title: "types of the tests", args: [TSC, "-p", "tsconfig.test.json"] },
  { title: "lint", args: [join("node_modules", "eslint", "bin", "eslint.js"), ".", "--max-warnings", "0"] },
  { title: "format", args: [join("node_modules", "prettier", "bin", "prettier.cjs"), "--check", "."] },
];

const filters = process.argv.slice(2);
process.exitCode = await main(filters);

/**
 * @param {readonly string[]} filters passed on to vitest; with any, only build and tests run
 * @returns {Promise<number>} the exit code
 */
async function main(filters) {
  const all = filters.length === 0;
  /** @type {(Totals & { title: string })[]} */
  const results = [];
  const brought = bringPrerequisites(section);
  if (brought !== undefined) results.push({ title: "prerequisites", ...brought });
  for (const { title, args } of BUILDS) {
    section(title);
    results.push({ title, ...asOneTest(runNode(args)) });
  }
  if (all) results.push(...(await runTogether(STATIC_STAGES)));
  section("tests");
  results.push({ title: "tests", ...runVitest(filters, all) });
  return summarize(results);
}

/**
 * @param {readonly string[]} filters
 * @param {boolean} all a skipped test is a failure in a run of everything; with a filter by name it is meant
 * @returns {Totals}
 */
function runVitest(filters, all) {
  const folder = mkdtempSync(join(tmpdir(), "sealwright-test-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const exitedWell = runNode([VITEST, "run", ...reporters, ...filters]);
    const totals = readTotals(report, all);
    // A run can fail without a failed test: an error outside of tests, no test found, a crash of the runner.
    if (!exitedWell && totals.failed === 0) {
      console.log("The test runner failed although no test did: see its output above.");
      return { ...totals, failed: 1 };
    }
    return totals;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} path of vitest's JSON report
 * @param {boolean} countSkipped
 * @returns {Totals}
 */
function readTotals(path, countSkipped) {
  const report = readReport(path);
  if (report === undefined) return { passed: 0, failed: 0 };
  // A file that failed to load, or failed outside of its tests, has no failed test of its own.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  for (const file of broken) console.log(`failed as a whole: ${relative(ROOT, file.name)}`);
  const skipped = countSkipped ? report.numPendingTests + report.numTodoTests : 0;
  if (skipped > 0) console.log(`${skipped} tests did not run, which counts as failed.`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length + skipped };
}

/**
 * @param {string} path
 * @returns {VitestReport | undefined} undefined when the runner died before it wrote one
 */
function readReport(path) {
  try {
    /** @type {unknown} */
    const parsed = JSON.parse(readFileSync(path, "utf8"));
    return /** @type {VitestReport} */ (parsed);
  } catch {
    return undefined;
  }
}

/**
 * @param {readonly (Totals & { title: string })[]} results
 * @returns {number}
 */
function summarize(results) {
  section("summary");
  for (const { title, passed, failed } of results) {
    console.log(`${failed === 0 ? "ok    " : "FAILED"}  ${title}: ${passed} passed, ${failed} failed`);
  }
  const passed = results.reduce((sum, each) => sum + each.passed, 0);
  const failed = results.reduce((sum, each) => sum + each.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/**
 * They take one processor each, and none changes what another one reads. What they say is printed one after the other.
 * @param {readonly { title: string, args: readonly string[] }[]} stages
 * @returns {Promise<(Totals & { title: string })[]>}
 */
async function runTogether(stages) {
  const running = stages.map(({ title, args }) => ({ title, outcome: runQuietly(args) }));
  /** @type {(Totals & { title: string })[]} */
  const results = [];
  for (const { title, outcome } of running) {
    const { isGood, output } = await outcome;
    section(title);
    process.stdout.write(output);
    results.push({ title, ...asOneTest(isGood) });
  }
  return results;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ isGood: boolean, output: string }>}
 */
function runQuietly(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
  }
  return new Promise((resolve) => {
    child.on("error", ({ message }) => resolve({ isGood: false, output: `${output}${message}\n` }));
    child.on("close", (code) => resolve({ isGood: code === 0, output }));
  });
}

/**
 * @param {readonly string[]} args
 * @returns {boolean} whether it exited with 0
 */
function runNode(args) {
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) console.log(error.message);
  return status === 0;
}

/**
 * @param {boolean} passed
 * @returns {Totals}
 */
function asOneTest(passed) {
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @param {string} title */
function section(title) {
  console.log(`\n=== ${title} ===`);
}
