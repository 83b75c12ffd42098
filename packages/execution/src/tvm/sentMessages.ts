import { beginCell, type Cell, type CommonMessageInfoInternal, storeMessage } from "@ton/core";
import { type AccountId, assert, limits, type OutboundMessage } from "@sealwright/types";
import { readCell, writeCell } from "./bagOfCells.js";
import { accountIdOfAddress } from "./tvmAddress.js";
import { readMessage } from "./tvmMessage.js";

/** An internal message as one account sent it to another. */
export interface InternalMessage {
  readonly info: CommonMessageInfoInternal;
  /** What travels: its value and the part of its forwarding fee that is due where it arrives. */
  readonly carried: bigint;
  /** That part. */
  readonly forwarding: bigint;
}

/** @returns null when the bytes are no internal message */
export function readInternal(body: Uint8Array): InternalMessage | null {
  const cell = readCell(body);
  const info = cell === null ? null : readMessage(cell)?.info;
  return info?.type === "internal"
    ? { info, carried: carriedBy(info), forwarding: info.forwardFee + info.ihrFee }
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
    const message = readMessage(cell);
    assert(message !== null, "the emulator's messages are well formed");
    // Those to the outside are only noted in the transaction.
    if (message.info.type !== "internal") continue;
    const destination = accountIdOfAddress(message.info.dest);
    const sent = destination === null ? bounced(message.info, message.body, lt) : cell;
    if (sent === null) {
      lost += carriedBy(message.info);
      continue;
    }
    const body = writeCell(sent);
    assert(body.length <= limits.OUTBOUND_BODY_BYTES_MAX, "the configuration bounds messages");
    messages.push({ source, destination: destination ?? source, body });
    carried += carriedBy(message.info);
  }
  return { messages, carried, lost };
}

const BOUNCE_PREFIX = 0xffff_ffff;
/** Of the body, after the prefix, as the virtual machine's own bounces do. */
const BOUNCED_BODY_BITS_MAX = 256;

function bounced(info: CommonMessageInfoInternal, body: Cell, lt: bigint): Cell | null {
  if (!info.bounce) return null;
  const bits = body.beginParse().remainingBits;
  const kept = body.beginParse().loadBits(Math.min(bits, BOUNCED_BODY_BITS_MAX));
  return beginCell()
    .store(
      storeMessage({
        info: { ...info, bounce: false, bounced: true, src: info.dest, dest: info.src, createdLt: lt },
        body: beginCell().storeUint(BOUNCE_PREFIX, 32).storeBits(kept).endCell(),
      }),
    )
    .endCell();
}

function carriedBy(info: CommonMessageInfoInternal): bigint {
  return info.value.coins + info.forwardFee + info.ihrFee;
}
