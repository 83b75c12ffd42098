import { type Address, beginCell, type Cell, type StateInit, storeMessage } from "@ton/core";
import {
  type AccountId,
  assert,
  ByteWriter,
  decode,
  equalBytes,
  err,
  limits,
  type NetworkId,
  ok,
  type Result,
  toHex,
  type UnixMs,
} from "@sealwright/types";
import type { ParsedMessage } from "../engine.js";
import { type Rejection, rejection } from "../rejection.js";
import { GIVEN_BAG, readBag, writeCell } from "./bagOfCells.js";
import { viewMessage } from "./messageView.js";
import { writeShortest } from "./writeBag.js";
import { readPlainExternal } from "./plainExternal.js";
import { accountIdOfAddress } from "./tvmAddress.js";

/** An external message as the engine sees it again. */
export interface TvmMessage {
  readonly account: AccountId;
  /** Base64 of the message's cell. */
  readonly message: string;
}

/**
 * An external message on this network: a kind, the network, when it expires, and the message of TON as a bag of cells.
 * TON's own form names neither network nor expiry, and this network lets no message wait without an end.
 *
 *   "TVM1" | network id 32 | expiry u64 milliseconds | bag of cells
 */
export const TVM_MESSAGE_KIND = "TVM1";
export const TVM_ENVELOPE_BYTES = 4 + 32 + 8;

/** What `encodeTvmEnvelope` puts together; see `TVM_MESSAGE_KIND`. */
export interface TvmEnvelope {
  readonly networkId: NetworkId;
  readonly expiresAtMs: UnixMs;
  /** A bag of cells with one root, an external inbound message. */
  readonly boc: Uint8Array;
}

/** An external message as a keeper takes it: what `SealwrightClient.submit` sends. */
export function encodeTvmEnvelope({ networkId, expiresAtMs, boc }: TvmEnvelope): Uint8Array {
  return new ByteWriter(TVM_ENVELOPE_BYTES + boc.length)
    .fixed(Buffer.from(TVM_MESSAGE_KIND, "latin1"), 4)
    .hex(networkId)
    .u53(expiresAtMs)
    .fixed(boc, boc.length)
    .finish();
}

/** A bag of cells with an external message, for an envelope. */
export function encodeExternalTo(
  dest: Address,
  { body, init }: { readonly body: Cell; readonly init: StateInit | null },
): Uint8Array {
  const message = storeMessage({ info: { type: "external-in", src: null, dest, importFee: 0n }, init, body });
  return writeCell(beginCell().store(message).endCell());
}

/** The bag of cells in an external message that was parsed before. */
export function bocOfEnvelope(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(TVM_ENVELOPE_BYTES);
}

/** Everything that its bytes alone tell of an external message. */
export function parseTvmMessage(networkId: NetworkId, bytes: Uint8Array): Result<ParsedMessage<TvmMessage>, Rejection> {
  if (bytes.length > limits.EXTERNAL_MESSAGE_BYTES_MAX) {
    return err(
      rejection("tooLarge", `${bytes.length} bytes, at most ${limits.EXTERNAL_MESSAGE_BYTES_MAX} are allowed`),
    );
  }
  const envelope = decode(bytes, (reader) => {
    const kind = Buffer.from(reader.fixed(4)).toString("latin1");
    if (kind !== TVM_MESSAGE_KIND) reader.fail("unknown kind of message");
    return { network: toHex(reader.fixed(32)), expiresAtMs: reader.time(), boc: reader.fixed(reader.remaining) };
  });
  if (!envelope.ok) return err(rejection("malformed", `${envelope.error.reason} at byte ${envelope.error.offset}`));
  const { network, expiresAtMs, boc } = envelope.value;
  if (network !== networkId) return err(rejection("wrongNetwork", `made for network ${network}, this is ${networkId}`));
  const content = parseExternal(boc);
  // One message, one form: or it could be sent again under another hash.
  if (content.ok && !equalBytes(content.value.boc, boc))
    return err(rejection("malformed", "the bag of cells is not in its shortest form, without index and checksum"));
  if (!content.ok) return content;
  const { account, message } = content.value;
  return ok({ account, expiresAtMs, content: { account, message } });
}

/** A message of TON, and its bag of cells in the form that envelopes hold. */
export function parseExternal(given: Uint8Array): Result<TvmMessage & { readonly boc: Uint8Array }, Rejection> {
  const plainAccount = readPlainExternal(given);
  if (plainAccount !== null) return ok({ account: plainAccount, message: base64Of(given), boc: given });
  return parseAnyExternal(given);
}

const NO_BAG = `no bag of cells with one root, at most ${GIVEN_BAG.depthMax} levels and ${GIVEN_BAG.cellsMax} cells`;

/** As `parseExternal`, whatever the message looks like. */
export function parseAnyExternal(given: Uint8Array): ReturnType<typeof parseExternal> {
  const bag = readBag(given, GIVEN_BAG);
  if (bag === null) return err(rejection("malformed", NO_BAG));
  const message = viewMessage(bag, bag.root);
  if (message?.type !== "external") return err(rejection("malformed", "the cell is no external inbound message"));
  const account = accountIdOfAddress(message.dest);
  if (account === null)
    return err(rejection("noThread", `no thread has accounts of workchain ${message.dest.workChain}`));
  const boc = writeShortest(bag);
  return ok({ account, message: base64Of(boc), boc });
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** The expiry that a node gives to a message that a client sent as TON's tools do, without one. */
export const EXPIRY_GRID_MS = 30_000;

/**
 * Between 30 and 60 s ahead, on a grid that all nodes share: the same message handed to several nodes within a step has
 * one envelope, so one hash, and executes once.
 */
export function expiryForUnbounded(nowMs: UnixMs): UnixMs {
  const expiresAtMs = (Math.floor(nowMs / EXPIRY_GRID_MS) + 2) * EXPIRY_GRID_MS;
  assert(expiresAtMs - nowMs <= 2 * EXPIRY_GRID_MS, "within what the network takes");
  return expiresAtMs as UnixMs;
}

/** The expiry that the same message got in the step before: it is not over yet. */
export function earlierExpiry(expiresAtMs: UnixMs): UnixMs {
  return (expiresAtMs - EXPIRY_GRID_MS) as UnixMs;
}
