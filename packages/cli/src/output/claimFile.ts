import { randomUUID } from "node:crypto";
import { lstat, realpath, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";
import { whyUnwritable } from "./fileFault.js";

/** A file that a command writes at its end, and the option that names it. */
export interface ClaimedFile {
  readonly option: string;
  /** Of the error when it cannot be written. */
  readonly code: string;
  readonly path: string;
}

/**
 * Found out before the run, not after it: the file can be written. One that is there is removed, so that what stands there
 * afterwards is of this run; what is no plain file, such as /dev/null, stays.
 */
export async function claimFile({ option, code, path }: ClaimedFile): Promise<void> {
  try {
    const isThere = await lstat(path).then(
      () => true,
      () => false,
    );
    // Scripts wait for the file to be there: what is tried where none is has another name, which nobody's file has.
    const tried = isThere ? path : `${path}.${randomUUID()}`;
    await writeFile(tried, "", { flag: "a" });
    if ((await stat(tried)).isFile()) await rm(await realpath(tried));
  } catch (cause) {
    throw new CliError(
      EXIT.cannotStart,
      code,
      `the file ${resolve(path)} cannot be written: ${whyUnwritable(cause)}`,
      `choose another file with ${option}`,
      { cause },
    );
  }
}
