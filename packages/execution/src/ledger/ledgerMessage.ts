import {
  type AccountId,
  decode,
  err,
  limits,
  type ByteReader,
  type NetworkId,
  ok,
  type Result,
} from "@sealwright/types";
import type { ParsedMessage } from "../engine.js";
import { type Rejection, rejection } from "../rejection.js";
import { accountIdOf } from "./accountId.js";

/**
 * External messages of the ledger. Both begin with a kind (4 bytes, its last digit is the version), the network id
 * (32) and the expiry (u64 milliseconds), so what a client signs begins with the domain that all signed bytes have.
 *
 * transfer: TRF1 network expiry | from: public key 32 | to: account 32 | amount u64 | nonce u64 | signature 64,
 *   over all bytes before it
 * store: STO1 network expiry | account 32, which only routes | payload, at most 60 KiB
 */
export type LedgerMessage =
  | {
      readonly type: "transfer";
      readonly from: AccountId;
      readonly to: AccountId;
      readonly amount: bigint;
      readonly nonce: bigint;
      readonly publicKey: Uint8Array;
      readonly signedBytes: Uint8Array;
      readonly signature: Uint8Array;
    }
  | { readonly type: "store"; readonly payloadBytes: number };

export const TRANSFER_KIND = "TRF1";
export const STORE_KIND = "STO1";
export const TRANSFER_BYTES = 4 + 32 + 8 + 32 + 32 + 8 + 8 + 64;
/** The largest payload of a `store` message. */
export const STORE_PAYLOAD_BYTES_MAX = 60 * 1024;
const SIGNATURE_BYTES = 64;

/** All static checks but the signature, which is still to be verified over `signedBytes`. */
export function parseLedgerMessage(
  networkId: NetworkId,
  bytes: Uint8Array,
): Result<ParsedMessage<LedgerMessage>, Rejection> {
  if (bytes.length > limits.EXTERNAL_MESSAGE_BYTES_MAX) {
    return err(
      rejection("tooLarge", `${bytes.length} bytes, at most ${limits.EXTERNAL_MESSAGE_BYTES_MAX} are allowed`),
    );
  }
  const parsed = decode(bytes, (reader) => readMessage(reader, networkId, bytes));
  if (!parsed.ok) return err(rejection("malformed", `${parsed.error.reason} at byte ${parsed.error.offset}`));
  return parsed.value;
}

function readMessage(
  reader: ByteReader,
  networkId: NetworkId,
  bytes: Uint8Array,
): Result<ParsedMessage<LedgerMessage>, Rejection> {
  const kind = Buffer.from(reader.fixed(4)).toString("latin1");
  if (kind !== TRANSFER_KIND && kind !== STORE_KIND) reader.fail("unknown kind of message");
  const network = reader.hex(32);
  const parsed = kind === TRANSFER_KIND ? readTransfer(reader, bytes) : readStore(reader);
  return network === networkId
    ? parsed
    : err(rejection("wrongNetwork", `made for network ${network}, this is ${networkId}`));
}

function readTransfer(reader: ByteReader, bytes: Uint8Array): Result<ParsedMessage<LedgerMessage>, Rejection> {
  const expiresAtMs = reader.time();
  const publicKey = reader.fixed(32);
  const to = reader.hex(32) as AccountId;
  const amount = reader.u64();
  const nonce = reader.u64();
  const signature = reader.fixed(SIGNATURE_BYTES);
  if (amount === 0n) return err(rejection("amountZero", "a transfer moves at least one unit"));
  const from = accountIdOf(publicKey);
  const signedBytes = bytes.subarray(0, TRANSFER_BYTES - SIGNATURE_BYTES);
  const content = { type: "transfer", from, to, amount, nonce, publicKey, signedBytes, signature } as const;
  return ok({ account: from, expiresAtMs, content });
}

function readStore(reader: ByteReader): Result<ParsedMessage<LedgerMessage>, Rejection> {
  const expiresAtMs = reader.time();
  const account = reader.hex(32) as AccountId;
  const payloadBytes = reader.remaining;
  reader.fixed(payloadBytes);
  if (payloadBytes > STORE_PAYLOAD_BYTES_MAX) {
    return err(
      rejection("tooLarge", `${payloadBytes} bytes of payload, at most ${STORE_PAYLOAD_BYTES_MAX} are allowed`),
    );
  }
  return ok({ account, expiresAtMs, content: { type: "store", payloadBytes } });
}
