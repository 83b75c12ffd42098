import type { Logger } from "@sealwright/types";
import { pino } from "pino";
import type { NodeConfig } from "./config/index.js";

/** JSON lines with a stable `code`, or a short human form for a terminal. */
export function nodeLogger({ level, format }: NodeConfig["log"]): Logger {
  if (format === "pretty") return prettyLogger(level);
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return { log: (severity, code, fields) => log[severity]({ code, ...fields }) };
}

const ORDER = ["debug", "info", "warn", "error"] as const;

function prettyLogger(level: NodeConfig["log"]["level"]): Logger {
  return {
    log: (severity, code, fields = {}) => {
      if (ORDER.indexOf(severity) < ORDER.indexOf(level)) return;
      const text = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
      process.stderr.write(
        `${new Date().toISOString().slice(11, 23)} ${severity.padEnd(5)} ${code} ${text.join(" ")}\n`,
      );
    },
  };
}

function shown(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (typeof value === "string") return value.length > 20 ? `${value.slice(0, 12)}…` : value;
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}
