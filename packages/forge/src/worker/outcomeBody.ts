import type { BlockHeader } from "@sealwright/tezos";
import { assert } from "@sealwright/types";
import type { NotReadyOutcome, ReadyOutcome } from "../forgeEvent.js";
import type { ForgeRequest, ForgeRequestKind } from "../requests/forgeRequest.js";
import { givenHeader } from "../requests/tezosRequest.js";
import type { Task } from "./task.js";

type Own = "requestId" | "origin" | "request";
type BodyOf<T> = T extends unknown ? Omit<T, Own> : never;

/** An outcome without what its task knows anyway. */
export type OutcomeBody = BodyOf<ReadyOutcome> | BodyOf<NotReadyOutcome>;

const READY_KIND = {
  candidateBlock: "blockReady",
  attestation: "attestationReady",
  lock: "lockReady",
  ack: "ackReady",
  nack: "nackReady",
  yield: "yieldReady",
  ticket: "ticketReady",
  tezosBlock: "tezosBlockReady",
  tezosPreattestation: "preattestationReady",
  tezosAttestation: "tezosAttestationReady",
  tezosOperation: "tezosOperationReady",
  beaconBlock: "beaconBlockReady",
  beaconAttestation: "beaconAttestationReady",
  beaconOther: "beaconOtherReady",
} as const satisfies Record<ForgeRequestKind, ReadyOutcome["kind"]>;

export function readyOutcome(
  task: Task,
  signature: Uint8Array,
  repeated: boolean,
  dalDropped: boolean,
): BodyOf<ReadyOutcome> {
  const kind = READY_KIND[task.request.kind];
  if (kind === "tezosAttestationReady") return { kind, signature, repeated, dalDropped };
  if (kind !== "tezosBlockReady") return { kind, signature, repeated };
  const header = task.prepared?.header ?? headerOf(task.request);
  assert(header !== null, "a signed block has a header");
  return { kind, signature, repeated, header, extra: task.prepared?.extra ?? null };
}

export function headerOf(request: ForgeRequest): BlockHeader | null {
  return request.kind === "tezosBlock" ? givenHeader(request) : null;
}

/** A block that must be built before it can be signed. */
export function needsPreparation(request: ForgeRequest): boolean {
  return request.kind === "tezosBlock" && givenHeader(request) === null;
}

/** Of a task whose work cannot be called back. */
export function abortedOutcome(task: Task, why: "cancelled" | "expired"): OutcomeBody {
  const preparing = needsPreparation(task.request) && task.prepared === null;
  if (why === "cancelled") return { kind: "cancelled", running: !preparing };
  return { kind: "expired", phase: preparing ? "preparing" : "signing" };
}
