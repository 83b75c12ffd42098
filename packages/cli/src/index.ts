export { EXIT, type ExitCode } from "./exitCodes.js";
export { runCli } from "./runCli.js";
