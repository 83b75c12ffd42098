/** What went wrong with the disk below a store. */
export type StoreErrorCode =
  | "diskFull"
  | "noPermission"
  | "corrupt"
  | "ioError"
  /** More commits wait for the disk than memory should hold. */
  | "overloaded"
  /** An earlier write failed, and nothing more is written until the store is opened again. */
  | "failed"
  | "closed";

export interface StoreErrorOptions {
  readonly cause?: unknown;
  /** Hex digits of the key whose value could not be read. */
  readonly key?: string;
}

/**
 * A store cannot do what it was asked. Never retryable in place: after a failed write it is unknown how much of the
 * batch reached the disk, and only opening the store again tells.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly retryable = false;
  readonly key: string | null;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options: StoreErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.key = options.key ?? null;
  }
}

const ADVICE = {
  diskFull: "the disk is full: free space in the data directory, then restart",
  noPermission: "the data directory may not be written: give this user write access, then restart",
  corrupt: "the data directory is damaged: restore a copy or start with an empty directory and synchronize anew",
  ioError: "the disk reports an error: check its health before restarting",
} as const satisfies Partial<Record<StoreErrorCode, string>>;

/** What the file system said, as one of few codes. */
export type DiskFault = keyof typeof ADVICE;

/** Says which kind of disk trouble an error of the operating system or of LevelDB is, from its codes and text. */
export function classifyDiskError(error: unknown): DiskFault {
  const text = describeChain(error);
  if (/ENOSPC|EDQUOT|No space left|quota exceeded/i.test(text)) return "diskFull";
  if (/EACCES|EPERM|EROFS|Permission denied|not permitted|Read-only file system/i.test(text)) return "noPermission";
  if (/LEVEL_CORRUPTION|Corruption:/.test(text)) return "corrupt";
  return "ioError";
}

/** Wraps whatever the disk layer threw; a `StoreError` stays as it is. */
export function toStoreError(doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const code = classifyDiskError(error);
  return new StoreError(code, `${doing}: ${ADVICE[code]} (${messageOf(error)})`, { cause: error });
}

/** Codes and messages of an error and of its causes, in one line. */
export function describeChain(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = "code" in at && typeof at.code === "string" ? `${at.code} ` : "";
    parts.push(code + at.message);
  }
  return parts.length > 0 ? parts.join(" <- ") : String(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? describeChain(error).trim() : String(error);
}
