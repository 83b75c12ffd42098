import { accountIdOfAddress, GIVEN_BAG, readBag, viewMessage } from "@sealwright/execution";
import { type AccountId, err, limits, ok, type Result } from "@sealwright/types";
import { GIVEN_BAG_TEXT } from "../ton/tonParams.js";
import { type AckiNackiError, ackiNackiError } from "./ackiNackiError.js";

/** One entry of a request, checked; ids as the client wrote them, without `0x`. */
export interface MessageEntry {
  readonly id: string | null;
  readonly boc: Uint8Array;
  /** Of the message's cell, as TON's tools name it. */
  readonly cellHash: string;
  readonly account: AccountId;
  /** The thread that the client believes in; null when it names none. */
  readonly threadId: string | null;
  readonly dappId: string;
}

const ENTRY_ID_CHARS_MAX = 128;
const ID = /^(0x)?[0-9a-fA-F]{64}$/;
const THREAD_ID = /^(0x)?[0-9a-fA-F]{68}$/;
/** Contracts of this network belong to no application: what the client names is only said again. */
export const NO_DAPP_ID = "0".repeat(64);

/** Reads one entry of `POST /v2/messages`. Fields that it does not know are ignored, as clients differ in them. */
export function readMessageEntry(given: unknown): Result<MessageEntry, AckiNackiError> {
  if (typeof given !== "object" || given === null) return bad("an entry is an object");
  const entry = given as Readonly<Record<string, unknown>>;
  const { body, thread_id: threadId, account_id: accountId } = entry;
  const dappId = entry["dapp_id"] ?? entry["dst_dapp_id"];
  if (entry["id"] != null && idOf(given) === null) return bad(`id: a text of at most ${ENTRY_ID_CHARS_MAX} characters`);
  if (threadId != null && !isText(threadId, THREAD_ID)) return bad("thread_id: 68 hex digits");
  if (accountId != null && !isText(accountId, ID)) return bad("account_id: 64 hex digits");
  if (dappId != null && !isText(dappId, ID)) return bad("dapp_id: 64 hex digits");
  const boc = readBase64(body);
  if (boc === null) return bad(`body: base64 of at most ${limits.EXTERNAL_MESSAGE_BYTES_MAX} bytes`);
  const message = readExternal(boc);
  if (message === null) return bad(`body: no external inbound message to workchain 0 in ${GIVEN_BAG_TEXT}`);
  if (accountId != null && plain(accountId) !== message.account)
    return bad(`account_id: the message is for ${message.account}`);
  return ok({
    id: idOf(given),
    boc,
    ...message,
    threadId: threadId == null ? null : plain(threadId),
    dappId: dappId == null ? NO_DAPP_ID : plain(dappId),
  });
}

/** What a client calls its entry, whatever else is wrong with it; null when it gave it no name. */
export function idOf(given: unknown): string | null {
  const id = typeof given === "object" && given !== null && "id" in given ? given.id : null;
  return typeof id === "string" && id.length <= ENTRY_ID_CHARS_MAX ? id : null;
}

/** @returns null for what is no dapp id */
export function readDappId(text: string): string | null {
  return ID.test(text) ? plain(text) : null;
}

/** @returns null for what is no account id; a dapp id in front of it, as the SDK writes addresses, is dropped */
export function readAccountId(text: string): AccountId | null {
  const last = text.slice(text.lastIndexOf(":") + 1);
  return ID.test(last) ? (plain(last) as AccountId) : null;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

function plain(hex: string): string {
  return hex.replace(/^0x/, "").toLowerCase();
}

function readBase64(body: unknown): Uint8Array | null {
  const bytesMax = limits.EXTERNAL_MESSAGE_BYTES_MAX;
  if (typeof body !== "string" || body.length > bytesMax * 2 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return null;
  const bytes = Buffer.from(body, "base64");
  return bytes.length > bytesMax ? null : bytes;
}

function readExternal(boc: Uint8Array): { readonly cellHash: string; readonly account: AccountId } | null {
  const bag = readBag(boc, GIVEN_BAG);
  const message = bag === null ? null : viewMessage(bag, bag.root);
  const account = message?.type === "external" ? accountIdOfAddress(message.dest) : null;
  if (bag === null || account === null) return null;
  return { cellHash: Buffer.from(bag.hash(bag.root)).toString("hex"), account };
}

function bad(message: string): Result<never, AckiNackiError> {
  return err(ackiNackiError("BAD_REQUEST", message));
}
