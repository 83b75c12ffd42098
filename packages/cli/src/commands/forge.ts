import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { createMetrics } from "@sealwright/api";
import {
  createForgeService,
  describeServiceConfigError,
  describeWatermarks,
  type ForgeService,
  type ForgeServiceError,
  parseServiceConfig,
  type ReadServiceConfig,
  type ServiceConfig,
} from "@sealwright/forge";
import { addProcessMetrics, systemClock, systemRandom } from "@sealwright/node";
import { err } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { whyUnreadable } from "../output/fileFault.js";
import { logLines } from "../output/logLines.js";
import { Output } from "../output/output.js";
import { onStopSignal } from "../signals.js";
import { FORGE_ADVICE } from "./forgeAdvice.js";
import { exportMarksTo, importMarksFrom } from "./forgeMarks.js";

export interface ForgeCommandOptions {
  readonly config: string;
  readonly exportMarks?: string;
  readonly importMarks?: string;
  /** Whose marks are meant, where a file does not say or must not mix. */
  readonly chain?: string;
  /** The export goes into an Octez remote signer's folder. */
  readonly toOctezSigner?: boolean;
  readonly json?: boolean;
}

/** Runs the signing service until it is asked to stop, or moves watermarks while it is stopped. */
export async function runForge(options: ForgeCommandOptions): Promise<ExitCode> {
  if (options.toOctezSigner === true && options.exportMarks === undefined)
    throw new CliError(EXIT.usage, "badOptions", "--to-octez-signer goes with --export-marks");
  const out = new Output(options.json === true);
  const path = resolve(options.config);
  const readConfig: ReadServiceConfig = () => readConfigFile(path);
  const config = await readConfig();
  if (!config.ok) {
    const { error } = config;
    const why = error.code === "configUnreadable" ? error.message : describeServiceConfigError(error);
    throw new CliError(
      EXIT.usage,
      error.code,
      `configuration ${path}: ${why}`,
      "docs/forge-service.md describes every value",
    );
  }
  if (options.exportMarks !== undefined)
    return exportMarksTo(
      resolve(options.exportMarks),
      { chain: options.chain ?? null, toOctezSigner: options.toOctezSigner === true },
      config.value,
      out,
    );
  if (options.importMarks !== undefined)
    return importMarksFrom(resolve(options.importMarks), options.chain ?? null, config.value, out);
  return serve(config.value, readConfig, out);
}

async function serve(config: ServiceConfig, readConfig: ReadServiceConfig, out: Output): Promise<ExitCode> {
  // Asked to stop while it starts, it starts first and stops then, so that nothing is left half open.
  let stop = (): void => undefined;
  const stopped = new Promise<void>((done) => (stop = done));
  // A terminal that closes sends SIGHUP, but so does whoever wants a service to read its configuration again.
  const forget = onStopSignal(() => stop(), ["SIGINT", "SIGTERM"]);
  let reload = (): void => undefined;
  const onHangUp = (): void => reload();
  process.on("SIGHUP", onHangUp);
  const metrics = createMetrics();
  const stopMeasuring = addProcessMetrics(metrics, { clock: systemClock });
  try {
    const service = await createForgeService(config, {
      clock: systemClock,
      random: systemRandom,
      logger: logLines(config.log.level),
      env: process.env,
      readConfig,
      processMetrics: () => metrics.text(),
    });
    if (!service.ok) throw startError(service.error);
    show(service.value, config, out);
    // While one runs no other is begun, as over HTTP: whoever edits the file again asks again.
    reload = () => void service.value.reload();
    await stopped;
    await service.value.close();
    return EXIT.ok;
  } finally {
    forget();
    process.off("SIGHUP", onHangUp);
    stopMeasuring();
  }
}

function show(service: ForgeService, config: ServiceConfig, out: Output): void {
  const { url, adminUrl, socketUrls } = service;
  const watermarks = describeWatermarks(config.watermarks);
  out.json({ event: "listening", url, adminUrl, socketUrls, watermarks, keys: service.keys() });
  out.text(`listening on ${url}`);
  for (const socketUrl of socketUrls) out.text(`listening on ${socketUrl}`);
  if (adminUrl !== null) out.text(`health, metrics and reload on ${adminUrl}`);
  out.text(`watermarks: ${watermarks}`);
  for (const { name, validatorKey, allow, enabled } of service.keys()) {
    const names = validatorKey === null || validatorKey === name ? name : `${name} (${validatorKey})`;
    out.text(`key ${names}: ${enabled ? allow.join(", ") || "nothing" : "stopped"}`);
  }
}

async function readConfigFile(path: string): ReturnType<ReadServiceConfig> {
  try {
    return parseServiceConfig(await readFile(path, "utf8"), dirname(path));
  } catch (cause) {
    return err({ code: "configUnreadable", path, message: whyUnreadable(cause) });
  }
}

function startError({ code, message, keys, cause }: ForgeServiceError): CliError {
  const others = keys.slice(1).map((key) => `\n  ${key.path}: ${key.message} (${key.code})`);
  return new CliError(EXIT.cannotStart, code, message + others.join(""), FORGE_ADVICE[code] ?? null, { cause });
}
