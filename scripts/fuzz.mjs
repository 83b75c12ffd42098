/**
 * The long fuzzing run: every decoder for a time, with what V8's coverage finds worth keeping.
 *
 *   node scripts/fuzz.mjs                     10 minutes of processor time per decoder
 *   node scripts/fuzz.mjs 1 wireMessage       1 minute, one decoder
 *   node scripts/fuzz.mjs 1 all 12345         the same run as one that printed this seed
 *
 * Exits 0 only when nothing threw. Needs a build.
 */
import fc from "fast-check";
// Not by the package's name: that would load all decoders, and coverage sees only into what is loaded after it began.
import { openFuzzing } from "../packages/sim/dist/fuzz/openFuzzing.js";

const MS_PER_MINUTE = 60_000;
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

const minutes = Number(process.argv[2] ?? 10);
const only = process.argv[3] ?? "all";
const seed = Number(process.argv[4] ?? Date.now() % 1_000_000_000);
console.log(`seed ${seed}, ${minutes} minutes of processor time per decoder`);

const fuzzing = await openFuzzing(fc);
const chosen = fuzzing.targets.filter(({ name }) => only === "all" || only.split(",").includes(name));
let failures = chosen.length === 0 ? 1 : 0;
for (const target of chosen) {
  const startedMs = cpuMs();
  const isOver = () => cpuMs() - startedMs >= minutes * MS_PER_MINUTE;
  const report = fuzzing.run(target, { seed, isGuided: true, isOver });
  const rssBytes = process.memoryUsage.rss();
  if (report.failure !== null || rssBytes > MEMORY_BYTES_MAX) failures += 1;
  console.log(JSON.stringify({ ...report, rssBytes }));
}
fuzzing.coverage.close();
process.exitCode = failures === 0 ? 0 : 1;

/** Of this process, in milliseconds. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
