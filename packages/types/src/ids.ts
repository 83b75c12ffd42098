import type { Brand } from "./brand.js";
import { fromHex, toHex } from "./bytes.js";
import { HASH_BYTES } from "./hash.js";
import { err, ok, type Result } from "./result.js";

/** Merkle root of a block's header, 64 lower-case hex digits. */
export type BlockId = Brand<string, "BlockId">;
/** Index (u16) and the id of the block that spawned the thread, 68 hex digits; the default thread is all zeros. */
export type ThreadId = Brand<string, "ThreadId">;
/** A block keeper's node id, 64 hex digits. */
export type KeeperId = Brand<string, "KeeperId">;
/** SHA-256 of the genesis document, 64 hex digits: part of all that is signed. */
export type NetworkId = Brand<string, "NetworkId">;
/** SHA-256 of an external message's bytes, 64 hex digits. */
export type MessageHash = Brand<string, "MessageHash">;
/** An account, 64 hex digits; its leading bits decide its thread. */
export type AccountId = Brand<string, "AccountId">;
/** SHA-256 over block id and producer signature: what attestations name beside the id, 64 hex digits. */
export type EnvelopeHash = Brand<string, "EnvelopeHash">;
/** Distance of a block from its thread's genesis. */
export type Height = Brand<bigint, "Height">;
/** How often the authority of a thread may have moved: term(b) = term(parent) + round(b). */
export type Term = Brand<bigint, "Term">;
/** Terms passed between a block and its parent; 0 for a normal successor. */
export type Round = Brand<bigint, "Round">;
/** Parent's + 1, also across the spawning of a thread. */
export type SeqNo = Brand<bigint, "SeqNo">;
/** Position of a keeper in the sorted BK set, 0..65535. */
export type SignerIndex = Brand<number, "SignerIndex">;
/** Wall-clock milliseconds since 1970. */
export type UnixMs = Brand<number, "UnixMs">;

/** Why a text is no id. `text` is cut after 80 characters: it may come from anywhere. */
export interface BadId {
  readonly code: "badId";
  /** Which kind of id was expected. */
  readonly kind: string;
  readonly text: string;
}

const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_34 = /^[0-9a-f]{68}$/;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
/** Two of an index, and a block id. */
export const THREAD_ID_BYTES = 34;

function hexId<Id extends string>(kind: string, pattern: RegExp): (text: string) => Result<Id, BadId> {
  return (text) => (pattern.test(text) ? ok(text as Id) : err({ code: "badId", kind, text: text.slice(0, 80) }));
}

function bytesId<Id extends string>(kind: string, length: number): (bytes: Uint8Array) => Id {
  return (bytes) => {
    if (bytes.length !== length) throw new RangeError(`${kind} takes ${length} bytes, got ${bytes.length}`);
    return toHex(bytes) as Id;
  };
}

/** From text that somebody typed or sent: 64 lower-case hex digits, without `0x`. */
export const parseBlockId = hexId<BlockId>("BlockId", HEX_32);
/** 68 lower-case hex digits; people mean an index mostly, see `threadIdAt`. */
export const parseThreadId = hexId<ThreadId>("ThreadId", HEX_34);
export const parseKeeperId = hexId<KeeperId>("KeeperId", HEX_32);
export const parseNetworkId = hexId<NetworkId>("NetworkId", HEX_32);
export const parseMessageHash = hexId<MessageHash>("MessageHash", HEX_32);
export const parseAccountId = hexId<AccountId>("AccountId", HEX_32);
export const parseEnvelopeHash = hexId<EnvelopeHash>("EnvelopeHash", HEX_32);

/** From exactly 32 (thread: 34) bytes that a decoder or a hash has just made; another length is our bug. */
export const blockIdFromBytes = bytesId<BlockId>("BlockId", HASH_BYTES);
export const threadIdFromBytes = bytesId<ThreadId>("ThreadId", THREAD_ID_BYTES);
export const keeperIdFromBytes = bytesId<KeeperId>("KeeperId", HASH_BYTES);
export const networkIdFromBytes = bytesId<NetworkId>("NetworkId", HASH_BYTES);
export const messageHashFromBytes = bytesId<MessageHash>("MessageHash", HASH_BYTES);
export const accountIdFromBytes = bytesId<AccountId>("AccountId", HASH_BYTES);
export const envelopeHashFromBytes = bytesId<EnvelopeHash>("EnvelopeHash", HASH_BYTES);

/** The bytes of any hex id made by the parsers above. */
export function idBytes(
  id: BlockId | ThreadId | KeeperId | NetworkId | MessageHash | AccountId | EnvelopeHash,
): Uint8Array {
  const bytes = fromHex(id);
  if (bytes === null) throw new RangeError(`not an id: ${id}`);
  return bytes;
}

function u64Id<Id extends bigint>(kind: string): (value: bigint | number) => Id {
  return (value) => {
    const big = BigInt(value);
    if (big < 0n || big > U64_MAX) throw new RangeError(`${kind} must fit 64 bits, got ${big}`);
    return big as Id;
  };
}

/** Checked constructors: they throw RangeError, because an id out of range is our bug; decoders check before. */
export const height = u64Id<Height>("Height");
export const term = u64Id<Term>("Term");
export const round = u64Id<Round>("Round");
export const seqNo = u64Id<SeqNo>("SeqNo");

/** @throws RangeError outside 0..65535 */
export function signerIndex(value: number): SignerIndex {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff)
    throw new RangeError(`SignerIndex must be 0..65535, got ${value}`);
  return value as SignerIndex;
}

/** @throws RangeError unless a whole number from 0 to 2^53 - 1 */
export function unixMs(value: number): UnixMs {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`UnixMs must be a safe non-negative integer, got ${value}`);
  return value as UnixMs;
}

/** Parent of a thread's genesis block; no block has it. */
export const ZERO_BLOCK_ID = "0".repeat(64) as BlockId;
/** The thread with index 0, which no block spawned. */
export const DEFAULT_THREAD_ID = "0".repeat(68) as ThreadId;
