/** How a thing is: fine, worth a look, in the way, or not looked at (and why). */
export type FindingLevel = "ok" | "warn" | "fail" | "skipped";

/** One thing that was looked at. Texts name no secrets: paths, numbers and addresses only. */
export interface Finding {
  /** Stable, for programs: `disk.speed`. */
  readonly name: string;
  readonly level: FindingLevel;
  /** What was found. */
  readonly found: string;
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null;
}

/** The whole, as it is pasted into a report; fields are added, never renamed. */
export interface DoctorReport {
  readonly sealwright: "doctor";
  readonly version: 1;
  readonly software: string;
  /** The worst level found. */
  readonly health: "ok" | "warn" | "fail";
  readonly findings: readonly Finding[];
}

export function fine(name: string, found: string): Finding {
  return { name, level: "ok", found, advice: null };
}

export function finding(name: string, level: Exclude<FindingLevel, "ok">, found: string, advice: string): Finding {
  return { name, level, found, advice };
}

export function healthOf(findings: readonly Finding[]): DoctorReport["health"] {
  const has = (wanted: FindingLevel): boolean => findings.some(({ level }) => level === wanted);
  if (has("fail")) return "fail";
  return has("warn") ? "warn" : "ok";
}
