import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a data folder says of itself, readable while nobody or somebody has its store open. The store's own stamp decides. */
export interface About {
  readonly sealwright: "data";
  readonly formatVersion: number;
  readonly networkId: string;
  readonly keeperId: string;
}

const NAME = "about.json";

/** Writes it when it says something else. */
export async function writeAbout(dir: string, about: About): Promise<void> {
  const text = `${JSON.stringify(about, null, 2)}\n`;
  const path = join(dir, NAME);
  if ((await readFile(path, "utf8").catch(() => null)) === text) return;
  await mkdir(dir, { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** @returns null when there is none that can be read */
export async function readAbout(dir: string): Promise<About | null> {
  try {
    const about = JSON.parse(await readFile(join(dir, NAME), "utf8")) as Partial<About>;
    const { formatVersion, networkId, keeperId } = about;
    if (about.sealwright !== "data" || typeof formatVersion !== "number") return null;
    if (typeof networkId !== "string" || typeof keeperId !== "string") return null;
    return { sealwright: "data", formatVersion, networkId, keeperId };
  } catch {
    return null;
  }
}
