import { BocView, type MessageView, viewMessage, viewTransaction, writeBag } from "@sealwright/execution";
import { assert } from "@sealwright/types";
import type { TonTransaction } from "../backend/tonBackend.js";
import { base64 } from "./base64.js";

/** Its text is as long as its cells in base64, about: those of messages stand there twice. */
export interface TransactionJson extends Readonly<Record<string, unknown>> {
  readonly data: string;
  readonly in_msg?: MessageJson;
  readonly out_msgs: readonly MessageJson[];
}

interface MessageJson extends Readonly<Record<string, unknown>> {
  readonly msg_data: { readonly "@type": "msg.dataRaw"; readonly body: string; readonly init_state: string };
}

/** Of all fields of a message or transaction but its cells. */
const FIELDS_CHARS = 1_024;

/** At least as many as its text has, without making it. */
export function textCharsOf({ data, in_msg, out_msgs }: TransactionJson): number {
  const messages = in_msg === undefined ? out_msgs : [in_msg, ...out_msgs];
  return messages.reduce(
    (sum, { msg_data: { body, init_state: init } }) => sum + FIELDS_CHARS + body.length + init.length,
    FIELDS_CHARS + data.length,
  );
}

/** A transaction as clients of TON's HTTP interface read it; `data` is the whole of it. */
export function transactionJson({ account, boc }: Pick<TonTransaction, "account" | "boc">): TransactionJson {
  const bag = new BocView(boc);
  const { lt, nowS, totalFees, fees, inMessage, outMessages } = viewTransaction(bag);
  return {
    "@type": "raw.transaction",
    address: { "@type": "accountAddress", account_address: `0:${account}` },
    data: base64(boc),
    utime: nowS,
    transaction_id: { "@type": "internal.transactionId", lt: String(lt), hash: base64(bag.hash(bag.root)) },
    fee: String(totalFees),
    storage_fee: String(fees.storage),
    other_fee: String(totalFees - fees.storage),
    ...(inMessage === null ? {} : { in_msg: messageJson(bag, inMessage) }),
    out_msgs: outMessages.map((cell) => messageJson(bag, cell)),
  };
}

/** Hash of a transaction's cell, in hex. */
export function transactionHash({ boc }: Pick<TonTransaction, "boc">): string {
  const bag = new BocView(boc);
  return Buffer.from(bag.hash(bag.root)).toString("hex");
}

/** The message that a transaction took; null where it took none. */
export function incomingOf({ boc }: Pick<TonTransaction, "boc">): MessageView | null {
  const bag = new BocView(boc);
  const { inMessage } = viewTransaction(bag);
  return inMessage === null ? null : messageIn(bag, inMessage);
}

/** The messages that a transaction sent, in order. */
export function sentBy({ boc }: Pick<TonTransaction, "boc">): readonly MessageView[] {
  const bag = new BocView(boc);
  return viewTransaction(bag).outMessages.map((cell) => messageIn(bag, cell));
}

/** Bags of cells of those to nobody on the network. */
export function sentOutward({ boc }: Pick<TonTransaction, "boc">): readonly Uint8Array[] {
  const bag = new BocView(boc);
  return viewTransaction(bag)
    .outMessages.filter((cell) => messageIn(bag, cell).type === "outward")
    .map((cell) => writeBag(bag, cell));
}

function messageIn(bag: BocView, cell: number): MessageView {
  const message = viewMessage(bag, cell);
  assert(message !== null, "a transaction's messages are well formed");
  return message;
}

function messageJson(bag: BocView, cell: number): MessageJson {
  const message = messageIn(bag, cell);
  const isInternal = message.type === "internal";
  return {
    "@type": "raw.message",
    source: message.type === "external" ? "" : String(message.src),
    destination: message.type === "outward" ? "" : String(message.dest),
    value: isInternal ? String(message.coins) : "0",
    fwd_fee: isInternal ? String(message.forwardFee) : "0",
    ihr_fee: isInternal ? String(message.ihrFee) : "0",
    created_lt: message.type === "external" ? "0" : String(message.createdLt),
    body_hash: base64(bag.hash(message.body)),
    hash: base64(bag.hash(cell)),
    msg_data: {
      "@type": "msg.dataRaw",
      body: base64(writeBag(bag, message.body)),
      init_state: message.init === null ? "" : base64(writeBag(bag, message.init)),
    },
    message: "",
  };
}
