import { Address } from "@ton/core";
import { type BocView, GIVEN_BAG, readBag } from "@sealwright/execution";
import { type AccountId, unwrap, parseAccountId } from "@sealwright/types";
import { badParam, TonError } from "./tonError.js";

/** Parameters of one call, as they came: each is read by name and checked when it is used. */
export type TonParams = Readonly<Record<string, unknown>>;

/** Transactions in one answer, as TON's public nodes bound it. */
export const PAGE_MAX = 100;

/** All contracts live in workchain 0; the masterchain of this face is a view of the default thread, without contracts. */
export function addressParam(params: TonParams, name: string): Address {
  const text = params[name];
  if (typeof text !== "string" || text.length > 128) throw badParam(name, "an address, raw or friendly");
  let address: Address;
  try {
    address = Address.parse(text);
  } catch {
    throw badParam(name, "an address, raw or friendly");
  }
  if (address.workChain !== 0) throw badParam(name, "an address of workchain 0: this network has no other contracts");
  return address;
}

export function accountOf(address: Address): AccountId {
  return unwrap(parseAccountId(address.hash.toString("hex")));
}

/** A whole number, also as a decimal text; `fallback` when it is not given. */
export function bigintParam<T>(params: TonParams, name: string, fallback: T): bigint | T {
  const value = params[name];
  if (value === undefined || value === null || value === "") return fallback;
  const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
  if (!/^-?\d{1,20}$/.test(text)) throw badParam(name, "a whole number");
  return BigInt(text);
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A logical time; null when it is not given. */
export function ltParam(params: TonParams, name: string): bigint | null {
  const value = bigintParam(params, name, null);
  if (value !== null && (value < 0n || value >= U64_MAX)) throw badParam(name, "a logical time below 2^64 - 1");
  return value;
}

export function intParam(
  params: TonParams,
  name: string,
  range: { min: number; max: number; fallback?: number },
): number {
  const value = bigintParam(params, name, range.fallback === undefined ? null : BigInt(range.fallback));
  if (value === null || value < BigInt(range.min) || value > BigInt(range.max))
    throw badParam(name, `a whole number from ${range.min} to ${range.max}`);
  return Number(value);
}

/** A hash in hex or base64, as hex; null when it is not given. */
export function hashParam(params: TonParams, name: string): string | null {
  const value = params[name];
  if (value === undefined || value === null || value === "") return null;
  const text = typeof value === "string" ? value : "";
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, "base64").toString("hex");
  throw badParam(name, "a hash of 32 bytes in hex or base64");
}

/** Base64 of at most `bytesMax`; null when it is empty or not given. */
export function bytesParam(params: TonParams, name: string, bytesMax: number): Buffer | null {
  const value = params[name];
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "string") throw badParam(name, "base64");
  // Both before the text is walked: three bytes are four letters.
  const tooLarge = new TonError(413, `${name}: at most ${bytesMax} bytes`);
  if (value.length > Math.ceil(bytesMax / 3) * 4) throw tooLarge;
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) throw badParam(name, "base64");
  const bytes = Buffer.from(value, "base64");
  if (bytes.length > bytesMax) throw tooLarge;
  return bytes;
}

/** What cells from outside are given in. */
export const GIVEN_BAG_TEXT = `a bag of cells with one root, at most ${GIVEN_BAG.depthMax} levels and ${GIVEN_BAG.cellsMax} cells`;

/** Base64 of a bag of cells; null when it is not given. It is measured before any of its cells is made. */
export function bagParam(params: TonParams, name: string, bytesMax: number): BocView | null {
  const bytes = bytesParam(params, name, bytesMax);
  if (bytes === null) return null;
  const bag = readBag(bytes, GIVEN_BAG);
  if (bag === null) throw badParam(name, `base64 of ${GIVEN_BAG_TEXT}`);
  return bag;
}
