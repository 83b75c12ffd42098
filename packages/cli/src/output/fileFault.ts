type Words = Readonly<Record<string, string>>;

const UNWRITABLE: Words = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "what should be its folder is a file",
  EISDIR: "it is a folder",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its disk can only be read",
  ENOSPC: "its disk is full",
};

const UNREADABLE: Words = {
  ENOENT: "there is no such file",
  ENOTDIR: "what should be a folder on the way there is a file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
};

/** Why the operating system did not let a file be written, for people. */
export const whyUnwritable = (error: unknown): string => why(error, UNWRITABLE);

/** Why a file or a folder could not be read, for people. */
export const whyUnreadable = (error: unknown): string => why(error, UNREADABLE);

/** Where there is no word of ours for it, its own. */
function why(error: unknown, words: Words): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === undefined ? undefined : words[code]) ?? message;
}
