import type { Mutation } from "./mutation.js";

/** Every rule that is broken on purpose to prove that the proof looks where it matters. */
export const MUTATIONS: readonly Mutation[] = [
  {
    rule: "quorum-less-one",
    means: "one keeper less than a quorum decides",
    file: "consensus/dist/quorum.js",
    find: "return Math.ceil((2 * n) / 3);",
    replace: "return Math.ceil((2 * n) / 3) - 1;",
    foundBy: "explore",
  },
  {
    rule: "votes-on-two-chains",
    means: "V3 without its condition on the chain: a keeper votes for any higher block",
    file: "consensus/dist/voteRules.js",
    find: "block.term === state.lastVoted?.term && !context.isAncestorOrSelf(state.lastVoted, block)",
    replace: "false",
    foundBy: "explore",
  },
  {
    rule: "vote-before-fsync",
    means: "a vote leaves before its intent and the bodies are on disk",
    file: "keeper/dist/castVotes.js",
    find: 'if (vote.awaitsCommit !== null || vote.forging.type !== "signed")',
    replace: 'if (vote.forging.type !== "signed")',
    foundBy: "sim",
  },
  {
    rule: "certificate-unverified",
    means: "receivers believe a relayed certificate without looking at its signatures",
    file: "node/dist/thread/signatureDesk.js",
    find: "return set.ok && (await this.#checkSet(set.value));",
    replace: "return set.ok;",
    foundBy: "sim",
  },
  {
    rule: "seal-unrecorded",
    means: "a sealed block leaves although a crash can make the producer forget it",
    file: "node/dist/thread/threadService.js",
    find: "signSeal: async (claim) => {",
    replace: "recordSeal: () => Promise.resolve(), signSeal: async (claim) => {",
    foundBy: "sim",
  },
  {
    rule: "final-before-durable",
    means: "blocks are called final before they are on disk",
    file: "node/dist/thread/finalityWriter.js",
    find: "await repository.commit({",
    replace: "void repository.commit({",
    foundBy: "sim",
  },
];

export function findMutation(rule: string): Mutation | null {
  return MUTATIONS.find((mutation) => mutation.rule === rule) ?? null;
}
