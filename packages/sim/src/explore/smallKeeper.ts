import { ALL_VERIFY, type ThreadRules, lockPayloadOf } from "@sealwright/consensus";
import {
  applySealwright,
  decideSealwright,
  NO_SEALWRIGHT_MARKS,
  type SealwrightClaim,
  type SealwrightMarks,
} from "@sealwright/forge";
import {
  type ForgeOutcome,
  initialKeeperState,
  type KeeperConfig,
  type KeeperEvent,
  type KeeperState,
  step,
  voteChain,
} from "@sealwright/keeper";
import {
  type AggregatedAttestation,
  type Attestation,
  type BlockId,
  type Height,
  type KeeperId,
  type SealedBlock,
  type SignedLock,
  signerIndex,
  type Term,
  type VoteState,
} from "@sealwright/types";
import type { BlockPool, PooledBlock } from "./blockPool.js";

/** One honest keeper of the small world: its real state, what its disk holds, and every promise that left it. */
export interface SmallKeeper {
  readonly state: KeeperState;
  readonly disk: { readonly vote: VoteState | null; readonly bodies: readonly SealedBlock[] };
  readonly votes: readonly Attestation[];
  /** Term and certified block of each Lock that left it. */
  readonly locks: readonly { readonly term: Term; readonly qc: BlockId | null }[];
  /** What its key has promised: that outlives the disk. Null where no disk is ever lost. */
  readonly marks: SealwrightMarks | null;
  readonly crashesLeft: number;
  readonly timersLeft: number;
  /** After a restart, until the bodies on its disk were looked at again. */
  readonly hasReplayed: boolean;
  /** Its own clock: it moves only while it waits for its timer. */
  readonly nowMs: number;
}

/** What a keeper says of leaving its term. */
export interface Wish {
  readonly suspected: Term | null;
  readonly locked: Term | null;
}

type Input = KeeperEvent extends infer E ? (E extends KeeperEvent ? Omit<E, "atMs" | "unixMs"> : never) : never;

const SIGNATURE = new Uint8Array(96).fill(7);
/** Late enough for every block. */
export const WALL_MS = 1_800_000_000_000;
/** A keeper that looks less often takes itself for one that slept. */
const TICK_MS = 200;
const TIMER_TICKS_MAX = 400;

/** The honest keepers of a small world are alike at its beginning, so one stands for all of them. */
export function newKeeper(
  rules: ThreadRules,
  root: PooledBlock,
  { crashes, timers, hasMarks }: { readonly crashes: number; readonly timers: number; readonly hasMarks: boolean },
): SmallKeeper {
  const config: KeeperConfig = {
    rules,
    self: rules.keepers.at(signerIndex(0)).id,
    signer: signerIndex(0),
    timeAheadMaxMs: 500,
    voteResendMs: 300,
    verification: ALL_VERIFY,
  };
  return {
    state: initialKeeperState(config, root.facts, null),
    disk: { vote: null, bodies: [] },
    votes: [],
    locks: [],
    marks: hasMarks ? NO_SEALWRIGHT_MARKS : null,
    crashesLeft: crashes,
    timersLeft: timers,
    hasReplayed: true,
    nowMs: 0,
  };
}

/** Feeds events to the real `step`; what it asks of its edges is answered at once: valid, on disk, signed. */
export function feed(keeper: SmallKeeper, inputs: readonly Input[]): SmallKeeper {
  let { state, disk, marks } = keeper;
  const { nowMs } = keeper;
  const [votes, locks] = [[...keeper.votes], [...keeper.locks]];
  const noteVote = (vote: Attestation): void => {
    if (!votes.some((known) => isSame(known, vote))) votes.push(vote);
  };
  const noteLock = ({ term, qc, attestations }: SignedLock): void => {
    const id = qc?.attestation.blockId ?? null;
    if (!locks.some((known) => known.term === term && known.qc === id)) locks.push({ term, qc: id });
    for (const { attestation } of attestations) noteVote(attestation);
  };
  const sign = (claim: SealwrightClaim): ForgeOutcome => {
    const decision = marks === null ? null : decideSealwright(marks, claim);
    if (decision?.kind === "refused") return { type: "refused", code: decision.refusal.code };
    if (marks !== null && decision?.record) marks = applySealwright(marks, decision.record);
    return { type: "signed", signature: SIGNATURE };
  };
  const open = [...inputs];
  for (let input = open.shift(); input !== undefined; input = open.shift()) {
    const result = step(state, { ...input, atMs: nowMs, unixMs: WALL_MS });
    state = result.state;
    // What leaves at once leaves before what is asked for is answered.
    for (const effect of result.effects) {
      if (effect.type === "checkSignatures")
        open.push({ type: "signaturesChecked", blockId: effect.block.id, valid: true });
      if (effect.type === "execute")
        open.push({ type: "executed", blockId: effect.block.id, outcome: { type: "valid" } });
      if (effect.type === "commit") {
        disk = { vote: effect.vote, bodies: [...disk.bodies, ...effect.blocks] };
        open.push({ type: "committed", commit: effect.commit });
      }
      if (effect.type === "forgeVote")
        open.push({
          type: "voteForged",
          attestation: effect.attestation,
          outcome: sign(voteClaim(effect.attestation, effect.highestQc, state)),
        });
      if (effect.type === "forgeLock")
        open.push({ type: "lockForged", term: effect.term, outcome: sign(lockClaim(state, effect.term, effect.qc)) });
      if (effect.type === "sendVote") noteVote(effect.vote.attestation);
      if (effect.type === "sendLock") noteLock(effect.lock);
    }
  }
  return { ...keeper, state, disk, votes, locks, marks };
}

function voteClaim(
  attestation: Attestation,
  highestQc: AggregatedAttestation | null,
  state: KeeperState,
): SealwrightClaim {
  const { term, height, target, blockId, envelopeHash } = attestation;
  const rank = highestQc === null ? null : rankOf(highestQc.attestation);
  const digest = `${target}:${blockId}:${envelopeHash}`;
  return {
    type: "attestation",
    rank: { term, height },
    target,
    blockId,
    envelopeHash,
    highestQc: rank,
    ...voteChain(state, attestation),
    digest,
  };
}

function lockClaim({ config }: KeeperState, term: Term, qc: AggregatedAttestation | null): SealwrightClaim {
  const { qcTerm, qcHeight, qcBlockId } = lockPayloadOf(config.rules, term, qc);
  const highestQc = { term: qcTerm, height: qcHeight };
  return { type: "lock", term, highestQc, qcBlockId, digest: `${term}:${qcBlockId}` };
}

function rankOf({ term, height }: Attestation): { readonly term: Term; readonly height: Height } {
  return { term, height };
}

export function deliver(keeper: SmallKeeper, { block }: PooledBlock): SmallKeeper {
  return feed(keeper, [{ type: "candidate", block, origin: { type: "peer", peer: otherOf(keeper, 1) } }]);
}

export function hearCertificate(keeper: SmallKeeper, certificate: AggregatedAttestation): SmallKeeper {
  return feed(keeper, [{ type: "certificateVerified", certificate, from: null }]);
}

/** A Suspect is a hint that anybody may make up, so a keeper must be safe whatever it hears. */
export function enterTerm(keeper: SmallKeeper, term: Term): SmallKeeper {
  const { size, quorum } = keeper.state.config.rules.keepers;
  const others = Array.from({ length: Math.min(size - 1, quorum) }, (_, i) => otherOf(keeper, i + 1));
  return feed(
    keeper,
    others.map((peer) => ({ type: "suspectReceived", peer, term })),
  );
}

/** It hears what these others want, all at the same time. */
export function hearWishes(keeper: SmallKeeper, wishes: readonly Wish[]): SmallKeeper {
  const { threadId } = keeper.state.config.rules;
  return feed(
    keeper,
    wishes.flatMap(({ suspected, locked }, i): Input[] => {
      const peer = otherOf(keeper, i + 1);
      const signer = keeper.state.config.rules.keepers.indexOf(peer)!;
      const lock = { threadId, signer, qc: null, attestations: [], signature: SIGNATURE };
      return [
        ...(suspected === null ? [] : [{ type: "suspectReceived", peer, term: suspected } as const]),
        ...(locked === null ? [] : [{ type: "lockReceived", peer, lock: { ...lock, term: locked } } as const]),
      ];
    }),
  );
}

export function wishOf({ state }: SmallKeeper): Wish {
  const { suspectedAtMs, ownLock } = state.switching;
  const suspected = suspectedAtMs === null ? null : ((state.vote.currentTerm + 1n) as Term);
  return { suspected, locked: ownLock?.term ?? null };
}

/** Nothing comes for so long that the keeper suspects its producer, or does whatever else it then does. */
export function fireTimer(keeper: SmallKeeper): SmallKeeper {
  const before = keeper.state.vote.currentTerm;
  let waiting: SmallKeeper = { ...keeper, timersLeft: keeper.timersLeft - 1 };
  for (let ticks = 0; ticks < TIMER_TICKS_MAX; ticks++) {
    waiting = feed({ ...waiting, nowMs: waiting.nowMs + TICK_MS }, [{ type: "tick" }]);
    const { state } = waiting;
    if (state.vote.currentTerm > before || state.switching.suspectedAtMs === waiting.nowMs) break;
  }
  return waiting;
}

/** The disk is gone, and only what the key has promised is left: the keeper begins anew. */
export function loseDisk(keeper: SmallKeeper, pool: BlockPool): SmallKeeper {
  const restarted: SmallKeeper = {
    ...keeper,
    state: initialKeeperState(keeper.state.config, pool.genesis.facts, null),
    disk: { vote: null, bodies: [] },
    crashesLeft: keeper.crashesLeft - 1,
  };
  return feed(restarted, [{ type: "tick" }]);
}

/** The power goes, and the keeper starts again with what its disk holds. Finality was on disk too. */
export function crash(keeper: SmallKeeper, pool: BlockPool): SmallKeeper {
  const { state, disk } = keeper;
  const voted = disk.vote?.lastVoted ?? null;
  const isOnFinalChain =
    voted === null ||
    voted.height > state.final.height ||
    pool.isAncestorOrSelf(pool.get(voted.blockId), pool.get(state.final.id));
  const restarted: SmallKeeper = {
    ...keeper,
    state: initialKeeperState(state.config, state.final, disk.vote, isOnFinalChain),
    crashesLeft: keeper.crashesLeft - 1,
    hasReplayed: false,
  };
  return feed(restarted, [{ type: "tick" }]);
}

/** The bodies on its disk are looked at again: much else may come before that is done. */
export function replay(keeper: SmallKeeper): SmallKeeper {
  const stored = keeper.disk.bodies
    .filter(({ header }) => header.height > keeper.state.final.height)
    .sort((a, b) => (a.header.height < b.header.height ? -1 : 1));
  const replayed = { ...keeper, hasReplayed: true };
  return feed(
    replayed,
    stored.map((block) => ({ type: "candidate", block, origin: { type: "store" } })),
  );
}

function otherOf({ state }: SmallKeeper, place: number): KeeperId {
  const { signer, rules } = state.config;
  return rules.keepers.at(signerIndex((signer! + place) % rules.keepers.size)).id;
}

function isSame(a: Attestation, b: Attestation): boolean {
  return a.blockId === b.blockId && a.target === b.target;
}
