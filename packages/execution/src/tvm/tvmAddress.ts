import { Address } from "@ton/core";
import { type AccountId, fromHex, parseAccountId } from "@sealwright/types";

/** All accounts of this network live in it; what other networks use as masterchain does not exist here. */
export const WORKCHAIN = 0;

/** The account as TON's tools name it. */
export function addressOf(id: AccountId): Address {
  return new Address(WORKCHAIN, Buffer.from(fromHex(id)!));
}

/** @returns null when the address names no account of this network */
export function accountIdOfAddress(address: Address): AccountId | null {
  return address.workChain === WORKCHAIN ? (address.hash.toString("hex") as AccountId) : null;
}

/** @param text 64 hex digits, or an address in any of TON's forms; null when it names no account of this network */
export function accountIdOfText(text: string): AccountId | null {
  const id = parseAccountId(text);
  if (id.ok) return id.value;
  return parsedAddress(text);
}

function parsedAddress(text: string): AccountId | null {
  try {
    return accountIdOfAddress(Address.parse(text));
  } catch {
    return null;
  }
}
