import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "../file/durableFile.js";

/** Puts a text in a file's place, durably: a power cut leaves the old file or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.tmp`, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDirectory(dirname(path));
}
