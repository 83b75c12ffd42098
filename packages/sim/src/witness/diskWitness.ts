import type { RepositoryBatch } from "@sealwright/store";
import {
  type BlockId,
  type KeeperId,
  type SealedBlock,
  type SignedAttestation,
  type ThreadId,
  type VoteState,
} from "@sealwright/types";
import type { Ancestry } from "./ancestry.js";
import { hold } from "./violation.js";

interface OnDisk {
  readonly bodies: Set<BlockId>;
  readonly votes: Map<ThreadId, VoteState>;
}

/** What is durable where: §9 (nothing leaves before what it promises is on disk) and I13. */
export class DiskWitness {
  readonly #ancestry: Ancestry;
  readonly #disks = new Map<KeeperId, OnDisk>();

  constructor(ancestry: Ancestry) {
    this.#ancestry = ancestry;
  }

  noteDurable(keeper: KeeperId, batch: RepositoryBatch): void {
    const disk = this.#disks.get(keeper) ?? { bodies: new Set(), votes: new Map() };
    this.#disks.set(keeper, disk);
    for (const block of batch.blocks ?? []) if (isSigned(block)) disk.bodies.add(block.id);
    for (const { threadId, state } of batch.voteStates ?? []) disk.votes.set(threadId, state);
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
    hold(
      disk?.bodies.has(blockId) === true,
      "durable",
      () => `${keeper} sent a vote for ${blockId} without its body on disk`,
    );
  }

  /** I13: a certificate exists; the honest ones of its signers keep the block and what it stands on. */
  noteCertified(blockId: BlockId, honestSigners: readonly KeeperId[], atLeast: number): void {
    const holders = honestSigners.filter((keeper) => this.#disks.get(keeper)?.bodies.has(blockId) === true);
    hold(
      holders.length >= Math.min(atLeast, honestSigners.length),
      "I13",
      () => `${blockId} is certified, but only ${holders.length} honest disks hold it`,
    );
    const parentId = this.#ancestry.get(blockId)?.header.parentId;
    const parent = parentId === undefined ? undefined : this.#ancestry.get(parentId);
    if (parent === undefined || parent.header.height === 0n) return;
    const holdParent = honestSigners.filter((keeper) => this.#disks.get(keeper)?.bodies.has(parent.id) === true);
    hold(
      holdParent.length >= Math.min(atLeast, honestSigners.length),
      "I13",
      () => `${blockId} is certified, but only ${holdParent.length} honest disks hold its parent`,
    );
  }
}

/** A block that was recorded before it was signed has zeros in place of its signature. */
export function isSigned(block: SealedBlock): boolean {
  return block.signature.some((byte) => byte !== 0);
}
