import { producerOf } from "@sealwright/consensus";
import type { Height, Term } from "@sealwright/types";
import type { IgnoredReason } from "./ignoredReason.js";
import type { ProducerConfig, ProducerState } from "./producerState.js";
import type { StartParams } from "./startParams.js";

/** Why a command for `term` is not followed; null when it is newer than what goes on, or the same again. */
export function termFault(state: ProducerState, term: Term): IgnoredReason | null {
  const { rules, self } = state.config;
  if (!isInKeeperSet(state.config)) return "notInKeeperSet";
  if (producerOf(rules.seed, term, rules.keepers) !== self) return "termOfAnother";
  const current = currentTerm(state);
  return current !== null && term < current ? "olderTerm" : null;
}

export function isInKeeperSet({ rules, self }: ProducerConfig): boolean {
  return rules.keepers.indexOf(self) !== null;
}

/** Whether a start asks for what this producer does already: the same term, from the same block or from its newest one. */
export function isEqualStart(state: ProducerState, { term, parent }: StartParams): boolean {
  if (state.phase !== "producing" || state.term !== term) return false;
  return parent.id === state.startedFrom || parent.id === state.tip.id;
}

/** Whether a start in the present term would put a second block of this producer beside one that it sealed or records. */
export function contradictsSealed(state: ProducerState, { term, parent }: StartParams): boolean {
  const own = ownHeight(state, term);
  return own !== null && (parent.height < own || parent.term < term);
}

/** The highest place in `term` that this producer knows to have filled; null when there is none. */
function ownHeight(state: ProducerState, term: Term): Height | null {
  if (!("sealing" in state)) return null;
  if (state.sealing.stage !== "idle") {
    const { header } = state.sealing.draft.unsigned;
    return header.term === term ? header.height : null;
  }
  return state.phase === "producing" && state.tip.term === term ? state.tip.height : null;
}

function currentTerm(state: ProducerState): Term | null {
  switch (state.phase) {
    case "parked":
      return null;
    case "starting":
    case "waitingForParent":
    case "producing":
      return state.term;
    case "stopping":
      return state.next ?? state.sealing.draft.unsigned.header.term;
  }
}
