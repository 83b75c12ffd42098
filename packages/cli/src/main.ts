import { runCli } from "./runCli.js";

/** Whoever read the output went away, as `head` does when it has enough: the same as a terminal that was closed. */
function onReaderGone(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.stdout.off("error", onReaderGone);
  // What is written from now on is lost, and nothing to stop for twice.
  process.stdout.on("error", () => undefined);
  process.kill(process.pid, "SIGHUP");
}
process.stdout.on("error", onReaderGone);

process.exit(await runCli(process.argv.slice(2)));
