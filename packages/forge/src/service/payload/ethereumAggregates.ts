import { BITS_PER_LEAF, bytesRoot, containerRoot, listRoot, numberRoot } from "./ethereumRoots.js";
import { bitListAt, type Fields, fieldsAt, hexAt, numberAt } from "./objectFields.js";

/** What is signed, and when it is about. */
export interface SlotObject {
  readonly root: Uint8Array;
  readonly slot: bigint;
}

interface Checkpoint {
  readonly epoch: bigint;
  readonly root: Uint8Array;
}

const SIGNATURE_BYTES = 96;
const COMMITTEE_BITS_BYTES = 8;
const CONTRIBUTION_BITS_BYTES = 16;
const VOTES_PER_COMMITTEE_MAX = 2_048;
const COMMITTEES_PER_SLOT_MAX = 64;

/** A vote, with the numbers that can be slashed. @throws ServiceRefusal */
export function voteAt(
  data: Fields,
  path: string,
): SlotObject & { readonly source: Checkpoint; readonly target: Checkpoint } {
  const slot = numberAt(data["slot"], `${path}.slot`);
  const source = checkpointAt(data["source"], `${path}.source`);
  const target = checkpointAt(data["target"], `${path}.target`);
  const root = containerRoot([
    numberRoot(slot),
    numberRoot(numberAt(data["index"], `${path}.index`)),
    hexAt(data["beacon_block_root"], `${path}.beacon_block_root`, 32),
    source.root,
    target.root,
  ]);
  return { root, slot, source, target };
}

/**
 * Votes that one of the voters has gathered, with the proof that this was its turn. Nothing in it can be slashed: the
 * votes are others', and signed already. @throws ServiceRefusal
 */
export function aggregateAndProofAt(value: unknown, path: string): SlotObject {
  const given = fieldsAt(value, path);
  // The newer form of the envelope says which fork its object is of; the object shows it too.
  const [proof, at] =
    given["data"] === undefined ? [given, path] : [fieldsAt(given["data"], `${path}.data`), `${path}.data`];
  const aggregate = aggregateAt(proof["aggregate"], `${at}.aggregate`);
  return { slot: aggregate.slot, root: provenRoot(proof, at, aggregate.root) };
}

/** The same of a sync committee's signatures. @throws ServiceRefusal */
export function contributionAndProofAt(value: unknown, path: string): SlotObject {
  const proof = fieldsAt(value, path);
  const at = `${path}.contribution`;
  const contribution = fieldsAt(proof["contribution"], at);
  const slot = numberAt(contribution["slot"], `${at}.slot`);
  const root = containerRoot([
    numberRoot(slot),
    hexAt(contribution["beacon_block_root"], `${at}.beacon_block_root`, 32),
    numberRoot(numberAt(contribution["subcommittee_index"], `${at}.subcommittee_index`)),
    bytesRoot(hexAt(contribution["aggregation_bits"], `${at}.aggregation_bits`, CONTRIBUTION_BITS_BYTES)),
    signatureRootAt(contribution["signature"], `${at}.signature`),
  ]);
  return { slot, root: provenRoot(proof, path, root) };
}

function aggregateAt(value: unknown, path: string): SlotObject {
  const aggregate = fieldsAt(value, path);
  const { root, slot } = voteAt(fieldsAt(aggregate["data"], `${path}.data`), `${path}.data`);
  const committees = aggregate["committee_bits"];
  // Since Electra one aggregate holds the votes of several committees, and says of which.
  const votesMax = VOTES_PER_COMMITTEE_MAX * (committees === undefined ? 1 : COMMITTEES_PER_SLOT_MAX);
  const { bytes, length } = bitListAt(aggregate["aggregation_bits"], `${path}.aggregation_bits`, votesMax);
  const fields = [
    listRoot(bytes, length, votesMax / BITS_PER_LEAF),
    root,
    signatureRootAt(aggregate["signature"], `${path}.signature`),
  ];
  if (committees !== undefined)
    fields.push(bytesRoot(hexAt(committees, `${path}.committee_bits`, COMMITTEE_BITS_BYTES)));
  return { slot, root: containerRoot(fields) };
}

function provenRoot(proof: Fields, path: string, aggregateRoot: Uint8Array): Uint8Array {
  return containerRoot([
    numberRoot(numberAt(proof["aggregator_index"], `${path}.aggregator_index`)),
    aggregateRoot,
    signatureRootAt(proof["selection_proof"], `${path}.selection_proof`),
  ]);
}

function signatureRootAt(value: unknown, path: string): Uint8Array {
  return bytesRoot(hexAt(value, path, SIGNATURE_BYTES));
}

function checkpointAt(value: unknown, path: string): Checkpoint {
  const checkpoint = fieldsAt(value, path);
  const epoch = numberAt(checkpoint["epoch"], `${path}.epoch`);
  return { epoch, root: containerRoot([numberRoot(epoch), hexAt(checkpoint["root"], `${path}.root`, 32)]) };
}
