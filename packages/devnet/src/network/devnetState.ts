import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DevnetError } from "../devnetError.js";
import { DEVNET_DEFAULTS, type DevnetParameters } from "./devnetParameters.js";

/** devnet.json: what a devnet's folder says of itself. */
export interface DevnetState extends DevnetParameters {
  readonly sealwright: "devnet";
  readonly version: number;
  readonly name: string;
}

export const STATE_NAME = "devnet.json";
export const STATE_VERSION = 1;

const OTHER_FOLDER = "choose another folder with --data-dir";

/** @returns null when there is no devnet in `dir` yet @throws DevnetError when something else is */
export async function readDevnetState(dir: string): Promise<DevnetState | null> {
  if (!existsSync(dir)) return null;
  if (!(await stat(dir)).isDirectory())
    throw new DevnetError("notADevnet", `${dir} is a file, and no folder of a devnet`, OTHER_FOLDER);
  if ((await readdir(dir)).length === 0) return null;
  const path = join(dir, STATE_NAME);
  if (!existsSync(path))
    throw new DevnetError("notADevnet", `${dir} has files, but is not a devnet's folder`, OTHER_FOLDER);
  const json = await readDevnetFile(dir, STATE_NAME);
  const state = (typeof json === "object" && json !== null ? json : {}) as Partial<DevnetState>;
  if (state.sealwright !== "devnet") throw new DevnetError("notADevnet", `${path} is not a devnet's`, OTHER_FOLDER);
  refuseOtherVersion(dir, state.version);
  const wrong = FIELDS.find(([name, isGood]) => !isGood(state[name]));
  if (wrong !== undefined)
    throw damaged(dir, `${STATE_NAME}: ${wrong[0]} is ${JSON.stringify(state[wrong[0]]) ?? "missing"}`);
  return state as DevnetState;
}

/** Reads one of a devnet's files as JSON. @throws DevnetError when it is missing or does not read */
export async function readDevnetFile(dir: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(dir, name), "utf8"));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw damaged(dir, `${name} does not read: ${cause.message}`, cause);
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") throw damaged(dir, `${name} is missing`, cause);
    throw cause;
  }
}

/** The folder was a devnet's, and cannot be used as it is. */
export function damaged(dir: string, what: string, cause?: unknown): DevnetError {
  const advice = `bring that file back, ${OTHER_FOLDER}, or delete ${dir} to begin anew`;
  return new DevnetError("damaged", `the devnet in ${dir} is damaged: ${what}`, advice, { cause });
}

/** @param what names the file and the version that it has */
export function otherVersion(dir: string, what: string): DevnetError {
  const advice = `use the version that made it, ${OTHER_FOLDER}, or delete ${dir} to begin anew`;
  return new DevnetError("otherVersion", `the devnet in ${dir} was made by another version: ${what}`, advice);
}

function refuseOtherVersion(dir: string, version: unknown): void {
  if (version === STATE_VERSION) return;
  if (typeof version !== "number" || version <= STATE_VERSION)
    throw otherVersion(
      dir,
      `${STATE_NAME}: version is ${JSON.stringify(version) ?? "missing"}, allowed is ${STATE_VERSION}`,
    );
  const what = `${dir} was made by a newer version (format ${version}, this one knows up to ${STATE_VERSION})`;
  throw new DevnetError("newerVersion", what, `use the newer version, or ${OTHER_FOLDER}`);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const FIELDS = [
  ["name", (value: unknown) => typeof value === "string"],
  ["nodes", isCount],
  ["threads", isCount],
  ["executor", (value: unknown) => typeof value === "string" && value in DEVNET_DEFAULTS.accounts],
  ["accounts", isCount],
] as const satisfies readonly (readonly [keyof DevnetState, (value: unknown) => boolean])[];
