import {
  type ByteReader,
  ByteWriter,
  decode,
  type DecodeError,
  HASH_BYTES,
  type InclusionProof,
  limits,
  readInclusionProof,
  type Result,
  writeInclusionProof,
} from "@sealwright/types";

/** What stands where an account's path ends in the trie of accounts. */
export type PathEnd =
  /** The account itself. */
  | { readonly type: "found" }
  /** Nothing: no account's path begins like this. */
  | { readonly type: "empty" }
  /** The only account whose path begins like this is another one. */
  | { readonly type: "other"; readonly path: Uint8Array; readonly value: Uint8Array };

/** Proves what an account holds, or that it does not exist, against a state root. */
export interface AccountProof {
  readonly end: PathEnd;
  /** Hashes beside the path, from the root of the trie down; at most 256. */
  readonly siblings: readonly Uint8Array[];
  /** Of the accounts' root under the state root. */
  readonly inState: InclusionProof;
}

/** Bytes of a proof, one spelling for each. */
export function encodeAccountProof(proof: AccountProof): Uint8Array {
  const writer = new ByteWriter(1_024);
  writeEnd(writer, proof.end);
  writer.list(proof.siblings, (w, sibling) => w.fixed(sibling, HASH_BYTES));
  writeInclusionProof(writer, proof.inState);
  return writer.finish();
}

/** The inverse of `encodeAccountProof`; total, whatever the bytes are. */
export function decodeAccountProof(bytes: Uint8Array): Result<AccountProof, DecodeError> {
  return decode(bytes, (reader) => ({
    end: readEnd(reader),
    siblings: reader.list(SIBLINGS_MAX, HASH_BYTES, (r) => r.fixed(HASH_BYTES)),
    inState: readInclusionProof(reader, STATE_ITEMS_MAX),
  }));
}

const SIBLINGS_MAX = 256;
const STATE_ITEMS_MAX = 16;
const END_TAG = { found: 0, empty: 1, other: 2 } as const satisfies Record<PathEnd["type"], number>;

function writeEnd(writer: ByteWriter, end: PathEnd): void {
  writer.u8(END_TAG[end.type]);
  if (end.type === "other") writer.fixed(end.path, HASH_BYTES).bytes(end.value);
}

function readEnd(reader: ByteReader): PathEnd {
  switch (reader.u8()) {
    case END_TAG.found:
      return { type: "found" };
    case END_TAG.empty:
      return { type: "empty" };
    case END_TAG.other:
      return { type: "other", path: reader.fixed(HASH_BYTES), value: reader.bytes(limits.STATE_UPDATE_BYTES_MAX) };
    default:
      return reader.fail("unknown end of a path");
  }
}
