import { checkText } from "@sealwright/tezos";
import {
  attestationSigningBytes,
  type BlockId,
  type EnvelopeHash,
  height,
  ok,
  parseNetworkId,
  parseThreadId,
  type Result,
  sha256Hex,
  term,
} from "@sealwright/types";
import { parsePublicKeyHex, parseTezosKeyHash } from "../../keyId.js";
import type { MarkRecord, Marks, MarkScope } from "../marks.js";
import { compareRank, type Rank } from "../rank.js";
import { NO_FLOOR, type SealwrightFloor, type SealwrightMarks, type SealwrightRecord } from "../sealwrightMarks.js";
import type { TezosMarkKind, TezosMarks, TezosRecord } from "../tezosMarks.js";
import type { StoreFailure, WatermarkStore } from "../watermarkStore.js";
import {
  type BadImport,
  i31At,
  type ImportedMarks,
  ImportProblem,
  listAt,
  objectAt,
  parseImport,
  textAt,
  u64At,
} from "./imported.js";

const FORMAT_VERSION = 1;
const KINDS = ["block", "preattestation", "attestation"] as const satisfies readonly TezosMarkKind[];

/**
 * All marks of our own chain and of Tezos as floors, for moving keys: who imports them signs nothing at or below.
 * Ethereum's have their own format, `formatEip3076`.
 */
export async function exportMarks(store: WatermarkStore): Promise<Result<string, StoreFailure>> {
  const scopes = await store.scopes();
  if (!scopes.ok) return scopes;
  const data: unknown[] = [];
  for (const scope of scopes.value) {
    const marks = await store.marksOf(scope);
    if (!marks.ok) return marks;
    const entry = entryOf(scope, marks.value);
    if (entry !== null) data.push(entry);
  }
  return ok(`${JSON.stringify({ formatVersion: FORMAT_VERSION, data }, null, 2)}\n`);
}

function entryOf(scope: MarkScope, marks: Marks): unknown {
  if (scope.chain === "sealwright" && marks.chain === "sealwright")
    return { ...scope, ...sealwrightEntry(marks.marks) };
  if (scope.chain === "tezos" && marks.chain === "tezos") return { ...scope, ...tezosEntry(marks.marks) };
  return null;
}

function sealwrightEntry(marks: SealwrightMarks): Readonly<Record<string, unknown>> {
  const rank = (value: Rank | null): unknown =>
    value === null ? null : { term: String(value.term), height: String(value.height) };
  const text = (value: bigint | null): string | null => (value === null ? null : String(value));
  return {
    block: rank(marks.block),
    firstOfTerm: text(marks.firstOfTerm),
    attested: rank(marks.attested),
    attestedBlock: attestedBlock(marks),
    lockTerm: text(marks.lockTerm),
    highestQc: rank(marks.highestQc),
  };
}

/** What the attested mark stands for: who imports it may attest in its term only what descends from it (V3). */
function attestedBlock({ attested, attestations }: SealwrightMarks): Readonly<Record<string, string>> | null {
  const last = attestations.findLast((known) => attested !== null && compareRank(known.rank, attested) === 0);
  return last === undefined ? null : { blockId: last.blockId, envelopeHash: last.envelopeHash };
}

function tezosEntry(marks: TezosMarks): Readonly<Record<string, unknown>> {
  const place = (record: TezosRecord | null): unknown =>
    record === null ? null : { level: record.level, round: record.round };
  return Object.fromEntries(KINDS.map((kind) => [kind, place(marks[kind])]));
}

/** Reads what `exportMarks` writes. */
export function parseMarkInterchange(text: string): Result<readonly ImportedMarks[], BadImport> {
  return parseImport(text, (json) => {
    const file = objectAt(json, "");
    if (file["formatVersion"] !== FORMAT_VERSION)
      throw new ImportProblem("formatVersion", `version ${FORMAT_VERSION} is expected`);
    return listAt(file["data"], "data").map((entry, index) => readEntry(entry, `data[${index}]`));
  });
}

function readEntry(value: unknown, path: string): ImportedMarks {
  const entry = objectAt(value, path);
  switch (entry["chain"]) {
    case "sealwright":
      return readSealwright(entry, path);
    case "tezos":
      return readTezos(entry, path);
    default:
      throw new ImportProblem(`${path}.chain`, `"sealwright" or "tezos" is expected`);
  }
}

function readSealwright(entry: Readonly<Record<string, unknown>>, path: string): ImportedMarks {
  const networkId = parseNetworkId(textAt(entry["networkId"], `${path}.networkId`));
  const threadId = parseThreadId(textAt(entry["threadId"], `${path}.threadId`));
  const key = parsePublicKeyHex(textAt(entry["key"], `${path}.key`));
  if (!networkId.ok || !threadId.ok || !key.ok)
    throw new ImportProblem(path, "networkId, threadId or key does not read");
  const attested = rankAt(entry["attested"], `${path}.attested`);
  const firstOfTerm = entry["firstOfTerm"] ?? null;
  const lockTerm = entry["lockTerm"] ?? null;
  const record: SealwrightFloor = {
    ...NO_FLOOR,
    block: rankAt(entry["block"], `${path}.block`),
    attested,
    // What was attested below the last is not in the file: none of it may be attested in another way.
    attestedForgottenTo: attested,
    firstOfTerm: firstOfTerm === null ? null : term(u64At(firstOfTerm, `${path}.firstOfTerm`)),
    lockTerm: lockTerm === null ? null : term(u64At(lockTerm, `${path}.lockTerm`)),
    highestQc: rankAt(entry["highestQc"], `${path}.highestQc`),
  };
  const scope = { chain: "sealwright", networkId: networkId.value, threadId: threadId.value, key: key.value } as const;
  const last = attestedAt(entry["attestedBlock"], attested, scope, path);
  return { scope, records: [record, ...last].map((known) => ({ chain: "sealwright", record: known })) };
}

/** The last attestation itself. @returns nothing of a file that does not name it: then its term is over for the key */
function attestedAt(
  value: unknown,
  rank: Rank | null,
  { networkId, threadId }: Extract<MarkScope, { chain: "sealwright" }>,
  path: string,
): SealwrightRecord[] {
  if (value === undefined || value === null || rank === null) return [];
  const block = objectAt(value, `${path}.attestedBlock`);
  const blockId = hashAt(block["blockId"], `${path}.attestedBlock.blockId`) as BlockId;
  const envelopeHash = hashAt(block["envelopeHash"], `${path}.attestedBlock.envelopeHash`) as EnvelopeHash;
  const attestation = { threadId, ...rank, blockId, envelopeHash, target: "primary" } as const;
  const digest = sha256Hex(attestationSigningBytes(networkId, attestation));
  return [{ type: "attestation", rank, target: "primary", blockId, envelopeHash, highestQc: null, digest }];
}

function hashAt(value: unknown, path: string): string {
  const text = textAt(value, path);
  if (!/^[0-9a-f]{64}$/.test(text)) throw new ImportProblem(path, "64 hex digits are expected");
  return text;
}

function readTezos(entry: Readonly<Record<string, unknown>>, path: string): ImportedMarks {
  const chainId = checkText("chainId", textAt(entry["chainId"], `${path}.chainId`));
  const key = parseTezosKeyHash(textAt(entry["key"], `${path}.key`));
  if (!chainId.ok || !key.ok) throw new ImportProblem(path, "chainId or key does not read");
  const records = KINDS.flatMap((type): MarkRecord[] => {
    const value = entry[type] ?? null;
    if (value === null) return [];
    const place = objectAt(value, `${path}.${type}`);
    const level = i31At(place["level"], `${path}.${type}.level`);
    const round = i31At(place["round"], `${path}.${type}.round`);
    return [{ chain: "tezos", record: { type, level, round, digest: null, signature: null } }];
  });
  return { scope: { chain: "tezos", chainId: chainId.value, key: key.value }, records };
}

function rankAt(value: unknown, path: string): Rank | null {
  if (value === undefined || value === null) return null;
  const rank = objectAt(value, path);
  return { term: term(u64At(rank["term"], `${path}.term`)), height: height(u64At(rank["height"], `${path}.height`)) };
}
