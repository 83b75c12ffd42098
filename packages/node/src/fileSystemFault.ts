import { classifyDiskError } from "@sealwright/store";
import type { StartNodeError } from "./nodeError.js";

/**
 * What the operating system refused to do in a data directory, in words for the operator.
 * @returns null for any other error: that is a bug, and not his
 */
export function fileSystemFault(error: unknown, dataDir: string): StartNodeError | null {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).syscall === undefined) return null;
  const code = classifyDiskError(error);
  const { why, todo } = TEXT[code];
  return { code, message: `cannot use the data directory ${dataDir}: ${why} (${error.message}); ${todo}` };
}

const TEXT = {
  diskFull: {
    why: "its disk is full",
    todo: "free space, or move the directory to a larger disk; then start it again",
  },
  noPermission: {
    why: "this user may not write there",
    todo: "change the owner of the directory, or run as the user who owns it",
  },
  corrupt: { why: "its files are damaged", todo: "restore a copy" },
  ioError: { why: "the file system reports an error", todo: "check the path and the health of the disk" },
} as const satisfies Record<ReturnType<typeof classifyDiskError>, { why: string; todo: string }>;
