/** What kept a devnet from doing what was asked. */
export type DevnetErrorCode =
  | "dirInUse"
  | "notADevnet"
  | "otherParameters"
  | "newerVersion"
  | "otherVersion"
  | "damaged"
  | "notPermitted"
  | "folderUnusable"
  | "diskFull"
  | "nodeStopped"
  /** It is so already: nothing would happen. */
  | "noEffect"
  | "notReady"
  | "noAnswer";

/** A devnet could not do what was asked. `message` says what happened and why, `advice` what to do. */
export class DevnetError extends Error {
  override readonly name = "DevnetError";

  constructor(
    readonly code: DevnetErrorCode,
    message: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Turns the file system's errors for a folder into what a person can act on; others pass as they are. */
export function fileSystemError(error: unknown, dir: string): unknown {
  switch ((error as NodeJS.ErrnoException | null)?.code ?? "") {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DevnetError(
        "notPermitted",
        `this user may not write to ${dir}`,
        "choose another folder with --data-dir",
        { cause: error },
      );
    case "ENOSPC":
      return new DevnetError(
        "diskFull",
        `the disk of ${dir} is full`,
        "free some space, or choose another folder with --data-dir",
        { cause: error },
      );
    case "EEXIST":
    case "ENOENT":
    case "ENOTDIR":
    case "ENAMETOOLONG":
      return new DevnetError(
        "folderUnusable",
        `${dir} cannot be made or used as a folder (${(error as Error).message})`,
        "choose another folder with --data-dir",
        { cause: error },
      );
    default:
      return error;
  }
}
