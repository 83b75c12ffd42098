import { fromHex, type Result, sha256Hex } from "@sealwright/types";
import { parsePublicKeyHex, type PublicKeyHex } from "../../keyId.js";
import type { BeaconMarks, BeaconRecord } from "../beaconMarks.js";
import type { MarkRecord } from "../marks.js";
import {
  type BadImport,
  type ImportedMarks,
  ImportProblem,
  listAt,
  objectAt,
  parseImport,
  textAt,
  u64At,
} from "./imported.js";

const FORMAT_VERSION = "5";
const ROOT = /^(0x)?[0-9a-f]{64}$/i;

/**
 * Reads an EIP-3076 interchange file. Each key's records become the floors of its network; a file of another network
 * is refused as a whole.
 * @param genesisRoot 64 hex digits
 */
export function parseEip3076(text: string, genesisRoot: string): Result<readonly ImportedMarks[], BadImport> {
  return parseImport(text, (json) => {
    const file = objectAt(json, "");
    const metadata = objectAt(file["metadata"], "metadata");
    if (metadata["interchange_format_version"] !== FORMAT_VERSION)
      throw new ImportProblem("metadata.interchange_format_version", `version ${FORMAT_VERSION} is expected`);
    const root = rootAt(metadata["genesis_validators_root"], "metadata.genesis_validators_root");
    if (root !== genesisRoot)
      throw new ImportProblem("metadata.genesis_validators_root", "the file is of another network");
    return listAt(file["data"], "data").map((entry, index) => readKey(entry, genesisRoot, `data[${index}]`));
  });
}

function readKey(entry: unknown, genesisRoot: string, path: string): ImportedMarks {
  const { pubkey, signed_blocks: blocks, signed_attestations: attestations } = objectAt(entry, path);
  const key = parsePublicKeyHex(textAt(pubkey, `${path}.pubkey`).toLowerCase().replace(/^0x/, ""));
  if (!key.ok) throw new ImportProblem(`${path}.pubkey`, "a BLS public key is expected");
  const records = [
    ...listAt(blocks, `${path}.signed_blocks`).map((block, index) =>
      readBlock(block, `${path}.signed_blocks[${index}]`),
    ),
    ...listAt(attestations, `${path}.signed_attestations`).map((one, index) =>
      readAttestation(one, `${path}.signed_attestations[${index}]`),
    ),
  ];
  return {
    scope: { chain: "beacon", genesisRoot, key: key.value },
    records: records.map((record): MarkRecord => ({ chain: "beacon", record })),
  };
}

function readBlock(block: unknown, path: string): BeaconRecord {
  const { slot, signing_root: root } = objectAt(block, path);
  return { type: "block", slot: u64At(slot, `${path}.slot`), digest: digestOf(root, `${path}.signing_root`) };
}

function readAttestation(attestation: unknown, path: string): BeaconRecord {
  const { source_epoch: source, target_epoch: target, signing_root: root } = objectAt(attestation, path);
  return {
    type: "attestation",
    source: u64At(source, `${path}.source_epoch`),
    target: u64At(target, `${path}.target_epoch`),
    digest: digestOf(root, `${path}.signing_root`),
  };
}

/** Our digests are of the signed bytes, and the root is what is signed. */
function digestOf(root: unknown, path: string): string | null {
  if (root === undefined || root === null) return null;
  return sha256Hex(fromHex(rootAt(root, path)) ?? new Uint8Array());
}

function rootAt(value: unknown, path: string): string {
  const text = textAt(value, path);
  if (!ROOT.test(text)) throw new ImportProblem(path, "32 bytes in hex are expected");
  return text.toLowerCase().replace(/^0x/, "");
}

/** The minimal form: per key the highest slot, source and target. Signing roots are not kept, so none is written. */
export function formatEip3076(genesisRoot: string, marks: ReadonlyMap<PublicKeyHex, BeaconMarks>): string {
  const data = [...marks.keys()].sort().map((key) => {
    const { block = null, attestation = null } = marks.get(key) ?? {};
    return {
      pubkey: `0x${key}`,
      signed_blocks: block === null ? [] : [{ slot: String(block.slot) }],
      signed_attestations:
        attestation === null
          ? []
          : [{ source_epoch: String(attestation.source), target_epoch: String(attestation.target) }],
    };
  });
  const metadata = { interchange_format_version: FORMAT_VERSION, genesis_validators_root: `0x${genesisRoot}` };
  return `${JSON.stringify({ metadata, data }, null, 2)}\n`;
}
