import type { ServiceConfigError, SocketAddress } from "./serviceConfig.js";

export type Mapping = Readonly<Record<string, unknown>>;

/** Leaves the parser at the first fault; never leaves this folder. */
export class Refused extends Error {
  constructor(readonly error: ServiceConfigError) {
    super(error.path);
  }
}

export function refuse(code: ServiceConfigError["code"], path: string, value: unknown, allowed: string): never {
  throw new Refused({ code, path, value, allowed });
}

export function missing(path: string, allowed: string): never {
  return refuse("missing", path, undefined, allowed);
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** The mapping at a place, with no other keys than these. Absent counts as empty. */
export function mappingAt(value: unknown, path: string, known: readonly string[]): Mapping {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) refuse("badValue", path, value, "keys with values below them");
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const at = path === "" ? key : `${path}.${key}`;
    // The value is left out: whoever mistypes `secret` must not find it in a log.
    refuse("unknownKey", at, null, `only ${known.join(", ")}`);
  }
  return value as Mapping;
}

export function listAt(value: unknown, path: string, allowed: string, countMax: number): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(value === undefined ? "missing" : "badValue", path, value, allowed);
  if (value.length > countMax) refuse("badValue", path, `${value.length} entries`, `at most ${countMax}`);
  return value as readonly unknown[];
}

export function textAt(value: unknown, path: string, allowed: string): string {
  if (value === undefined || value === null) missing(path, allowed);
  if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
  return refuse("badValue", path, value, allowed);
}

export function flagAt(value: unknown, path: string, preset: boolean): boolean {
  if (value === undefined || value === null) return preset;
  return typeof value === "boolean" ? value : refuse("badValue", path, value, "true or false");
}

export function numberAt(value: unknown, path: string, preset: number, min: number, max: number): number {
  if (value === undefined || value === null) return preset;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse("badValue", path, value, `a whole number from ${min} to ${max}`);
}

export function choiceAt<Value extends string>(
  value: unknown,
  path: string,
  values: readonly Value[],
  preset: Value | null,
): Value {
  const allowed = values.map((each) => JSON.stringify(each)).join(" or ");
  if (value === undefined || value === null) return preset ?? missing(path, allowed);
  return values.find((each) => each === value) ?? refuse("badValue", path, value, allowed);
}

/** A list in which each of the given values may stand once. */
export function choicesAt<Value extends string>(value: unknown, path: string, values: readonly Value[]): Value[] {
  const list = listAt(value, path, `a list of ${values.join(", ")}`, values.length);
  const chosen = list.map((each, index) => choiceAt(each, `${path}[${index}]`, values, null));
  const again = chosen.findIndex((each, index) => chosen.indexOf(each) !== index);
  if (again >= 0) refuse("badValue", `${path}[${again}]`, chosen[again], "each once");
  return chosen;
}

export const ADDRESS_ALLOWED = 'host and port, such as "127.0.0.1:6732" or "[::1]:6732"';
const PORT_MAX = 65_535;

export function addressAt(value: unknown, path: string): SocketAddress {
  const text = textAt(value, path, ADDRESS_ALLOWED);
  return parseAddress(text) ?? refuse("badValue", path, value, ADDRESS_ALLOWED);
}

export function parseAddress(text: string): SocketAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || host.length > 253 || port > PORT_MAX ? null : { host, port };
}
