import { compareRank, rankOfQc } from "@sealwright/consensus";
import type { RepositoryBatch } from "@sealwright/store";
import {
  type BlockId,
  type KeeperId,
  type SealedBlock,
  type SignedAttestation,
  type SignedLock,
  type ThreadId,
  type VoteState,
} from "@sealwright/types";
import type { Ancestry } from "./ancestry.js";
import { hold } from "./violation.js";

interface OnDisk {
  readonly bodies: Set<BlockId>;
  readonly votes: Map<ThreadId, VoteState>;
  /** Blocks that are recorded as the only ones at their places. */
  readonly sealed: Set<BlockId>;
  readonly final: Set<BlockId>;
}

/** What is durable where: §9 (nothing leaves before what it promises is on disk) and I13. */
export class DiskWitness {
  readonly #ancestry: Ancestry;
  readonly #disks = new Map<KeeperId, OnDisk>();
  /** Certified blocks that are on enough honest disks down to the genesis block: nothing leaves a disk in a simulation. */
  readonly #rooted = new Set<BlockId>();

  constructor(ancestry: Ancestry) {
    this.#ancestry = ancestry;
  }

  noteDurable(keeper: KeeperId, batch: RepositoryBatch): void {
    const disk = this.#disks.get(keeper) ?? {
      bodies: new Set(),
      votes: new Map(),
      sealed: new Set(),
      final: new Set(),
    };
    this.#disks.set(keeper, disk);
    for (const block of batch.blocks ?? []) if (isSigned(block)) disk.bodies.add(block.id);
    for (const { threadId, state } of batch.voteStates ?? []) disk.votes.set(threadId, state);
    for (const { blockId } of batch.sealed ?? []) disk.sealed.add(blockId);
    for (const { blockId } of batch.final ?? []) disk.final.add(blockId);
  }

  /** §9: a vote leaves an honest keeper. */
  noteVoteLeaves(keeper: KeeperId, { attestation }: SignedAttestation): void {
    const { threadId, blockId, term, height } = attestation;
    const disk = this.#disks.get(keeper);
    const vote = disk?.votes.get(threadId);
    const last = vote?.lastVoted ?? null;
    const isRecorded =
      vote !== undefined &&
      last !== null &&
      vote.currentTerm >= term &&
      (last.term > term || (last.term === term && last.height >= height));
    hold(isRecorded, "durable", () => `${keeper} sent a vote for ${blockId} before its vote state was on disk`);
    for (const id of this.#chainAbove(blockId, disk?.final ?? NOTHING))
      hold(
        disk?.bodies.has(id) === true,
        "durable",
        () =>
          `${keeper} sent a vote for ${blockId} without ${id === blockId ? "its body" : `its ancestor ${id}`} on disk`,
      );
  }

  /** The block and its ancestors, down to where `known` begins. */
  #chainAbove(blockId: BlockId, known: ReadonlySet<BlockId>): BlockId[] {
    const chain: BlockId[] = [];
    let at: BlockId = blockId;
    for (;;) {
      const block = this.#ancestry.get(at);
      if (block?.header.height === 0n || known.has(at)) return chain;
      chain.push(at);
      // Who descends from a block that nobody stored lacks it too.
      if (block === undefined) return chain;
      at = block.header.parentId;
    }
  }

  /** §9: a Lock leaves an honest keeper. */
  noteLockLeaves(keeper: KeeperId, { threadId, term, qc }: SignedLock): void {
    const vote = this.#disks.get(keeper)?.votes.get(threadId);
    const isRecorded =
      vote !== undefined && vote.currentTerm >= term && compareRank(rankOfQc(vote.highestQc), rankOfQc(qc)) >= 0;
    hold(isRecorded, "durable", () => `${keeper} sent a Lock for term ${term} before what it says was on disk`);
  }

  /** §9: a sealed block leaves its honest producer. */
  noteSealLeaves(producer: KeeperId, { id }: SealedBlock): void {
    const isRecorded = this.#disks.get(producer)?.sealed.has(id) === true;
    hold(isRecorded, "durable", () => `${producer} sent its block ${id} before it was recorded on disk`);
  }

  /** I13: a certificate exists; the honest ones of its signers keep the block and all that it stands on. */
  noteCertified(blockId: BlockId, honestSigners: readonly KeeperId[], atLeast: number): void {
    const lowest = Math.min(atLeast, honestSigners.length);
    for (const id of this.#chainAbove(blockId, this.#rooted)) {
      const holders = honestSigners.filter((keeper) => this.#disks.get(keeper)?.bodies.has(id) === true);
      const which = id === blockId ? "it" : `its ancestor ${id}`;
      hold(
        holders.length >= lowest,
        "I13",
        () => `${blockId} is certified, but only ${holders.length} honest disks hold ${which}`,
      );
    }
    this.#rooted.add(blockId);
  }
}

const NOTHING: ReadonlySet<BlockId> = new Set();

/** A block that was recorded before it was signed has zeros in place of its signature. */
export function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}
