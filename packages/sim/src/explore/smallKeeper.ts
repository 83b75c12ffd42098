import { initialKeeperState, type KeeperConfig, type KeeperEvent, type KeeperState, step } from "@sealwright/keeper";
import type { AggregatedAttestation, Attestation, BlockId, KeeperId, SealedBlock, VoteState } from "@sealwright/types";
import type { BlockPool, PooledBlock } from "./blockPool.js";

/** One honest keeper of the small world: its real state, what its disk holds, and every vote that left it. */
export interface SmallKeeper {
  readonly state: KeeperState;
  readonly disk: { readonly vote: VoteState | null; readonly bodies: readonly SealedBlock[] };
  readonly votes: readonly Attestation[];
  readonly crashesLeft: number;
}

type Input = KeeperEvent extends infer E ? (E extends KeeperEvent ? Omit<E, "atMs" | "unixMs"> : never) : never;

const SIGNATURE = new Uint8Array(96).fill(7);
/** Time stands still, late enough for every block. */
const NOW = { atMs: 0, unixMs: 1_800_000_000_000 } as const;

export function newKeeper(config: KeeperConfig, root: PooledBlock, crashes: number): SmallKeeper {
  return {
    state: initialKeeperState(config, root.facts, null),
    disk: { vote: null, bodies: [] },
    votes: [],
    crashesLeft: crashes,
  };
}

/** Feeds events to the real `step`; what it asks of its edges is answered at once: valid, on disk, signed. */
export function feed(keeper: SmallKeeper, inputs: readonly Input[]): SmallKeeper {
  let { state, disk } = keeper;
  const votes = [...keeper.votes];
  const open = [...inputs];
  for (let input = open.shift(); input !== undefined; input = open.shift()) {
    const result = step(state, { ...input, ...NOW });
    state = result.state;
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
          outcome: { type: "signed", signature: SIGNATURE },
        });
      if (effect.type === "sendVote" && !votes.some((known) => isSame(known, effect.vote.attestation)))
        votes.push(effect.vote.attestation);
    }
  }
  return { ...keeper, state, disk, votes };
}

export function deliver(keeper: SmallKeeper, { block }: PooledBlock, from: KeeperId): SmallKeeper {
  return feed(keeper, [{ type: "candidate", block, origin: { type: "peer", peer: from } }]);
}

export function hearCertificate(keeper: SmallKeeper, certificate: AggregatedAttestation): SmallKeeper {
  return feed(keeper, [{ type: "certificateVerified", certificate, from: null }]);
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
  };
  const stored = disk.bodies
    .filter(({ header }) => header.height > state.final.height)
    .sort((a, b) => (a.header.height < b.header.height ? -1 : 1));
  return feed(
    restarted,
    stored.map((block) => ({ type: "candidate", block, origin: { type: "store" } })),
  );
}

/** Everything that tells two keepers apart, with blocks by their numbers. */
export function digestOf({ state, votes, crashesLeft }: SmallKeeper, pool: BlockPool): string {
  const name = (id: BlockId): number => pool.get(id).index;
  const stage = (held: { readonly stage: { readonly phase: string }; readonly stored: boolean }): string =>
    `${held.stage.phase[0]}${held.stored ? 1 : 0}`;
  const blocks = [...state.blocks].map(([id, held]) => `${name(id)}${stage(held)}`).sort();
  const certificates = [...state.certificates.keys()].map(name).sort();
  const own = [...state.votes.values()]
    .map(({ attestation, forging }) => `${name(attestation.blockId)}${attestation.target[0]}${forging.type[0]}`)
    .sort();
  const sent = votes.map(({ blockId, target }) => `${name(blockId)}${target[0]}`).sort();
  const { currentTerm, lastVoted, highestQc } = state.vote;
  return [
    name(state.final.id),
    blocks,
    certificates,
    [...state.equivocations.keys()].sort(),
    [...state.parked.keys()].map(name).sort(),
    currentTerm,
    lastVoted === null ? "" : name(lastVoted.blockId),
    highestQc === null ? "" : name(highestQc.attestation.blockId),
    state.barredTerm ?? "",
    own,
    sent,
    state.halted === null ? "" : "halted",
    crashesLeft,
  ].join(";");
}

function isSame(a: Attestation, b: Attestation): boolean {
  return a.blockId === b.blockId && a.target === b.target;
}
