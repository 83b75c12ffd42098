import { readFile, stat, writeFile } from "node:fs/promises";
import { err, ok, type Result } from "@sealwright/types";
import type { KeyFileError } from "./keyFileError.js";

const SECRET_FILE_MODE = 0o600;
const OTHERS = 0o077;
const SECRET_FILE_BYTES_MAX = 64 * 1024;

/** Reads a small secret file that nobody but its owner can read. */
export async function readSecretFile(path: string): Promise<Result<string, KeyFileError>> {
  try {
    const { mode, size } = await stat(path);
    // Windows has no such bits and reports them set.
    if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
      const bits = (mode & 0o777).toString(8);
      return err({
        code: "readableByOthers",
        path,
        message: `others can read it (mode ${bits}); run: chmod 600 ${path}`,
      });
    }
    if (size > SECRET_FILE_BYTES_MAX) return err({ code: "badKeyFile", path, message: `${size} bytes is no key file` });
    return ok(await readFile(path, "utf8"));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    return err({ code: "unreadable", path, message: UNREADABLE[code] ?? `cannot be read (${code})` });
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "this user may not read it",
  EISDIR: "it is a folder",
};

/** Writes a new file for its owner alone; an existing one is never overwritten (EEXIST). */
export function writeSecretFile(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: SECRET_FILE_MODE, flag: "wx" });
}
