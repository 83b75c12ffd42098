import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findOrphanedLevelFile, FORMAT_VERSION } from "@sealwright/store";
import { type About, readAbout } from "../about.js";
import { readSafetyStop } from "../safetyStop.js";
import { type Finding, fine, finding } from "./finding.js";

/** Whose data a folder holds, whether this program can read it, and whether its keeper may start. Opens no store: the node may be running on it. */
export async function examineDataDir(
  dir: string,
  owner: { readonly networkId: string; readonly keeperId: string } | null,
): Promise<Finding> {
  const name = "data.version";
  const content = await contentOf(dir);
  if (content.type === "unreadable")
    return finding(
      name,
      "fail",
      `${dir} cannot be looked into: ${content.reason}`,
      "name a folder that this user may read",
    );
  if (content.count === 0) return fine(name, `${dir} is empty: a first start`);
  const stopped = await readSafetyStop(dir);
  if (stopped !== null) return finding("data.stopped", "fail", stopped.found, stopped.advice);
  const orphan = await findOrphanedLevelFile(join(dir, "store")).catch(() => null);
  if (orphan !== null) {
    const found = `the store in ${dir} is damaged: CURRENT is missing beside ${orphan}, as in a copy that is not whole`;
    return finding(
      "data.store",
      "fail",
      found,
      'restore a whole copy (docs/operations.md, "A store that is gone or damaged")',
    );
  }
  const about = await readAbout(dir);
  if (about === null) {
    const found = `${dir} does not say what it holds`;
    return finding(
      name,
      "warn",
      found,
      "it is written at the next start of this version; see that it is the right folder",
    );
  }
  return judgeAbout(about, owner, dir);
}

type Content =
  { readonly type: "read"; readonly count: number } | { readonly type: "unreadable"; readonly reason: string };

async function contentOf(dir: string): Promise<Content> {
  try {
    return { type: "read", count: (await readdir(dir)).length };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return code === "ENOENT" ? { type: "read", count: 0 } : { type: "unreadable", reason: message };
  }
}

export function judgeAbout(
  { formatVersion, networkId, keeperId }: About,
  owner: { readonly networkId: string; readonly keeperId: string } | null,
  dir: string,
): Finding {
  const name = "data.version";
  if (formatVersion > FORMAT_VERSION) {
    const found = `${dir} is of format ${formatVersion}, and this program knows formats up to ${FORMAT_VERSION}`;
    return finding(name, "fail", found, "install the newer version that wrote it");
  }
  if (owner !== null && networkId !== owner.networkId)
    return finding(
      name,
      "fail",
      `${dir} belongs to another network (${networkId})`,
      "give this network its own 'dataDir'",
    );
  if (owner !== null && keeperId !== owner.keeperId) {
    const advice = "give this keeper its own 'dataDir', or this data its own key";
    return finding(name, "fail", `${dir} belongs to another keeper (${keeperId})`, advice);
  }
  return fine(name, `${dir} holds this keeper's data, format ${formatVersion}`);
}
