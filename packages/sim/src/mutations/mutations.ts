import type { Mutation } from "./mutation.js";

/** Every rule that is broken on purpose to prove that the proof looks where it matters. */
export const MUTATIONS: readonly Mutation[] = [
  {
    rule: "final-by-one-certificate",
    means: "F1 without the second certificate: a block is final when a child carries its certificate",
    edits: [
      {
        file: "keeper/dist/finalizeBy.js",
        find: "return [...state.certificates.keys()]\n        .map((id) => state.blocks.get(id))",
        replace: "return [...state.blocks.values()]",
      },
    ],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "final-across-terms",
    means: "F1 without the same term: the certificate inside a switch certificate counts as carried",
    edits: [
      {
        file: "consensus/dist/deriveFacts.js",
        find: "const inherited = block.header.round === 0n ? parent.carried : null;",
        replace: `const inherited = block.header.round === 0n || parent.height === 0n ? parent.carried
      : { id: parent.id, height: parent.height, carrierId: block.id, carrierHeight: block.header.height };`,
      },
    ],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "quorum-less-one",
    means: "one keeper less than a quorum decides",
    edits: [
      {
        file: "consensus/dist/quorum.js",
        find: "return Math.ceil((2 * n) / 3);",
        replace: "return Math.ceil((2 * n) / 3) - 1;",
      },
    ],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "votes-on-two-chains",
    means: "V3 without its condition on the chain: a keeper votes for any higher block",
    edits: [
      {
        file: "consensus/dist/voteRules.js",
        find: "block.term === state.lastVoted?.term && !context.isAncestorOrSelf(state.lastVoted, block)",
        replace: "false",
      },
    ],
    foundBy: { by: "explore", search: "rivals" },
  },
  {
    rule: "votes-below-the-lock",
    means: "V2: a keeper that sent a Lock goes on attesting in lower terms",
    edits: [{ file: "consensus/dist/voteRules.js", find: "block.term < state.currentTerm", replace: "false" }],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "switch-on-any-block",
    means: "S5: a new producer extends any block that it likes",
    edits: [
      {
        file: "consensus/dist/switch/checkSwitchCertificate.js",
        find: "if (qcBlockOf(certificate, parent) !== parent.id)",
        replace: "if (false)",
      },
      {
        file: "consensus/dist/switch/checkSwitchCertificate.js",
        find: "if (qc.term !== parent.term || qc.height !== parent.height)",
        replace: "if (false)",
      },
    ],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "switch-by-majority",
    means: "S5: Locks of a majority make a switch certificate",
    edits: [
      {
        file: "consensus/dist/switch/checkSwitchCertificate.js",
        find: "certificate.locks.length < rules.keepers.quorum",
        replace: "certificate.locks.length < rules.keepers.majority",
      },
    ],
    foundBy: { by: "explore", search: "seven" },
  },
  {
    rule: "fallback-for-any-block",
    means: "V6: a Fallback may be a keeper's only vote, and it moves nothing",
    edits: [
      {
        file: "keeper/dist/castVotes.js",
        find: "const voted = lastVoted === null ? undefined : draft.state.blocks.get(lastVoted.blockId);",
        replace: `const voted = [...draft.state.blocks.values()].filter((held) => held.stage.phase === "applied")
        .sort((a, b) => compareRank(a.facts, b.facts)).at(-1);`,
      },
      {
        file: "keeper/dist/castVotes.js",
        find: "if (!decideFallbackVote(draft.state.vote, held.facts, voted.facts, contextFor(draft, held)).ok)",
        replace: "if (false)",
      },
      {
        file: "keeper/dist/castVotes.js",
        find: "if (vote.attestation.term < draft.state.vote.currentTerm)",
        replace: "if (false)",
      },
    ],
    foundBy: { by: "explore", search: "late" },
  },
  {
    rule: "certificate-forgotten",
    means: "highestQC is lost in a crash",
    edits: [
      {
        file: "keeper/dist/keeperState.js",
        find: "const known = vote?.highestQc ?? null;",
        replace: "const known = null;\n    vote = vote === null ? null : { ...vote, highestQc: null };",
      },
    ],
    foundBy: { by: "explore", search: "crashes" },
  },
  {
    rule: "proof-without-carried",
    means: "F2: a finality proof need not show that the certificate is carried",
    edits: [
      {
        file: "consensus/dist/finalityProof.js",
        find: "if (!verifyInclusion(carrier.roots.attestations, item, proof.carriedPath))",
        replace: "if (false)",
      },
    ],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "certificate-below-a-lock",
    means: "S5: the certificate of a switch may rank below one that a Lock names",
    edits: [{ file: "consensus/dist/switch/checkSwitchCertificate.js", find: "if (order > 0)", replace: "if (false)" }],
    foundBy: { by: "explore", search: "terms" },
  },
  {
    rule: "lone-keeper-runs-ahead",
    means: "S2 without the quorum of Suspects: a keeper leaves its term when its own timer fires",
    edits: [
      {
        file: "keeper/dist/switching/ownLock.js",
        find: "const wanted = termToLock(config.rules.keepers, wishes(draft));",
        replace:
          "const wanted = draft.state.switching.suspects.get(config.signer)?.term ?? termToLock(config.rules.keepers, wishes(draft));",
      },
    ],
    foundBy: { by: "explore", search: "timers" },
  },
  {
    rule: "ancestors-not-settled",
    means: "§5: the certificate of a descendant does not settle an ancestor's deadline",
    edits: [
      {
        file: "consensus/dist/deriveFacts.js",
        find: ".slice(settled + 1),\n        settledSamples",
        replace: ".filter((_, i) => i !== settled),\n        settledSamples",
      },
    ],
    foundBy: { by: "explore", search: "chain" },
  },
  {
    rule: "vote-before-fsync",
    means: "a vote leaves before its intent and the bodies are on disk",
    edits: [
      {
        file: "keeper/dist/castVotes.js",
        find: "if (commit <= draft.state.committed)",
        replace: "if (true)",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "certificate-unverified",
    means: "receivers believe a relayed certificate without looking at its signatures",
    edits: [
      {
        file: "node/dist/thread/signatureDesk.js",
        find: "return set.ok && (await this.#checkSet(set.value));",
        replace: "return set.ok;",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "seal-unrecorded",
    means: "a sealed block leaves although a crash can make the producer forget it",
    edits: [
      {
        file: "node/dist/thread/producerPorts.js",
        find: "signSeal: async (claim) => {",
        replace: "recordSeal: () => Promise.resolve(), signSeal: async (claim) => {",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "final-before-durable",
    means: "blocks are called final before they are on disk",
    edits: [
      {
        file: "node/dist/thread/finalityWriter.js",
        find: "await repository.commit({",
        replace: "void repository.commit({",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "lock-before-fsync",
    means: "a Lock leaves before what it says is on disk",
    edits: [
      {
        file: "keeper/dist/switching/ownLock.js",
        find: 'forging: { type: "persisting", commit }, sentAtMs: null } });',
        replace: 'forging: { type: "asked" }, sentAtMs: null } }); draft.emit({ type: "forgeLock", term, qc });',
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "lock-goes-back",
    means: "S2: a Lock lists a lower certificate than its key named before, the watermark is off",
    edits: [
      {
        file: "keeper/dist/switching/ownLock.js",
        find: "const qc = draft.state.vote.highestQc;",
        replace: "const qc = null;",
      },
      {
        file: "forge/dist/watermarks/sealwrightMarks.js",
        find: "marks.highestQc !== null && compareRank(claim.highestQc, marks.highestQc) < 0",
        replace: "false",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "ancestors-not-stored",
    means: "a vote leaves with only its block and its parent on disk, not what those stand on",
    edits: [
      {
        file: "keeper/dist/castVotes.js",
        find: "of chainTo(draft.state, held.facts.id) ?? [])",
        replace: "of (chainTo(draft.state, held.facts.id) ?? []).slice(-2))",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "final-bodies-late",
    means: "a vote leaves while bodies below its block wait for their finality to be written",
    edits: [
      {
        file: "node/dist/thread/keeperPorts.js",
        find: "...finality.takeUnstored(), ",
        replace: "",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "nack-unchecked",
    means: "receivers believe a Nack without looking who sent it and whether its signer signed it",
    edits: [
      {
        file: "node/dist/sync/wireRouter.js",
        find: "if (this.#deps.keepers.indexOf(from) !== signer)",
        replace: "if (false)",
      },
      {
        file: "node/dist/thread/signatureDesk.js",
        find: "const { signer, ticket, verdict } = nack;",
        replace: "return true;\n        const { signer, ticket, verdict } = nack;",
      },
    ],
    foundBy: { by: "sim", faults: ["nackForger", "pause"] },
  },
  {
    rule: "evidence-unchecked",
    means: "receivers believe a proof of misbehaviour without looking at its signatures",
    edits: [
      {
        file: "keeper/dist/witness/witnessRunner.js",
        find: '.then((valid) => this.dispatch({ type: "evidenceChecked", key, valid }))',
        replace: '.then(() => this.dispatch({ type: "evidenceChecked", key, valid: true }))',
      },
    ],
    foundBy: { by: "sim", faults: ["nackForger", "pause"] },
  },
  {
    rule: "switch-unverified",
    means: "receivers believe a switch certificate without looking at the signatures of its Locks",
    edits: [
      {
        file: "node/dist/thread/signatureDesk.js",
        find: "const certificate = block.body.switchCertificate;\n        if (certificate === null)",
        replace: "const certificate = block.body.switchCertificate;\n        if (true)",
      },
    ],
    foundBy: { by: "sim", faults: ["usurper", "pause", "partition"] },
  },
  {
    rule: "abandoned-messages-lost",
    means: "messages of an abandoned block are not offered again",
    edits: [
      {
        file: "node/dist/messages/messageDesk.js",
        find: "waitAgain(live, term);",
        replace: "this.#live.expire(hash);",
      },
      {
        file: "node/dist/messages/messageDesk.js",
        find: "waitAgain(live, inTerm);",
        replace: "this.#live.expire(hash);",
      },
    ],
    // No crash: who restarts offers what is in its custody. Votes that get lost leave blocks without a quorum.
    foundBy: { by: "sim", faults: ["oneWayCut", "deafSigner", "withholder"] },
  },
  {
    rule: "custody-not-offered",
    means: "a message that got lost on its way to the producer is not offered again",
    edits: [
      {
        file: "node/dist/messages/messageOffers.js",
        find: "this.#offerAgain(threadId, longestUnoffered(due), nowMs);",
        replace: "{}",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "imports-lost",
    means: "final messages between threads never reach the other thread",
    edits: [
      {
        file: "node/dist/thread/importDesk.js",
        find: "for (const message of block.body.outbound) {",
        replace: "for (const message of []) {",
      },
    ],
    foundBy: { by: "sim" },
  },
  {
    rule: "watermark-lowered",
    means: "the watermark of a key lets an attestation pass that it has passed before",
    edits: [
      {
        file: "forge/dist/watermarks/sealwrightMarks.js",
        find: "const isNew = isAbove(claim.rank, marks.attested);",
        replace: "const isNew = true;",
      },
    ],
    foundBy: { by: "explore", search: "disks" },
  },
  {
    rule: "watermark-off-the-chain",
    means: "the watermark of a key lets an attestation pass that leaves the chain of the last one in its term",
    edits: [
      {
        file: "forge/dist/watermarks/sealwrightMarks.js",
        find: "return leavesChain(marks, claim) ?? { kind:",
        replace: "return { kind:",
      },
    ],
    foundBy: { by: "explore", search: "disks" },
  },
  {
    rule: "cut-not-barred",
    means: "§9: a keeper whose watermarks lost their tail goes on voting in the term that it finds",
    edits: [
      {
        file: "node/dist/raiseWatermarks.js",
        find: "const lockTerm = isCut ? term(last + 1n) : promised;",
        replace: "const lockTerm = promised;",
      },
    ],
    foundBy: { by: "sim", faults: ["powerCut", "crash", "slowDisk"] },
  },
  {
    rule: "own-block-thrown-away",
    means: "a keeper that restarts throws its own block away when its rival came first",
    edits: [{ file: "keeper/dist/takeCandidate.js", find: "if (!held.stored)", replace: "if (true)" }],
    foundBy: { by: "explore", search: "bodies" },
  },
  {
    rule: "term-not-barred",
    means: "V3: a keeper whose vote lost against a final block goes on voting in that term",
    edits: [
      {
        file: "keeper/dist/castVotes.js",
        find: "if (held.facts.term === draft.state.barredTerm)",
        replace: "if (false)",
      },
    ],
    foundBy: { by: "explore", search: "lost" },
  },
];

/** @returns null when no rule has that name */
export function findMutation(rule: string): Mutation | null {
  return MUTATIONS.find((mutation) => mutation.rule === rule) ?? null;
}
