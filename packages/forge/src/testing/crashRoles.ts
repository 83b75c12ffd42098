import { type BlockHeader, formatText, parseFitness, type Payload } from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "@sealwright/tezos/testing";
import { assertNever, DEFAULT_THREAD_ID, sha256, unwrap } from "@sealwright/types";
import { type KeyId, tezosHashOf } from "../keyId.js";
import type { ForgeRequest, ForgeRequestKind } from "../requests/forgeRequest.js";
import type { Marks, MarkScope } from "../watermarks/marks.js";
import type { TezosRecord } from "../watermarks/tezosMarks.js";
import { attestationRequest, blockRequest, lockRequest, TEST_NETWORK, testKey } from "./requests.js";

/** What one key of a crash test signs, step by step. */
export interface CrashRole {
  readonly key: KeyId;
  readonly scope: MarkScope;
  /** @param step above zero @param name makes the contents differ from those of any other name */
  requestsAt(step: number, name: string): readonly ForgeRequest[];
  /** The highest step of which anything is recorded; 0 for none. */
  stepOf(marks: Marks): number;
  /** The recorded place of each kind, as `placeOf` counts. */
  marked(marks: Marks): readonly (readonly [ForgeRequestKind, number])[];
}

const STEPS_PER_TERM = 8;
const ROUNDS_PER_LEVEL = 3;
const KINDS_OF_ROLES = [keeperBlocks, keeperVotes, bakerBlocks, bakerVotes];

/** Keys that take turns in what they sign: our blocks; our attestations and locks; Tezos' blocks; Tezos' votes. */
export function crashRoles(keyCount: number): readonly CrashRole[] {
  return Array.from({ length: keyCount }, (_, index) => {
    const role = KINDS_OF_ROLES[index % KINDS_OF_ROLES.length] ?? keeperBlocks;
    return role(index);
  });
}

/** Of things of one kind and key, the place: two different ones at one place contradict each other. */
export function placeOf(request: ForgeRequest): number {
  switch (request.kind) {
    case "candidateBlock":
      return Number(request.claim.height);
    case "attestation":
      return Number(request.attestation.height);
    case "lock":
      return Number(request.lock.term);
    case "tezosPreattestation":
    case "tezosAttestation":
      return request.vote.level * ROUNDS_PER_LEVEL + request.vote.round;
    case "tezosBlock":
      return "header" in request.block ? headerPlace(request.block.header) : noRole(request.kind);
    case "ack":
    case "nack":
    case "yield":
    case "ticket":
    case "tezosOperation":
    case "beaconBlock":
    case "beaconAttestation":
    case "beaconOther":
      return noRole(request.kind);
    default:
      return assertNever(request);
  }
}

function headerPlace({ fitness }: BlockHeader): number {
  const { level, round } = unwrap(parseFitness(fitness));
  return level * ROUNDS_PER_LEVEL + round;
}

function noRole(kind: ForgeRequestKind): never {
  throw new TypeError(`no role of a crash test asks for a ${kind}`);
}

function keeperBlocks(index: number): CrashRole {
  const key = testKey(index);
  const heightOf = (marks: Marks): number =>
    marks.chain === "sealwright" ? Number(marks.marks.block?.height ?? 0) : 0;
  return {
    key,
    scope: keeperScope(index),
    requestsAt: (step, name) => [blockRequest(key, { term: 0, height: step, block: name })],
    stepOf: heightOf,
    marked: (marks) => [["candidateBlock", heightOf(marks)]],
  };
}

/** A term of a few heights: a lock opens it, and an attestation at each of its heights follows. */
function keeperVotes(index: number): CrashRole {
  const key = testKey(index);
  const placesOf = (marks: Marks): { readonly height: number; readonly term: number } =>
    marks.chain === "sealwright"
      ? { height: Number(marks.marks.attested?.height ?? 0), term: Number(marks.marks.lockTerm ?? 0) }
      : { height: 0, term: 0 };
  return {
    key,
    scope: keeperScope(index),
    requestsAt: (step, name) => {
      const term = Math.floor(step / STEPS_PER_TERM);
      const vote = attestationRequest(key, { term, height: step, block: name });
      if (step % STEPS_PER_TERM !== 0) return [vote];
      return [lockRequest(key, { term, qcTerm: term - 1, qcHeight: step - 1, qcBlock: name }), vote];
    },
    stepOf: (marks) => {
      const { height, term } = placesOf(marks);
      return Math.max(height, term * STEPS_PER_TERM);
    },
    marked: (marks) => {
      const { height, term } = placesOf(marks);
      return [
        ["attestation", height],
        ["lock", term],
      ];
    },
  };
}

function bakerBlocks(index: number): CrashRole {
  const key = tezosHashOf(testKey(index));
  const base = { key, chainId: SAMPLE_CHAIN_ID };
  const stepOf = (marks: Marks): number => (marks.chain === "tezos" ? tezosStep(marks.marks.block) : 0);
  return {
    key,
    scope: bakerScope(index),
    requestsAt: (step, name) => {
      const header = { ...sampleBlockHeader(tezosPlace(step)), payloadHash: payloadHashOf(name) };
      return [{ ...base, kind: "tezosBlock", block: { header } }];
    },
    stepOf,
    marked: (marks) => [["tezosBlock", stepOf(marks)]],
  };
}

function bakerVotes(index: number): CrashRole {
  const key = tezosHashOf(testKey(index));
  const base = { key, chainId: SAMPLE_CHAIN_ID };
  const stepsOf = (marks: Marks): { readonly before: number; readonly vote: number } =>
    marks.chain === "tezos"
      ? { before: tezosStep(marks.marks.preattestation), vote: tezosStep(marks.marks.attestation) }
      : { before: 0, vote: 0 };
  return {
    key,
    scope: bakerScope(index),
    requestsAt: (step, name) => {
      const [place, payloadHash] = [tezosPlace(step), payloadHashOf(name)];
      return [
        { ...base, kind: "tezosPreattestation", vote: { ...samplePreattestation(place), payloadHash } },
        { ...base, kind: "tezosAttestation", vote: { ...sampleAttestation(place), payloadHash } },
      ];
    },
    stepOf: (marks) => Math.max(stepsOf(marks).before, stepsOf(marks).vote),
    marked: (marks) => [
      ["tezosPreattestation", stepsOf(marks).before],
      ["tezosAttestation", stepsOf(marks).vote],
    ],
  };
}

function keeperScope(index: number): MarkScope {
  return { chain: "sealwright", networkId: TEST_NETWORK, threadId: DEFAULT_THREAD_ID, key: testKey(index) };
}

function bakerScope(index: number): MarkScope {
  return { chain: "tezos", chainId: formatText("chainId", SAMPLE_CHAIN_ID), key: tezosHashOf(testKey(index)) };
}

function tezosPlace(step: number): { readonly level: number; readonly round: number } {
  return { level: Math.floor(step / ROUNDS_PER_LEVEL), round: step % ROUNDS_PER_LEVEL };
}

function tezosStep(record: TezosRecord | null): number {
  return record === null ? 0 : record.level * ROUNDS_PER_LEVEL + record.round;
}

function payloadHashOf(name: string): Payload<"blockPayloadHash"> {
  return sha256(Buffer.from(name)) as Payload<"blockPayloadHash">;
}
