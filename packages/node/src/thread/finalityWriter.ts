import { type BlockFacts, buildFinalityProof, encodeBlockFacts } from "@sealwright/consensus";
import type { ThreadExecution } from "@sealwright/execution";
import type { FinalizedRun } from "@sealwright/keeper";
import type { FinalEntry, Repository } from "@sealwright/store";
import { assert, type BlockId, decodeStateUpdate, type FinalityProof, type SealedBlock } from "@sealwright/types";
import type { MessageDesk } from "../messages/messageDesk.js";
import type { SharedBlock } from "../sync/snapshotKeeper.js";

/** A block that is final and durable, with what proves it. */
export interface DurableFinal {
  readonly block: SealedBlock;
  readonly facts: BlockFacts;
  readonly proof: FinalityProof;
}

export interface FinalityWriterDependencies {
  readonly repository: Repository;
  readonly execution: ThreadExecution;
  readonly desk: () => MessageDesk;
  readonly quorum: number;
  /** The thread's stored state is that after this block, which asks to keep it; resolves when it may move on. */
  readonly share: (shared: SharedBlock) => Promise<void>;
  /** Called in the order of the chain, only after everything is on disk. */
  readonly durable: (finals: readonly DurableFinal[]) => Promise<void>;
  readonly fail: (error: unknown) => void;
}

/**
 * Makes finality durable before anybody is told: block, proof, state changes and the last words of messages go to disk
 * in one commit, one run after the other.
 */
export class FinalityWriter {
  readonly #deps: FinalityWriterDependencies;
  #writing: Promise<void> = Promise.resolve();
  /** Bodies of final blocks that no commit has taken yet. */
  readonly #unstored = new Map<BlockId, SealedBlock>();

  constructor(dependencies: FinalityWriterDependencies) {
    this.#deps = dependencies;
  }

  write(run: FinalizedRun): void {
    for (const { block, stored } of run.chain.slice(0, run.finalCount))
      if (!stored) this.#unstored.set(block.id, block);
    this.#writing = this.#writing.then(() => this.#persist(run)).catch((error: unknown) => this.#deps.fail(error));
  }

  /**
   * Bodies that wait for their turn here: the caller's next commit stores them. A vote vouches for all that stands below
   * its block down to what is final on disk, and may not wait until the runs before it are written and told.
   */
  takeUnstored(): readonly SealedBlock[] {
    const bodies = [...this.#unstored.values()];
    this.#unstored.clear();
    return bodies;
  }

  /** Resolves when all that was handed over is durable and told. */
  idle(): Promise<void> {
    return this.#writing;
  }

  async #persist(run: FinalizedRun): Promise<void> {
    const proofs = this.#proofsOf(run);
    let begin = 0;
    for (let end = 1; end <= run.finalCount; end++) {
      const isShared = run.chain[end - 1]!.block.body.directives.shareState;
      if (!isShared && end < run.finalCount) continue;
      await this.#persistPart(run.chain.slice(begin, end), proofs.slice(begin, end));
      begin = end;
    }
  }

  /** A part ends with the run, or with a block whose state is to be kept. */
  async #persistPart(finals: FinalizedRun["chain"], proofs: readonly FinalityProof[]): Promise<void> {
    const { repository, execution, desk, durable, share } = this.#deps;
    await repository.commit({
      blocks: finals.map(({ block }) => block).filter(({ id }) => this.#unstored.delete(id)),
      final: finals.map(({ block, facts }, i) => ({
        ...finalEntryOf(block, facts, proofs[i]!),
        traces: execution.takeTraces(block.id),
      })),
      messages: finals.flatMap(({ block }) => desk().finalRecords(block)),
      custody: { release: finals.flatMap(({ block }) => desk().releasedBy(block)) },
    });
    const last = finals[finals.length - 1]!;
    if (last.block.body.directives.shareState)
      await share({ block: last.block, proof: proofs[proofs.length - 1]!, facts: encodeBlockFacts(last.facts) });
    await durable(finals.map(({ block, facts }, i) => ({ block, facts, proof: proofs[i]! })));
  }

  #proofsOf({ chain, finalCount, carrierId, certifiedId, certificate }: FinalizedRun): FinalityProof[] {
    const blocks = chain.map(({ block }) => block);
    return Array.from({ length: finalCount }, (_, i) =>
      buildFinalityProof(blocks.slice(i), carrierId, certifiedId, certificate, this.#deps.quorum),
    );
  }
}

function finalEntryOf(block: SealedBlock, facts: BlockFacts, proof: FinalityProof): FinalEntry {
  const changes = decodeStateUpdate(block.body.stateUpdate);
  assert(changes.ok, "an applied block's state update decodes");
  const { threadId, height } = block.header;
  return { threadId, height, blockId: block.id, proof, facts: encodeBlockFacts(facts), state: changes.value };
}
