/**
 * The long fuzzing run: every decoder for a time, with what V8's coverage finds worth keeping.
 *
 *   node scripts/fuzz.mjs                     10 minutes of processor time per decoder
 *   node scripts/fuzz.mjs 1 wireMessage       1 minute, one decoder
 *
 * Exits 0 only when nothing threw. Needs a build.
 */
import { Coverage, firstInputs, fuzz, fuzzTargets, realFrames, SimRandom } from "@sealwright/sim";

const MS_PER_MINUTE = 60_000;
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

const minutes = Number(process.argv[2] ?? 10);
const only = process.argv[3];
const seed = Date.now() % 1_000_000_000;
console.log(`seed ${seed}, ${minutes} minutes of processor time per decoder`);

const { frames, simulation } = await realFrames(1);
const inputs = firstInputs(simulation.genesis, frames);
const coverage = new Coverage();
let failures = 0;
for (const target of fuzzTargets(simulation.genesis.networkId)) {
  if (only !== undefined && target.name !== only) continue;
  const random = new SimRandom(seed, target.name);
  const startedMs = cpuMs();
  const report = fuzz(target, inputs, {
    random,
    coverage,
    isOver: () => cpuMs() - startedMs >= minutes * MS_PER_MINUTE,
  });
  const rssBytes = process.memoryUsage.rss();
  const grew = rssBytes > MEMORY_BYTES_MAX;
  if (report.failure !== null || grew) failures += 1;
  console.log(JSON.stringify({ ...report, covered: coverage.size, rssBytes }));
}
coverage.close();
process.exitCode = failures === 0 ? 0 : 1;

/** Of this process, in milliseconds. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
