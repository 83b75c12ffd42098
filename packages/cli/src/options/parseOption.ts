import { InvalidArgumentError } from "commander";

/** A timer takes no more than 2^31 - 1 ms. */
const DURATION_MS_MAX = 576 * 3_600_000;

/** @returns milliseconds of `20s`, `1500ms`, `2m` or `1h` */
export function parseDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Allowed: a number and its unit, such as 20s, 1500ms, 2m or 1h.");
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as "ms" | "s" | "m" | "h"];
  const ms = Math.round(Number(match[1]) * unit);
  if (ms <= 0 || ms > DURATION_MS_MAX) throw new InvalidArgumentError("Allowed: more than nothing, at most 576h.");
  return ms;
}

/** @returns a parser of whole numbers from `min` to `max` */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
  };
}

const AMOUNT_MAX = 0xffff_ffff_ffff_ffffn;

export function parseAmount(text: string): bigint {
  const amount = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : 0n;
  if (amount > 0n && amount <= AMOUNT_MAX) return amount;
  throw new InvalidArgumentError(`Allowed: a whole number of base units from 1 to ${AMOUNT_MAX}.`);
}

const RATES_MAX = 50;
const RATE_MAX = 1_000_000;

/** @returns the rates of `1000,1500,2000` */
export function parseRates(text: string): readonly number[] {
  const rates = text.split(",").map((item) => (/^[0-9]+$/.test(item) ? Number(item) : 0));
  if (rates.length <= RATES_MAX && rates.every((rate) => rate > 0 && rate <= RATE_MAX)) return rates;
  throw new InvalidArgumentError("Allowed: whole numbers above 0, commas between, such as 1000,2000.");
}

/** Ports below it are used too, so the lowest few are not allowed. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && (port === 0 || (port >= 1_200 && port <= 65_000))) return port;
  throw new InvalidArgumentError("Allowed: 0 for any free ones, or 1200 to 65000.");
}

/** @returns the text of an index or id of a thread */
export function parseThread(text: string): string {
  if (/^([0-9]{1,5}|[0-9a-fA-F]{68})$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: a thread's index, or its id of 68 hex digits.");
}

/** @returns the text of a message's hash */
export function parseMessageHash(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text;
  throw new InvalidArgumentError("Allowed: a message's hash, 64 hex digits.");
}

const HEIGHT_MAX = 0xffff_ffff_ffff_ffffn;

/** @returns the text of a height */
export function parseHeight(text: string): string {
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) <= HEIGHT_MAX) return text;
  throw new InvalidArgumentError(`Allowed: a whole number from 0 to ${HEIGHT_MAX}.`);
}

/** Of an option that may be given several times. */
export function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
