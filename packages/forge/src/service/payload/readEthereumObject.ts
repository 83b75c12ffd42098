import { fromHex, toHex } from "@sealwright/types";
import type { PublicKeyHex } from "../../keyId.js";
import type { BeaconRequest } from "../../requests/beaconRequest.js";
import type { AllowedKind } from "../config/serviceConfig.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { containerRoot, ETHEREUM_DOMAIN, type ForkInfo, numberRoot, signingRoot } from "./ethereumRoots.js";
import type { ReadPayload } from "./readPayload.js";

type Fields = Readonly<Record<string, unknown>>;
type Root = (objectRoot: Uint8Array, domain: number, epoch: bigint) => string;
type Reader = (
  body: Fields,
  root: Root,
  key: ForKey,
) => { readonly request: BeaconRequest; readonly kind: AllowedKind };

interface ForKey {
  readonly key: PublicKeyHex;
  readonly genesisRoot: string;
  readonly object: Fields;
}

const SLOTS_PER_EPOCH = 32n;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Reads a signing request of a validator. The root that is signed is computed here from the object whose numbers the
 * watermark guards; one that is given must be the same.
 * @throws ServiceRefusal for what does not read
 */
export function readEthereumObject(body: unknown, key: PublicKeyHex): ReadPayload {
  const fields = fieldsAt(body, "the body");
  const type = textAt(fields["type"], "type");
  const read = READERS.get(type);
  if (read === undefined)
    throw new ServiceRefusal(
      "unsupportedType",
      `${type.slice(0, 60)} is not signed here: ask for one of ${[...READERS.keys()].join(", ")}`,
    );
  const fork = forkInfoOf(fields["fork_info"] ?? fields["forkInfo"]);
  const genesisRoot = toHex(fork.genesisValidatorsRoot);
  const root: Root = (objectRoot, domain, epoch) => toHex(signingRoot(objectRoot, domain, epoch, fork));
  const { request, kind } = read(fields, root, { key, genesisRoot, object: fields });
  checkGivenRoot(fields["signingRoot"] ?? fields["signing_root"], request.signingRoot);
  return { request, kind, chain: genesisRoot };
}

function readBlock(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const block = fieldsAt(body["beacon_block"], "beacon_block");
  const header = fieldsAt(block["block_header"], "beacon_block.block_header");
  const at = (name: string): string => `beacon_block.block_header.${name}`;
  const slot = numberAt(header["slot"], at("slot"));
  const object = containerRoot([
    numberRoot(slot),
    numberRoot(numberAt(header["proposer_index"], at("proposer_index"))),
    ...["parent_root", "state_root", "body_root"].map((name) => hexAt(header[name], at(name), 32)),
  ]);
  const root32 = root(object, ETHEREUM_DOMAIN.beaconProposer, slot / SLOTS_PER_EPOCH);
  return { request: { kind: "beaconBlock", ...forKey, signingRoot: root32, slot }, kind: "block" };
}

function readAttestation(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const data = fieldsAt(body["attestation"], "attestation");
  const source = checkpointAt(data["source"], "attestation.source");
  const target = checkpointAt(data["target"], "attestation.target");
  const object = containerRoot([
    numberRoot(numberAt(data["slot"], "attestation.slot")),
    numberRoot(numberAt(data["index"], "attestation.index")),
    hexAt(data["beacon_block_root"], "attestation.beacon_block_root", 32),
    source.root,
    target.root,
  ]);
  const root32 = root(object, ETHEREUM_DOMAIN.beaconAttester, target.epoch);
  const epochs = { sourceEpoch: source.epoch, targetEpoch: target.epoch };
  return { request: { kind: "beaconAttestation", ...forKey, signingRoot: root32, ...epochs }, kind: "attestation" };
}

function readRandao(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const epoch = numberAt(fieldsAt(body["randao_reveal"], "randao_reveal")["epoch"], "randao_reveal.epoch");
  return other(forKey, root(numberRoot(epoch), ETHEREUM_DOMAIN.randao, epoch));
}

function readAggregationSlot(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const slot = numberAt(fieldsAt(body["aggregation_slot"], "aggregation_slot")["slot"], "aggregation_slot.slot");
  return other(forKey, root(numberRoot(slot), ETHEREUM_DOMAIN.selectionProof, slot / SLOTS_PER_EPOCH));
}

function readSyncMessage(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const message = fieldsAt(body["sync_committee_message"], "sync_committee_message");
  const slot = numberAt(message["slot"], "sync_committee_message.slot");
  const object = hexAt(message["beacon_block_root"], "sync_committee_message.beacon_block_root", 32);
  return other(forKey, root(object, ETHEREUM_DOMAIN.syncCommittee, slot / SLOTS_PER_EPOCH));
}

function readSyncSelection(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const at = "sync_aggregator_selection_data";
  const data = fieldsAt(body[at], at);
  const slot = numberAt(data["slot"], `${at}.slot`);
  const index = numberAt(data["subcommittee_index"], `${at}.subcommittee_index`);
  const object = containerRoot([numberRoot(slot), numberRoot(index)]);
  return other(forKey, root(object, ETHEREUM_DOMAIN.syncCommitteeSelectionProof, slot / SLOTS_PER_EPOCH));
}

/** What cannot be slashed; exits, deposits and the rest are left to tools that understand them. */
const READERS: ReadonlyMap<string, Reader> = new Map([
  ["BLOCK_V2", readBlock],
  ["ATTESTATION", readAttestation],
  ["RANDAO_REVEAL", readRandao],
  ["AGGREGATION_SLOT", readAggregationSlot],
  ["SYNC_COMMITTEE_MESSAGE", readSyncMessage],
  ["SYNC_COMMITTEE_SELECTION_PROOF", readSyncSelection],
]);

function other(forKey: ForKey, root: string): ReturnType<Reader> {
  return { request: { kind: "beaconOther", ...forKey, signingRoot: root }, kind: "statement" };
}

function forkInfoOf(value: unknown): ForkInfo {
  const info = fieldsAt(value, "fork_info");
  const fork = fieldsAt(info["fork"], "fork_info.fork");
  return {
    previousVersion: hexAt(fork["previous_version"], "fork_info.fork.previous_version", 4),
    currentVersion: hexAt(fork["current_version"], "fork_info.fork.current_version", 4),
    epoch: numberAt(fork["epoch"], "fork_info.fork.epoch"),
    genesisValidatorsRoot: hexAt(info["genesis_validators_root"], "fork_info.genesis_validators_root", 32),
  };
}

function checkpointAt(value: unknown, path: string): { readonly epoch: bigint; readonly root: Uint8Array } {
  const checkpoint = fieldsAt(value, path);
  const epoch = numberAt(checkpoint["epoch"], `${path}.epoch`);
  return { epoch, root: containerRoot([numberRoot(epoch), hexAt(checkpoint["root"], `${path}.root`, 32)]) };
}

function checkGivenRoot(given: unknown, computed: string): void {
  if (given === undefined || given === null) return;
  if (toHex(hexAt(given, "signingRoot", 32)) === computed) return;
  throw new ServiceRefusal(
    "signingRootMismatch",
    `the object's signing root is 0x${computed}, not the one that is given: repair the object or its fork_info, or leave signingRoot away`,
  );
}

function fieldsAt(value: unknown, path: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ServiceRefusal("undecodable", `${path} is no object: send the whole object as its client standard has it`);
}

function textAt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new ServiceRefusal("undecodable", `${path} is no text: send it in double quotes`);
}

/** Decimal text, as the protocol has it; a small number as such is taken too. */
function numberAt(value: unknown, path: string): bigint {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === "string" && text.startsWith("-"))
    throw new ServiceRefusal("negativeNumber", `${path} is negative: send the true number`);
  if (typeof text === "string" && /^(0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= U64_MAX) return BigInt(text);
  throw new ServiceRefusal("undecodable", `${path} is no decimal number of 64 bits: send one in double quotes`);
}

function hexAt(value: unknown, path: string, lengthBytes: number): Uint8Array {
  const text = typeof value === "string" ? value.replace(/^0x/, "").toLowerCase() : "";
  const bytes = text.length === 2 * lengthBytes ? fromHex(text) : null;
  if (bytes !== null) return bytes;
  throw new ServiceRefusal(
    "undecodable",
    `${path} is not made of ${lengthBytes} bytes of hex: send all of them behind 0x`,
  );
}
