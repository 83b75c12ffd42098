import { rename, stat, writeFile } from "node:fs/promises";

/** Where a devnet is reached, for people and their tools: the first keeper stands for all. */
export interface DevnetUrls {
  /** For TON's tools; null where the engine is not the TVM. */
  readonly ton: string | null;
  readonly api: string;
  /** Gives money to an address; null where the engine is not the TVM. */
  readonly faucet: string | null;
  readonly page: string;
}

/** Says that the network finalizes blocks. The addresses also stand under `endpoints`, where the report has them. */
export async function writeReadyFile(path: string, urls: DevnetUrls): Promise<void> {
  const text = `${JSON.stringify({ ...urls, endpoints: urls }, null, 2)}\n`;
  const there = await stat(path).catch(() => null);
  // A file in the place of /dev/null is more than one command's harm.
  if (there !== null && !there.isFile()) return writeFile(path, text);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
