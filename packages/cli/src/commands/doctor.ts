import { readdir } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { type EndpointsFile, readEndpoints, runningDevnets, wakefulClock } from "@sealwright/devnet";
import { type DoctorReport, examineNode, type Finding } from "@sealwright/node";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { checkedUrl, findDevnet } from "../network/target.js";
import { DEVNETS_DIR } from "../options/presets.js";
import { Output } from "../output/output.js";

export interface DoctorOptions {
  /** A node.yaml; those of the devnet here unless told. */
  readonly config?: string;
  readonly dataDir?: string;
  readonly endpoint: readonly string[];
  readonly json?: boolean;
}

const MARK = { ok: "✓", warn: "⚠", fail: "✗", skipped: "–" } as const satisfies Record<Finding["level"], string>;
const STYLE = { ok: "green", warn: "yellow", fail: "red", skipped: "dim" } as const;
/** Unlike other commands': what is worth a look is 1, what is in the way is 2. */
const EXIT_OF = { ok: EXIT.ok, warn: EXIT.failed, fail: EXIT.usage } as const satisfies Record<
  DoctorReport["health"],
  ExitCode
>;

/** Looks at each configured node, running or not, and at the machine; changes nothing. */
export async function runDoctor(options: DoctorOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const { configs, devnet } = await examined(options);
  const named = options.endpoint.map(checkedUrl);
  const otherUrls = named.length > 0 ? named : (devnet?.nodes ?? []).map(({ apiUrl }) => apiUrl);
  let worst: ExitCode = EXIT.ok;
  for (const configPath of configs) {
    const report = await examineNode({ configPath, environment: process.env, otherUrls }, wakefulClock);
    out.answer(report, linesOf(configPath, report, out));
    if (EXIT_OF[report.health] > worst) worst = EXIT_OF[report.health];
  }
  return worst;
}

interface Examined {
  readonly configs: readonly string[];
  /** That they belong to, or that runs beside them. */
  readonly devnet: EndpointsFile | null;
}

async function examined({ config, dataDir }: DoctorOptions): Promise<Examined> {
  if (config !== undefined) {
    const configPath = resolve(config);
    return { configs: [configPath], devnet: await devnetBeside(configPath, dataDir) };
  }
  const devnet = await findDevnet(dataDir);
  const dir = dataDir ?? (devnet === null ? await someDevnetDir() : dirname(devnet.genesis));
  const configs = await configsIn(resolve(dir));
  // None: the report says so, and how to get one.
  return { configs: configs.length > 0 ? configs : [resolve("node.yaml")], devnet };
}

async function devnetBeside(configPath: string, dataDir: string | undefined): Promise<EndpointsFile | null> {
  if (dataDir !== undefined) return readEndpoints(resolve(dataDir));
  const running = await runningDevnets(DEVNETS_DIR);
  const its = running.find(({ dir }) => configPath.startsWith(`${dir}${sep}`));
  return (its ?? (running.length === 1 ? running[0] : undefined))?.endpoints ?? null;
}

/** Of those that are there while none runs: the usual one, else the first. */
async function someDevnetDir(): Promise<string> {
  const names = (await readdir(DEVNETS_DIR).catch(() => [])).sort();
  const found: string[] = [];
  for (const name of ["devnet", ...names]) {
    const dir = join(DEVNETS_DIR, name);
    if ((await configsIn(dir)).length > 0) found.push(dir);
  }
  return found[0] ?? DEVNETS_DIR;
}

async function configsIn(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => /^node-[0-9]+$/.test(name)).map((name) => join(dir, name, "node.yaml"));
}

function linesOf(configPath: string, { findings, software }: DoctorReport, out: Output): string[] {
  const lines = findings.flatMap(({ name, level, found, advice }) => [
    `  ${out.style(STYLE[level], MARK[level])} ${name.padEnd(15)}  ${found}`,
    ...(advice === null ? [] : [`    ${" ".repeat(15)}  → ${advice}`]),
  ]);
  return [out.style("bold", `${configPath} (sealwright ${software})`), ...lines, ""];
}
