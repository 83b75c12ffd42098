import type { BlockFacts } from "@sealwright/consensus";
import { type EnvelopeHash, sealBlock } from "@sealwright/types";
import type { ProducerEffect } from "./producerEffect.js";
import type { ProducerState } from "./producerState.js";
import type { SealDraft } from "./sealDraft.js";
import type { UnsealedBlock } from "./unsealedBlock.js";

export type Publish = ProducerEffect & { readonly type: "publish" };

/** Puts the signature into a recorded block: from here on it may leave. */
export function publishOf(draft: SealDraft, signature: Uint8Array): Publish {
  const block = sealBlock(draft.unsigned.header, draft.unsigned.body, signature);
  const facts = withEnvelope(draft.facts, block.envelopeHash);
  return { type: "publish", block, facts, build: draft.build, isStateHeld: draft.isStateHeld };
}

/** The envelope hash, which votes name, is known only with the signature. */
function withEnvelope(facts: BlockFacts, envelopeHash: EnvelopeHash): BlockFacts {
  const pending = facts.pending.map((entry) => (entry.id === facts.id ? { ...entry, envelopeHash } : entry));
  return { ...facts, envelopeHash, pending };
}

/**
 * What was built and will not leave goes back: states are dropped, messages return to the queue in order. `withDraft`:
 * also the block that is being sealed, because it will not leave either.
 */
export function discardAll(state: ProducerState, { withDraft }: { readonly withDraft: boolean }): ProducerEffect[] {
  if (!("sealing" in state)) return [];
  const draft = withDraft && state.sealing.stage !== "idle" ? state.sealing.draft.build : null;
  const unsealed = state.phase === "producing" ? buildsOf(state.unsealed) : [];
  const builds = [...(draft === null ? [] : [draft]), ...unsealed];
  return builds.length === 0 ? [] : [{ type: "discard", builds }];
}

/** A build that nobody waits for any more. */
export function discardBuilt({ built }: UnsealedBlock): ProducerEffect {
  return { type: "discard", builds: [built.ref.build] };
}

export function buildsOf(unsealed: readonly UnsealedBlock[]): number[] {
  return unsealed.map((block) => block.built.ref.build);
}
