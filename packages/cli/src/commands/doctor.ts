import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readEndpoints, wakefulClock } from "@sealwright/devnet";
import { type DoctorReport, examineNode, type Finding } from "@sealwright/node";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { checkedUrl } from "../network/target.js";
import { Output } from "../output/output.js";

export interface DoctorOptions {
  /** A node.yaml; those of the devnet here unless told. */
  readonly config?: string;
  readonly dataDir: string;
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
  const devnet = await readEndpoints(resolve(options.dataDir));
  const named = options.endpoint.map(checkedUrl);
  const otherUrls = named.length > 0 ? named : (devnet?.nodes ?? []).map(({ apiUrl }) => apiUrl);
  let worst: ExitCode = EXIT.ok;
  for (const configPath of await configsOf(options)) {
    const report = await examineNode({ configPath, environment: process.env, otherUrls }, wakefulClock);
    out.answer(report, linesOf(configPath, report, out));
    if (EXIT_OF[report.health] > worst) worst = EXIT_OF[report.health];
  }
  return worst;
}

async function configsOf({ config, dataDir }: DoctorOptions): Promise<readonly string[]> {
  if (config !== undefined) return [resolve(config)];
  const dir = resolve(dataDir);
  const names = await readdir(dir).catch(() => []);
  const nodes = names.filter((name) => /^node-[0-9]+$/.test(name)).map((name) => join(dir, name, "node.yaml"));
  // None: the report says so, and how to get one.
  return nodes.length > 0 ? nodes : [resolve("node.yaml")];
}

function linesOf(configPath: string, { findings, software }: DoctorReport, out: Output): string[] {
  const lines = findings.flatMap(({ name, level, found, advice }) => [
    `  ${out.style(STYLE[level], MARK[level])} ${name.padEnd(15)}  ${found}`,
    ...(advice === null ? [] : [`    ${" ".repeat(15)}  → ${advice}`]),
  ]);
  return [out.style("bold", `${configPath} (sealwright ${software})`), ...lines, ""];
}
