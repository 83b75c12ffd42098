import type { Logger, LogLevel } from "@sealwright/types";

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** JSON lines on standard error: standard output belongs to the command's own words. */
export function logLines(level: LogLevel): Logger {
  return {
    log: (severity, code, fields = {}) => {
      if (ORDER.indexOf(severity) < ORDER.indexOf(level)) return;
      process.stderr.write(
        `${JSON.stringify({ level: severity, time: new Date().toISOString(), code, ...fields }, plain)}\n`,
      );
    },
  };
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Error ? value.message : value;
}
