import type { BlockFacts } from "@sealwright/consensus";
import type { ThreadExecution } from "@sealwright/execution";
import type { ChainBlock } from "@sealwright/keeper";
import type { Repository } from "@sealwright/store";
import { assert, equalBytes } from "@sealwright/types";
import { blockContextOf } from "./blockContext.js";
import type { ThreadOptions } from "./threadOptions.js";

export interface ReloadSources {
  readonly repository: Repository;
  /** Resolves when all finality that was decided is on disk. */
  readonly written: () => Promise<void>;
  readonly durableFinal: () => BlockFacts;
  readonly openBlocks: () => readonly ChainBlock[];
}

/** Finality may move while the state is read; it does not move so often. */
const ATTEMPTS_MAX = 10;

/**
 * Loads the last final state into a new execution and applies all open blocks that were executed before. They were
 * checked then, so their updates are enough.
 */
export async function reloadExecution(
  fresh: ThreadExecution,
  options: ThreadOptions,
  sources: ReloadSources,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    await sources.written();
    const final = sources.durableFinal();
    const open = sources.openBlocks().filter(({ facts }) => facts.height > final.height);
    if (!(await loadFinal(fresh, options, sources.repository, final))) continue;
    await applyOpen(fresh, options, final, open.filter(wasExecuted));
    const moved = sources.durableFinal();
    if (await fresh.holds({ block: moved.id })) return fresh.finalize(moved.id);
  }
  assert(false, "the last final state is read within few attempts");
}

/** @returns false when another block became final while the state was read */
async function loadFinal(
  fresh: ThreadExecution,
  { rules }: ThreadOptions,
  repository: Repository,
  final: BlockFacts,
): Promise<boolean> {
  const header = await repository.header(final.id);
  const { stateRoot } = await fresh.load(repository.state(rules.threadId), final.id);
  return header !== null && equalBytes(header.stateRoot, stateRoot);
}

async function applyOpen(
  fresh: ThreadExecution,
  { threadsTable }: ThreadOptions,
  final: BlockFacts,
  blocks: readonly ChainBlock[],
): Promise<void> {
  const held = new Set([final.id]);
  for (const { block } of [...blocks].sort((a, b) => Number(a.facts.height - b.facts.height))) {
    const { header, body, id } = block;
    if (!held.has(header.parentId)) continue;
    const applied = await fresh.applyUpdate({
      blockId: id,
      parentId: header.parentId,
      context: blockContextOf(header, threadsTable),
      stateUpdate: body.stateUpdate,
      stateRoot: header.stateRoot,
    });
    assert(applied.ok, `block ${id} was executed before and its update no longer applies`);
    held.add(id);
  }
}

function wasExecuted({ stage }: ChainBlock): boolean {
  return stage.phase === "applied" || (stage.phase === "candidate" && stage.execution === "valid");
}
