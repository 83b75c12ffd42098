import { err, ok, type Result } from "@sealwright/types";
import { readFile, stat } from "node:fs/promises";
import type { PasswordSource } from "../config/serviceConfig.js";
import type { KeyError, KeyErrorCode } from "./keyError.js";

export type Environment = Readonly<Record<string, string | undefined>>;

const KEY_FILE_BYTES_MAX = 64 * 1024;

/** Reads a small text file. @param code what to call it when that fails */
export async function readKeyText(file: string, path: string, code: KeyErrorCode): Promise<Result<string, KeyError>> {
  try {
    const { size } = await stat(file);
    if (size > KEY_FILE_BYTES_MAX)
      return err({
        code,
        path,
        message: `${file} has ${size} bytes, too many for a key; name the file that holds nothing else`,
      });
    return ok(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "";
    return err({ code, path, message: `${file}: ${UNREADABLE[reason] ?? `cannot be read (${reason})`}` });
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; put it there, or correct the path, which starts at the configuration's folder",
  EACCES: "this user may not read it; give the user that runs the service that right",
  EISDIR: "it is a folder; name the file in it",
};

/** The first line of the file, or the variable as it is. */
export async function readPassword(
  source: PasswordSource,
  path: string,
  env: Environment,
): Promise<Result<string, KeyError>> {
  if (source.kind === "environment") {
    const value = env[source.name];
    if (value !== undefined) return ok(value);
    return err({
      code: "passwordUnreadable",
      path,
      message: `the environment has no ${source.name}; set it for the service, or use passwordFile`,
    });
  }
  const text = await readKeyText(source.path, path, "passwordUnreadable");
  return text.ok ? ok(text.value.split(/\r?\n/, 1)[0] ?? "") : text;
}
