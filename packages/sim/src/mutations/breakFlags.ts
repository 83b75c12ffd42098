/** Names the broken rule for a worker process. */
export const BREAK_ENV = "SEALWRIGHT_SIM_BREAK";

export interface WorkerFlags {
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a worker process is started, with or without a broken rule. */
export function breakFlags(rule: string | null): WorkerFlags {
  if (rule === null) return { execArgv: [], env: {} };
  const entry = new URL("./breakRule.js", import.meta.url.replace("/src/", "/dist/")).href;
  return { execArgv: ["--import", entry], env: { [BREAK_ENV]: rule } };
}
