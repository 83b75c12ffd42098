import type { ConfigError } from "./nodeConfig.js";

const VALUE_CHARS_MAX = 120;

/** One line: where, what stands there, what may. */
export function describeConfigError(error: ConfigError): string {
  const from = error.source === null ? "" : ` (from ${error.source})`;
  switch (error.code) {
    case "badYaml":
      return `not readable as ${error.allowed} at ${error.path}: ${String(error.value)}`;
    case "unknownKey":
      return `${error.path} is not a known key${from}; here stand ${error.allowed}`;
    case "missing":
      return `${error.path} is missing${from}; wanted: ${error.allowed}`;
    case "badValue":
      return `${error.path} is ${shown(error.value)}${from}; allowed: ${error.allowed}`;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}
