import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PageFile, PageFiles } from "@sealwright/api";

const STATIC = fileURLToPath(new URL("../static", import.meta.url));
const SCRIPTS = fileURLToPath(new URL(".", import.meta.url));
const SCRIPT_FOLDERS = ["model", "page"];

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".js": "text/javascript; charset=utf-8",
};

/**
 * The whole page, by the path of each file below the page's address; "" is the page itself. It is small and never
 * changes while a node runs, so it is read once.
 */
export async function readPage(): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  for (const name of await readdir(STATIC)) await add(files, name, join(STATIC, name));
  for (const folder of SCRIPT_FOLDERS) {
    for (const name of await readdir(join(SCRIPTS, folder)))
      await add(files, `js/${folder}/${name}`, join(SCRIPTS, folder, name));
  }
  files.set("", files.get("index.html")!);
  return files;
}

/** Declarations and source maps have no type here: they are no part of the page. */
async function add(files: Map<string, PageFile>, path: string, from: string): Promise<void> {
  const type = TYPES[extname(from)];
  if (type !== undefined) files.set(path, { type, bytes: await readFile(from) });
}
