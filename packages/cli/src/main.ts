import { runCli } from "./runCli.js";

process.exit(await runCli(process.argv.slice(2)));
