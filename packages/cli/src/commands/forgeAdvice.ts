/** What to do about what keeps a signing service, or an export of its marks, from starting; by code. */
export const FORGE_ADVICE: Readonly<Record<string, string>> = {
  wrongPassword: "nothing was opened; correct the password, then start again",
  historyMissing: "sealwright forge --import-marks brings its marks; watermarks.acceptMissingHistory accepts the loss",
  corruptedLog: "keep a copy of the folder, then import marks that are known to be high enough into an empty one",
  storeUnreadable: "make room on that disk, or let this user read and write the folder; then start again",
  databaseUnavailable: "start PostgreSQL, or correct watermarks.url: its address, user, password and database",
  portTaken: "stop the other process, or change listen in the configuration",
};
