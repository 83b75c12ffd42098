import { toHex } from "@sealwright/types";
import type { PublicKeyHex } from "../../keyId.js";
import type { BeaconRequest } from "../../requests/beaconRequest.js";
import type { AllowedKind } from "../config/serviceConfig.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { aggregateAndProofAt, contributionAndProofAt, type SlotObject, voteAt } from "./ethereumAggregates.js";
import { containerRoot, ETHEREUM_DOMAIN, type ForkInfo, numberRoot, signingRoot } from "./ethereumRoots.js";
import { type Fields, fieldsAt, hexAt, numberAt, textAt } from "./objectFields.js";
import type { ReadPayload } from "./readPayload.js";

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

/**
 * Reads a signing request of a validator. The root that is signed is computed here from the object whose numbers the
 * watermark guards; one that is given must be the same.
 * @throws ServiceRefusal for what does not read
 */
export function readEthereumObject(body: unknown, key: PublicKeyHex): ReadPayload {
  const fields = fieldsAt(body, "the body");
  const type = textAt(fields["type"], "type");
  const read = READERS.get(type);
  if (read === undefined) throw unsupported(type);
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
  const { root: object, source, target } = voteAt(data, "attestation");
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

function readAggregate(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const at = "aggregate_and_proof";
  return otherAt(aggregateAndProofAt(body[at], at), ETHEREUM_DOMAIN.aggregateAndProof, root, forKey);
}

function readContribution(body: Fields, root: Root, forKey: ForKey): ReturnType<Reader> {
  const at = "contribution_and_proof";
  return otherAt(contributionAndProofAt(body[at], at), ETHEREUM_DOMAIN.contributionAndProof, root, forKey);
}

/** All that a validator signs while it does its duties. */
const READERS: ReadonlyMap<string, Reader> = new Map([
  ["BLOCK_V2", readBlock],
  ["ATTESTATION", readAttestation],
  ["RANDAO_REVEAL", readRandao],
  ["AGGREGATION_SLOT", readAggregationSlot],
  ["AGGREGATE_AND_PROOF", readAggregate],
  ["AGGREGATE_AND_PROOF_V2", readAggregate],
  ["SYNC_COMMITTEE_MESSAGE", readSyncMessage],
  ["SYNC_COMMITTEE_SELECTION_PROOF", readSyncSelection],
  ["SYNC_COMMITTEE_CONTRIBUTION_AND_PROOF", readContribution],
]);

const ONCE_IN_A_LIFE = "make it once by hand, with a tool that shows what it does";
/** No duties: whoever asked for one of these would decide over money, and no watermark could tell. */
const WHY_NOT: ReadonlyMap<string, string> = new Map([
  ["BLOCK", "it comes with its whole body, which later forks no longer send: ask for BLOCK_V2 with a block_header"],
  ["DEPOSIT", `it moves money: ${ONCE_IN_A_LIFE}`],
  ["VOLUNTARY_EXIT", `it ends the validator for ever: ${ONCE_IN_A_LIFE}`],
  [
    "VALIDATOR_REGISTRATION",
    "it says to whom a block's fees go, and names no network: leave builders off, or sign it with a signer of its own",
  ],
]);

function unsupported(type: string): ServiceRefusal {
  const why = WHY_NOT.get(type) ?? `nobody knows what it does: ask for one of ${[...READERS.keys()].join(", ")}`;
  return new ServiceRefusal("unsupportedType", `${type.slice(0, 60)} is not signed here, for ${why}`);
}

function otherAt({ root: object, slot }: SlotObject, domain: number, root: Root, forKey: ForKey): ReturnType<Reader> {
  return other(forKey, root(object, domain, slot / SLOTS_PER_EPOCH));
}

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

function checkGivenRoot(given: unknown, computed: string): void {
  if (given === undefined || given === null) return;
  if (toHex(hexAt(given, "signingRoot", 32)) === computed) return;
  throw new ServiceRefusal(
    "signingRootMismatch",
    `the object's signing root is 0x${computed}, not the one that is given: repair the object or its fork_info, or leave signingRoot away`,
  );
}
