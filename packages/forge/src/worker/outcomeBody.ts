import type { BlockHeader } from "@sealwright/tezos";
import { assert } from "@sealwright/types";
import type { NotReadyOutcome, ReadyOutcome } from "../forgeEvent.js";
import { type ForgeRequest, type ForgeRequestKind, needsPreparation } from "../requests/forgeRequest.js";
import { givenHeader } from "../requests/tezosRequest.js";
import type { Task } from "./task.js";

type Own = "requestId" | "origin" | "request";
type BodyOf<T> = T extends unknown ? Omit<T, Own> : never;

/** Why there is no signature, without what its task knows anyway. */
export type OutcomeBody = BodyOf<NotReadyOutcome>;

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

export function readyOutcome(task: Task, signature: Uint8Array, repeated: boolean, dalDropped: boolean): ReadyOutcome {
  const { id: requestId, origin, request } = task;
  const kind = READY_KIND[request.kind];
  // Written out whole, once per signature: spreading a part into it costs more than all the rest.
  const ready = { kind, requestId, origin, request, signature, repeated } as ReadyOutcome;
  if (kind === "tezosAttestationReady") return { ...ready, dalDropped } as ReadyOutcome;
  if (kind !== "tezosBlockReady") return ready;
  const header = task.prepared?.header ?? headerOf(request);
  assert(header !== null, "a signed block has a header");
  return { ...ready, header, extra: task.prepared?.extra ?? null } as ReadyOutcome;
}

/** An outcome other than a signature, with what its task knows. */
export function outcomeOf({ id, origin, request }: Task, body: OutcomeBody): NotReadyOutcome {
  return { ...body, requestId: id, origin, request };
}

export function headerOf(request: ForgeRequest): BlockHeader | null {
  return request.kind === "tezosBlock" ? givenHeader(request) : null;
}

/** Of a task whose work cannot be called back. */
export function abortedOutcome(task: Task, why: "cancelled" | "expired"): OutcomeBody {
  const preparing = needsPreparation(task.request) && task.prepared === null;
  if (why === "cancelled") return { kind: "cancelled", running: !preparing };
  return { kind: "expired", phase: preparing ? "preparing" : "signing" };
}

/** Of a task that waited: for its turn, or for its companion's after its own. */
export function droppedOutcome(task: Task, why: "cancelled" | "expired" | "shed"): OutcomeBody {
  if (why === "shed") return { kind: "expired", phase: "shedForNewerVote" };
  if (task.share !== null) return abortedOutcome(task, why);
  return why === "cancelled" ? { kind: "cancelled", running: false } : { kind: "expired", phase: "waiting" };
}
