import { beginCell, type Builder, type Cell } from "@ton/core";
import { type AccountId, assert, limits, type OutboundMessage } from "@sealwright/types";
import { readCell, writeCell } from "./bagOfCells.js";
import { type InternalView, viewMessage } from "./messageView.js";
import { accountIdOfAddress } from "./tvmAddress.js";

/** An internal message as one account sent it to another. */
export interface InternalMessage {
  readonly view: InternalView;
  /** What travels: its value and the part of its forwarding fee that is due where it arrives. */
  readonly carried: bigint;
  /** That part. */
  readonly forwarding: bigint;
}

/** @returns null when the bytes are no internal message */
export function readInternal(body: Uint8Array): InternalMessage | null {
  const cell = readCell(body);
  const view = cell === null ? null : viewMessage(cell);
  return view?.type === "internal"
    ? { view, carried: carriedBy(view), forwarding: view.forwardFee + view.ihrFee }
    : null;
}

export interface Sent {
  readonly messages: readonly OutboundMessage[];
  /** By all of them together. */
  readonly carried: bigint;
  /** What went with messages that arrive nowhere. */
  readonly lost: bigint;
}

/**
 * The messages of one transaction that go to accounts. What goes to no account of this network comes back to its sender
 * when it may bounce; otherwise its value is lost to the fees, as with every mistake in an address.
 * @param source the account that sent them
 * @param lt of what comes back
 */
export function sentMessages(source: AccountId, cells: readonly Cell[], lt: bigint): Sent {
  const messages: OutboundMessage[] = [];
  let carried = 0n;
  let lost = 0n;
  for (const cell of cells) {
    const message = viewMessage(cell);
    assert(message !== null, "the emulator's messages are well formed");
    // Those to the outside are only noted in the transaction.
    if (message.type !== "internal") continue;
    const destination = accountIdOfAddress(message.dest);
    const sent = destination === null ? bounced(message, lt) : cell;
    if (sent === null) {
      lost += carriedBy(message);
      continue;
    }
    const body = writeCell(sent);
    assert(body.length <= limits.OUTBOUND_BODY_BYTES_MAX, "the configuration bounds messages");
    messages.push({ source, destination: destination ?? source, body });
    carried += carriedBy(message);
  }
  return { messages, carried, lost };
}

const BOUNCE_PREFIX = 0xffff_ffff;
/** Of the body, after the prefix, as the virtual machine's own bounces do. */
const BOUNCED_BODY_BITS_MAX = 256;

/** As the library writes messages. */
function bounced(view: InternalView, lt: bigint): Cell | null {
  if (!view.bounce) return null;
  const bits = view.body.beginParse().remainingBits;
  const kept = view.body.beginParse().loadBits(Math.min(bits, BOUNCED_BODY_BITS_MAX));
  const header = beginCell()
    .storeBit(false)
    .storeBit(view.ihrDisabled)
    .storeBit(false)
    .storeBit(true)
    .storeAddress(view.dest)
    .storeAddress(view.src)
    .storeCoins(view.coins)
    .storeMaybeRef(view.otherCurrencies)
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

function carriedBy({ coins, forwardFee, ihrFee }: InternalView): bigint {
  return coins + forwardFee + ihrFee;
}
