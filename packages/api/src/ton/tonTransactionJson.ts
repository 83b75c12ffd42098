import { beginCell, Cell, loadTransaction, type Message, storeMessage, type Transaction } from "@ton/core";

export function readTransaction(boc: Uint8Array): Transaction {
  return loadTransaction(Cell.fromBoc(Buffer.from(boc))[0]!.beginParse());
}

/** A transaction as clients of TON's HTTP interface read it; `data` is the whole of it. */
export function transactionJson(boc: Uint8Array): Record<string, unknown> {
  const transaction = readTransaction(boc);
  const storageFee = storageFeeOf(transaction);
  return {
    "@type": "raw.transaction",
    address: { "@type": "accountAddress", account_address: `0:${transaction.address.toString(16).padStart(64, "0")}` },
    data: Buffer.from(boc).toString("base64"),
    utime: transaction.now,
    transaction_id: {
      "@type": "internal.transactionId",
      lt: String(transaction.lt),
      hash: transaction.hash().toString("base64"),
    },
    fee: String(transaction.totalFees.coins),
    storage_fee: String(storageFee),
    other_fee: String(transaction.totalFees.coins - storageFee),
    ...(transaction.inMessage == null ? {} : { in_msg: messageJson(transaction.inMessage) }),
    out_msgs: transaction.outMessages.values().map(messageJson),
  };
}

export function storageFeeOf({ description }: Transaction): bigint {
  return description.type === "generic" ? (description.storagePhase?.storageFeesCollected ?? 0n) : 0n;
}

function messageJson(message: Message): Record<string, unknown> {
  const { info, body } = message;
  const isInternal = info.type === "internal";
  return {
    "@type": "raw.message",
    source: info.type === "external-in" ? "" : String(info.src),
    destination: info.type === "external-out" ? "" : String(info.dest),
    value: isInternal ? String(info.value.coins) : "0",
    fwd_fee: isInternal ? String(info.forwardFee) : "0",
    ihr_fee: isInternal ? String(info.ihrFee) : "0",
    created_lt: info.type === "external-in" ? "0" : String(info.createdLt),
    body_hash: body.hash().toString("base64"),
    hash: beginCell().store(storeMessage(message)).endCell().hash().toString("base64"),
    msg_data: { "@type": "msg.dataRaw", body: body.toBoc().toString("base64"), init_state: "" },
    message: "",
  };
}
