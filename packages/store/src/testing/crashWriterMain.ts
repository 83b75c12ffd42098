import { runCrashWriter } from "./crashWriter.js";

await runCrashWriter(process.argv[2] ?? "");
