import { relative, resolve } from "node:path";
import { SealwrightClient } from "@sealwright/api/client";
import { type EndpointsFile, readEndpoints, runningDevnets, wakefulClock } from "@sealwright/devnet";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";
import { shellWord } from "../output/shellWord.js";
import { DEVNETS_DIR } from "../options/presets.js";

export interface TargetOptions {
  /** Base URL of a node; the local devnet unless told. */
  readonly endpoint?: string;
  /** Folder of the devnet to ask; the one that runs unless told. */
  readonly dataDir?: string;
}

/** Which nodes a command talks to. */
export interface Target {
  readonly urls: readonly string[];
  /** Null for a network that is not this machine's devnet. */
  readonly devnet: EndpointsFile | null;
}

/** The option, else SEALWRIGHT_ENDPOINT, else the devnet that runs here. */
export async function findTarget({ endpoint, dataDir }: TargetOptions): Promise<Target> {
  const given = endpoint ?? process.env["SEALWRIGHT_ENDPOINT"];
  if (given !== undefined) {
    const url = checkedUrl(given);
    return { urls: [url], devnet: await devnetAround(url, dataDir) };
  }
  const devnet = await findDevnet(dataDir);
  if (devnet !== null) return { urls: devnet.nodes.map(({ apiUrl }) => apiUrl), devnet };
  const advice = "start one with npx sealwright devnet, or name a node with --endpoint http://host:port";
  throw new CliError(EXIT.failed, "noNetwork", `no devnet runs in ${resolve(dataDir ?? DEVNETS_DIR)}`, advice);
}

/**
 * The devnet of that folder, else the only one that runs here; null when none does.
 * @throws CliError when several run, for nobody said which
 */
export async function findDevnet(dataDir: string | undefined): Promise<EndpointsFile | null> {
  if (dataDir !== undefined) return readEndpoints(resolve(dataDir));
  const running = await runningDevnets(DEVNETS_DIR);
  if (running.length <= 1) return running[0]?.endpoints ?? null;
  const dirs = running.map(({ dir }) => relative(process.cwd(), dir));
  const advice = `name one with --data-dir, such as --data-dir ${shellWord(dirs[0]!)}, or a node with --endpoint http://host:port`;
  throw new CliError(EXIT.usage, "severalNetworks", `${dirs.length} devnets run here: ${dirs.join(", ")}`, advice);
}

/** Whose accounts and keepers' numbers may be meant when a node is named: those of the devnet that it belongs to. */
async function devnetAround(url: string, dataDir: string | undefined): Promise<EndpointsFile | null> {
  if (dataDir !== undefined) return readEndpoints(resolve(dataDir));
  const running = (await runningDevnets(DEVNETS_DIR)).map(({ endpoints }) => endpoints);
  const its = running.find(({ nodes }) => nodes.some(({ apiUrl }) => apiUrl === url));
  return its ?? (running.length === 1 ? running[0]! : null);
}

export function clientOf(url: string): SealwrightClient {
  return new SealwrightClient({ baseUrl: url }, { clock: wakefulClock });
}

const ANSWER_MS_MAX = 3_000;

/** The first node, in their order, that answers: one keeper of a network may be down. Of none: the first, for its error. */
export async function connect({ urls }: Target): Promise<SealwrightClient> {
  for (const url of urls) {
    const client = clientOf(url);
    try {
      await client.network({ signal: AbortSignal.timeout(ANSWER_MS_MAX) });
      return client;
    } catch {
      client.close();
    }
  }
  return clientOf(urls[0]!);
}

/** @returns the base URL of a node that a person named */
export function checkedUrl(text: string): string {
  const url = baseUrlOf(text);
  if (url !== null) return url;
  const meant = text.includes("://") ? null : baseUrlOf(`http://${text}`);
  throw new CliError(
    EXIT.usage,
    "badEndpoint",
    `${JSON.stringify(text)} is not the address of a node`,
    `allowed: http://host:port${meant === null ? "" : `; did you mean ${meant}?`}`,
  );
}

function baseUrlOf(text: string): string | null {
  try {
    const { protocol, origin } = new URL(text);
    return protocol === "http:" || protocol === "https:" ? origin : null;
  } catch {
    return null;
  }
}
