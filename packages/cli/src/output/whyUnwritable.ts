const WHY: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "what should be its folder is a file",
  EISDIR: "it is a folder",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its disk can only be read",
  ENOSPC: "its disk is full",
};

/** Why the operating system did not let a file be written, for people; its own code where there is no word for it. */
export function whyUnwritable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  return WHY[code] ?? code;
}
