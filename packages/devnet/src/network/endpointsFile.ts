import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** One keeper of a running devnet, for people and programs. */
export interface DevnetEndpoint {
  readonly index: number;
  readonly keeperId: string;
  readonly apiUrl: string;
  readonly keeperAddress: string;
  readonly pid: number;
  readonly log: string;
}

/** endpoints.json: there while the devnet runs, so that nothing has to read its terminal. */
export interface EndpointsFile {
  readonly sealwright: "endpoints";
  readonly version: 1;
  readonly name: string;
  readonly networkId: string;
  readonly pid: number;
  readonly accounts: string;
  readonly genesis: string;
  readonly nodes: readonly DevnetEndpoint[];
}

export const endpointsPathOf = (dir: string): string => join(dir, "endpoints.json");

export async function writeEndpoints(dir: string, file: EndpointsFile): Promise<void> {
  const path = endpointsPathOf(dir);
  await writeFile(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

export async function removeEndpoints(dir: string): Promise<void> {
  await rm(endpointsPathOf(dir), { force: true });
}

/** @returns null where no devnet runs */
export async function readEndpoints(dir: string): Promise<EndpointsFile | null> {
  try {
    const file = JSON.parse(await readFile(endpointsPathOf(dir), "utf8")) as Partial<EndpointsFile>;
    return file.sealwright === "endpoints" && file.version === 1 ? (file as EndpointsFile) : null;
  } catch {
    return null;
  }
}
