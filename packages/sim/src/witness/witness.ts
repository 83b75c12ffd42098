import type { NodeEvent } from "@sealwright/api";
import type { BlsScheme } from "@sealwright/crypto";
import type { ChainAudit } from "@sealwright/execution";
import type { ForgeRequest } from "@sealwright/forge";
import type { RepositoryBatch } from "@sealwright/store";
import {
  type BlockId,
  decodeSealedBlock,
  type KeeperId,
  type SealedBlock,
  type ThreadId,
  unwrap,
  type WireMessage,
} from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";
import { Ancestry } from "./ancestry.js";
import { ChildWitness } from "./childWitness.js";
import { DiskWitness, isSigned } from "./diskWitness.js";
import { FactsWitness } from "./factsWitness.js";
import { FinalityWitness } from "./finalityWitness.js";
import { MessageWitness } from "./messageWitness.js";
import { NackWitness } from "./nackWitness.js";
import { SigningWitness } from "./signingWitness.js";
import { hold } from "./violation.js";

/**
 * Sees all that honest keepers do, outlives their crashes, and throws a `Violation` as soon as an invariant of protocol
 * §13 breaks. Liars are not watched: they may do anything.
 */
export class Witness {
  readonly ancestry = new Ancestry();
  readonly signing: SigningWitness;
  readonly disks = new DiskWitness(this.ancestry);
  readonly facts = new FactsWitness();
  readonly messages: MessageWitness;
  readonly finality: FinalityWitness;
  readonly children: ChildWitness;
  readonly nacks: NackWitness;

  /** @param value keeps the books of a network of contracts */
  constructor(
    { blocks, keepers, table, networkId }: Pick<SimGenesis, "blocks" | "keepers" | "table" | "networkId">,
    scheme: BlsScheme,
    readonly value: ChainAudit | null = null,
  ) {
    this.messages = new MessageWitness(table);
    this.signing = new SigningWitness(this.ancestry, keepers);
    this.finality = new FinalityWitness(blocks, this.ancestry);
    this.children = new ChildWitness(blocks, keepers, table);
    this.nacks = new NackWitness({ networkId, keepers }, scheme);
  }

  noteSigned(keeper: KeeperId, request: ForgeRequest): void {
    this.signing.noteSigned(keeper, request);
  }

  /** §9: a message of an honest keeper leaves. */
  noteLeaves(keeper: KeeperId, message: WireMessage): void {
    if (message.type === "attestation") this.disks.noteVoteLeaves(keeper, message.vote);
    if (message.type === "lock") this.disks.noteLockLeaves(keeper, message.lock);
    if (message.type !== "candidate") return;
    const block = unwrap(decodeSealedBlock(message.block));
    if (block.header.producer !== keeper) return;
    this.disks.noteSealLeaves(keeper, block);
    this.nacks.noteCarried(keeper, block);
  }

  noteCommitAsked(batch: RepositoryBatch): void {
    for (const block of batch.blocks ?? []) this.ancestry.add(block);
  }

  noteCommitDone(keeper: KeeperId, batch: RepositoryBatch): void {
    this.disks.noteDurable(keeper, batch);
    for (const block of batch.blocks ?? []) if (isSigned(block)) this.children.noteStored(block);
    for (const entry of batch.final ?? []) this.facts.noteFinal(keeper, entry);
  }

  /** @returns a block that became final for the first time, if this event says so */
  noteEvent(keeper: KeeperId, event: NodeEvent): SealedBlock | null {
    if (event.type === "message.status") this.messages.noteStatus(keeper, event);
    if (event.type === "block.nacked") this.nacks.noteTaken(keeper, event.keeperId, event.blockId);
    if (event.type !== "block.final") return null;
    const block = this.finality.noteFinal(keeper, event.block.threadId, event.block.blockId);
    if (block !== null) this.#noteFirstFinal(block);
    return block;
  }

  noteRestart(keeper: KeeperId, threadId: ThreadId, height: bigint, blockId: BlockId): void {
    const before = this.finality.finals(threadId).length;
    this.finality.noteRestart(keeper, threadId, height, blockId);
    for (const block of this.finality.finals(threadId).slice(before)) this.#noteFirstFinal(block);
  }

  #noteFirstFinal(block: SealedBlock): void {
    this.messages.noteFinal(block);
    this.value?.noteFinal(block);
  }

  /** I10, by a thread's own sums. */
  noteTotals(threadId: ThreadId, sum: bigint, expected: bigint): void {
    hold(sum === expected, "I10", () => `thread ${threadId} holds ${sum} instead of ${expected}`);
  }
}
