/**
 * The long fuzzing run: every decoder for a time, with what V8's coverage finds worth keeping, and then as long hostile
 * frames for real keepers, each of another network.
 *
 *   node scripts/fuzz.mjs                     10 minutes of processor time for each decoder, and for keepers
 *   node scripts/fuzz.mjs 1 wireMessage       1 minute, one decoder
 *   node scripts/fuzz.mjs 1 keepers           1 minute, only keepers
 *   node scripts/fuzz.mjs 1 all 12345         draws from a seed that was printed
 *
 * Exits 0 only when nothing threw, nothing took too long and nothing grew beyond its bound. Needs a build.
 */
import fc from "fast-check";
// Not by the package's name: that would load all decoders, and coverage sees only into what is loaded after it began.
import { openFuzzing } from "../packages/sim/dist/fuzz/openFuzzing.js";

const MS_PER_MINUTE = 60_000;
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;
/** Wide, because other programs take their share of the machine too. */
const INPUT_MS_MAX = 5_000;
const FRAMES_PER_KEEPER = 10_000;
const KEEPERS = "keepers";

const minutes = Number(process.argv[2] ?? 10);
const only = (process.argv[3] ?? "all").split(",");
const seed = Number(process.argv[4] ?? Date.now() % 1_000_000_000);
/** @param {string} name */
const isChosen = (name) => only.includes("all") || only.includes(name);
const nowMs = () => performance.now();
console.log(`seed ${seed}, ${minutes} minutes of processor time each`);

const fuzzing = await openFuzzing(fc);
const chosen = fuzzing.targets.filter(({ name }) => isChosen(name));
let failures = chosen.length === 0 && !isChosen(KEEPERS) ? 1 : 0;
for (const target of chosen) {
  const isOver = timeUp();
  tell(fuzzing.run(target, { seed, isGuided: true, isOver, nowMs }));
}
fuzzing.coverage.close();

const isOver = timeUp();
for (let run = 0; isChosen(KEEPERS) && (run === 0 || !isOver()); run++) {
  const report = await fuzzing.besiege({
    seed: seed + run,
    isOver: (frames) => frames >= FRAMES_PER_KEEPER || isOver(),
    nowMs,
  });
  const { finalHeight, largest, ...rest } = report;
  const named = { target: KEEPERS, seed: seed + run, finalHeight: Number(finalHeight), largest: largest.slice(0, 8) };
  tell({ ...named, ...rest });
}
process.exitCode = failures === 0 ? 0 : 1;

/** @param {{ failure: object | null, slowestMs: number }} report */
function tell(report) {
  const rssBytes = process.memoryUsage.rss();
  const isBad = report.failure !== null || report.slowestMs > INPUT_MS_MAX || rssBytes > MEMORY_BYTES_MAX;
  if (isBad) failures += 1;
  console.log(JSON.stringify({ ...report, slowestMs: Math.round(report.slowestMs), rssBytes }));
}

/** @returns says whether this process has used its minutes from now on */
function timeUp() {
  const startedMs = cpuMs();
  return () => cpuMs() - startedMs >= minutes * MS_PER_MINUTE;
}

/** Of this process, in milliseconds. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
