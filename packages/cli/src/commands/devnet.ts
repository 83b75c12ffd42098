import { writeFile } from "node:fs/promises";
import { relative } from "node:path";
import {
  chooseDevnetPlace,
  createDevnet,
  type Devnet,
  type DevnetEvent,
  type DevnetPlace,
  devnetPlaceAt,
  type DevnetReport,
  type Fault,
  type FaultDone,
  faultText,
  type FundedAccounts,
  isGood,
  type LoadProgress,
  planFlaw,
  runDevnet,
  runningDevnets,
  writeReadyFile,
} from "@sealwright/devnet";
import type { ExecutorKind } from "@sealwright/consensus";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { nodeCommand } from "../nodeCommand.js";
import { claimFile } from "../output/claimFile.js";
import { nodeEndText } from "../output/nodeEndText.js";
import { Output } from "../output/output.js";
import { reportLines } from "../output/reportLines.js";
import { shellWord } from "../output/shellWord.js";
import { tableLines } from "../output/table.js";
import { DEVNETS_DIR } from "../options/presets.js";
import { onStopSignal } from "../signals.js";
import { summarize } from "./devnetSummary.js";

export interface DevnetCommandOptions {
  readonly nodes?: number;
  readonly threads?: number;
  readonly executor?: ExecutorKind;
  readonly accounts?: number;
  readonly dataDir?: string;
  readonly port: number;
  readonly duration?: number;
  readonly load?: number;
  readonly fault: readonly Fault[];
  readonly report?: string;
  readonly readyFile?: string;
  readonly json?: boolean;
}

/** Distance between the ports for keepers and those for clients. */
const KEEPER_PORTS_BELOW = 100;

/** Runs a network on this machine until it is stopped, or for a time. */
export async function runDevnetCommand(options: DevnetCommandOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const { dataDir } = options;
  const place =
    dataDir === undefined ? await chooseDevnetPlace(DEVNETS_DIR, options) : await devnetPlaceAt(dataDir, options);
  const flaw = planFlaw(options.fault, { ...place.parameters, durationMs: options.duration ?? null });
  if (flaw !== null) throw new CliError(EXIT.usage, "badFault", flaw);
  await claim("--report", "reportUnwritable", options.report);
  await claim("--ready-file", "readyFileUnwritable", options.readyFile);
  const over = new AbortController();
  const release = onStopSignal(() => {
    if (out.isLive) out.text("\nstopping…");
    over.abort();
  });
  let devnet: Devnet;
  try {
    devnet = await startDevnet(place, options, out, over.signal);
  } catch (error) {
    // Asked to stop while it started: that is no failure.
    if (over.signal.aborted) return EXIT.ok;
    throw error;
  }
  try {
    await announce(devnet, out);
    if (options.readyFile !== undefined) await writeReadyFile(options.readyFile, devnet.urls);
    return await runUntilOver(devnet, options, out, over.signal);
  } finally {
    await devnet.stop();
    release();
    if (options.duration === undefined) out.text(`stopped; the network's state stays in ${short(devnet.folder.dir)}`);
  }
}

async function runUntilOver(
  devnet: Devnet,
  options: DevnetCommandOptions,
  out: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const isReported = [options.duration, options.report, options.load, options.fault[0]].some(
    (one) => one !== undefined,
  );
  let progress: LoadProgress | null = null;
  const stopSummary = summarize(devnet, out, () => progress);
  try {
    if (!isReported) {
      await untilAborted(signal);
      return EXIT.ok;
    }
    const report = await runDevnet(devnet, {
      loadPerS: options.load ?? 0,
      durationMs: options.duration ?? null,
      faults: options.fault,
      onFault: (done) => tellFault(done, out),
      signal,
      onProgress: (now) => (progress = now),
    });
    stopSummary();
    await deliver(report, options, out);
    return isGood(report) ? EXIT.ok : EXIT.failed;
  } finally {
    stopSummary();
  }
}

function startDevnet(
  { dir, parameters, passedOver }: DevnetPlace,
  { port }: DevnetCommandOptions,
  out: Output,
  signal: AbortSignal,
): Promise<Devnet> {
  for (const { dir: other, why } of passedOver) {
    out.json({ event: "folderPassedOver", dir: other, why });
    out.text(out.style("yellow", `${short(other)} stays as it is: ${why}`));
  }
  if (passedOver.length > 0) out.text(`this network is in ${short(dir)}; --data-dir goes on with another one`);
  const { nodes, threads } = parameters;
  out.text(`starting ${nodes} keepers with ${threads} ${threads === 1 ? "thread" : "threads"}…`);
  return createDevnet({
    ...parameters,
    dataDir: dir,
    nodeCommand: nodeCommand(),
    ports: { api: port, keeper: port === 0 ? 0 : port - KEEPER_PORTS_BELOW },
    startedAtMs: performance.timeOrigin,
    signal,
    onEvent: (event) => tell(event, out),
  });
}

function tell(event: DevnetEvent, out: Output): void {
  out.json({ event: event.type, ...event });
  if (event.type === "portTaken") out.text(`port ${event.wished} is taken, using ${event.port} instead`);
  if (event.type === "nodeEnded") out.text(out.style("red", nodeEndText(event)));
}

function tellFault({ fault, keeper, failure }: FaultDone, out: Output): void {
  out.json({ event: "fault", fault: faultText(fault), keeper, failure });
  if (failure === null) out.text(out.style("yellow", `  fault: ${faultText(fault)}${keeperNote(fault, keeper)}`));
  else out.text(out.style("red", `  fault ${failure}`));
}

function keeperNote({ target }: Fault, keeper: number | null): string {
  return target?.type === "producer" ? `, which is keeper ${keeper}` : "";
}

const short = (path: string): string => relative(process.cwd(), path) || ".";

/** Other commands find the only devnet that runs here by themselves. */
async function dataDirOption(dir: string): Promise<string> {
  const running = await runningDevnets(DEVNETS_DIR);
  return running.length === 1 && running[0]?.dir === dir ? "" : ` --data-dir ${shellWord(short(dir))}`;
}

async function announce(devnet: Devnet, out: Output): Promise<void> {
  const { name, networkId, accountsPath, isResumed, dir } = devnet.folder;
  out.json({
    event: "started",
    name,
    networkId,
    accounts: accountsPath,
    startToFirstFinalMs: devnet.startToFirstFinalMs,
    endpoints: devnet.urls,
    nodes: devnet.endpoints,
  });
  const inDir = await dataDirOption(dir);
  const seconds = (devnet.startToFirstFinalMs / 1_000).toFixed(1);
  out.text();
  out.text(`${out.style("bold", name)} ${isResumed ? "goes on" : "runs"}: first final block after ${seconds} s`);
  out.text();
  const rows = devnet.endpoints.map(({ index, apiUrl, pid, log }) => [String(index), apiUrl, String(pid), short(log)]);
  for (const line of tableLines([["node", "API", "pid", "log"], ...rows])) out.text(line);
  out.text();
  const hints = [
    [fundedText(devnet.folder.funded), short(accountsPath)],
    ["send a transfer", `npx sealwright send${inDir} --from account-0 --to account-1 --amount 5`],
    ["watch blocks", `npx sealwright watch${inDir}`],
    ["see it live", devnet.urls.page],
    ...(devnet.urls.ton === null
      ? []
      : [
          ["TON tools", devnet.urls.ton],
          ["faucet", `POST { "address": "…" } to ${devnet.urls.faucet}`],
        ]),
    ["where it stands", `npx sealwright status${inDir}`],
    ["HTTP API", `${devnet.endpoints[0]?.apiUrl}/openapi.json`],
    ["stop", "Ctrl-C; the state stays and goes on at the next start"],
  ];
  for (const line of tableLines(hints)) out.text(line);
  out.text();
}

function fundedText(funded: FundedAccounts): string {
  return funded.type === "ledger"
    ? `${funded.accounts.length} funded accounts`
    : `${funded.wallets.length} funded wallets`;
}

async function deliver(report: DevnetReport, { report: path }: DevnetCommandOptions, out: Output): Promise<void> {
  out.json({ event: "report", report });
  for (const line of reportLines(report, out)) out.text(line);
  if (path === undefined) return;
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  out.text(`  report    ${path}`);
}

async function claim(option: string, code: string, path: string | undefined): Promise<void> {
  if (path !== undefined) await claimFile({ option, code, path });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
