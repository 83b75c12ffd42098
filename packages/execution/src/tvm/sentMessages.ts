import { beginCell, BitString, type Builder, type Cell } from "@ton/core";
import { type AccountId, assert, limits, type OutboundMessage } from "@sealwright/types";
import { readBag, SENT_BAG, writeCell } from "./bagOfCells.js";
import type { BocView } from "./bocView.js";
import { dataBitsOf } from "./cellPart.js";
import { type InternalView, viewMessage } from "./messageView.js";
import { accountIdOfAddress, WORKCHAIN } from "./tvmAddress.js";

/** An internal message as one account sent it to another. */
export interface InternalMessage {
  readonly view: InternalView;
  /** What travels: its value and the part of its forwarding fee that is due where it arrives. */
  readonly carried: bigint;
  /** That part. */
  readonly forwarding: bigint;
}

type Carried = Pick<InternalMessage, "carried" | "forwarding">;

/** Of bodies that were made here: most are received in the very block that sent them, and reading one costs more. */
const made = new WeakMap<Uint8Array, Carried>();

/** @returns null when the bytes are no internal message */
export function carriedOf(body: Uint8Array): Carried | null {
  return made.get(body) ?? readInternal(body);
}

/** @returns null when the bytes are no internal message */
export function readInternal(body: Uint8Array): InternalMessage | null {
  const bag = readBag(body, SENT_BAG);
  const view = bag === null ? null : viewMessage(bag, bag.root);
  return view?.type === "internal" ? { view, carried: carriedBy(view), forwarding: forwardingOf(view) } : null;
}

export interface Sent {
  readonly messages: readonly OutboundMessage[];
  /** By all of them together. */
  readonly carried: bigint;
  /** What went with messages that arrive nowhere. */
  readonly lost: bigint;
}

/** A message to an account, and what goes with it. */
interface SentOne extends Carried {
  /** Null: nowhere, and it does not come back. */
  readonly message: OutboundMessage | null;
}

/**
 * The messages of one transaction that go to accounts. What goes to no account of this network comes back to its sender
 * when it may bounce; otherwise its value is lost to the fees, as with every mistake in an address.
 * @param source the account that sent them
 * @param cells of the messages, in the transaction's bag
 * @param lt of what comes back
 */
export function sentMessages(source: AccountId, boc: BocView, cells: readonly number[], lt: bigint): Sent {
  const messages: OutboundMessage[] = [];
  let carried = 0n;
  let lost = 0n;
  for (const cell of cells) {
    const sent = plainMessage(source, boc, cell) ?? anyMessage(source, boc, cell, lt);
    // Those to the outside are only noted in the transaction.
    if (sent === null) continue;
    if (sent.message === null) {
      lost += sent.carried;
      continue;
    }
    const { body } = sent.message;
    assert(body.length <= limits.OUTBOUND_BODY_BYTES_MAX, "the configuration bounds messages");
    made.set(body, { carried: sent.carried, forwarding: sent.forwarding });
    messages.push(sent.message);
    carried += sent.carried;
  }
  return { messages, carried, lost };
}

const STANDARD_ADDRESS = 0x04;
const ADDRESS_BITS = 8 + 256;

/**
 * The message of nearly every transaction: one cell, to an account of this network, with coins only.
 * @returns null for all others
 */
function plainMessage(source: AccountId, boc: BocView, cell: number): SentOne | null {
  const body = boc.writeSingle(cell);
  if (body === null) return null;
  const slice = boc.slice(cell);
  // Internal; whether it bounces does not matter to one that arrives. Both addresses without a rewritten beginning.
  if (slice.bit()) return null;
  slice.skip(3);
  if (slice.uint(3) !== STANDARD_ADDRESS) return null;
  slice.skip(ADDRESS_BITS);
  if (slice.uint(3) !== STANDARD_ADDRESS || slice.int(8) !== WORKCHAIN) return null;
  const destination = slice.hex(32) as AccountId;
  const coins = slice.coins();
  if (slice.bit()) return null;
  const forwarding = slice.coins() + slice.coins();
  return { message: { source, destination, body }, carried: coins + forwarding, forwarding };
}

/** @returns null when the message goes to no account of any network */
function anyMessage(source: AccountId, boc: BocView, cell: number, lt: bigint): SentOne | null {
  const view = viewMessage(boc, cell);
  assert(view !== null, "the emulator's messages are well formed");
  if (view.type !== "internal") return null;
  const destination = accountIdOfAddress(view.dest);
  const sent = destination === null ? bounced(boc, view, lt) : boc.toCell(cell);
  const carried = { carried: carriedBy(view), forwarding: forwardingOf(view) };
  if (sent === null) return { message: null, ...carried };
  return { message: { source, destination: destination ?? source, body: writeCell(sent) }, ...carried };
}

const BOUNCE_PREFIX = 0xffff_ffff;
/** Of the body, after the prefix, as the virtual machine's own bounces do. */
const BOUNCED_BODY_BITS_MAX = 256;

/** As the library writes messages. */
function bounced(boc: BocView, view: InternalView, lt: bigint): Cell | null {
  if (!view.bounce) return null;
  const { raw } = view.body;
  const kept = new BitString(Buffer.from(raw.subarray(2)), 0, Math.min(dataBitsOf(raw), BOUNCED_BODY_BITS_MAX));
  const header = beginCell()
    .storeBit(false)
    .storeBit(view.ihrDisabled)
    .storeBit(false)
    .storeBit(true)
    .storeAddress(view.dest)
    .storeAddress(view.src)
    .storeCoins(view.coins)
    .storeMaybeRef(view.otherCurrencies === null ? null : boc.toCell(view.otherCurrencies))
    .storeCoins(view.ihrFee)
    .storeCoins(view.forwardFee)
    .storeUint(lt, 64)
    .storeUint(view.createdAt, 32)
    .storeBit(false);
  return withBody(header, beginCell().storeUint(BOUNCE_PREFIX, 32).storeBits(kept)).endCell();
}

/** In the message where it fits, otherwise in a cell of its own. */
function withBody(header: Builder, body: Builder): Builder {
  return header.availableBits - 1 < body.bits
    ? header.storeBit(true).storeRef(body)
    : header.storeBit(false).storeBuilder(body);
}

function carriedBy(view: InternalView): bigint {
  return view.coins + forwardingOf(view);
}

function forwardingOf({ forwardFee, ihrFee }: InternalView): bigint {
  return forwardFee + ihrFee;
}
