import { ExecutionError, type ImportRange, type ThreadExecution } from "@sealwright/execution";
import type { ExecutionOutcome } from "@sealwright/keeper";
import type { AggregatedAttestation, Logger, Ref, SealedBlock } from "@sealwright/types";
import { blockContextOf, blockLimitsOf } from "./blockContext.js";
import type { ImportDesk } from "./importDesk.js";
import type { SignatureDesk } from "./signatureDesk.js";
import type { ThreadOptions } from "./threadOptions.js";

export interface ExecuteBlockDependencies {
  readonly execution: ThreadExecution;
  readonly imports: ImportDesk;
  readonly signatures: SignatureDesk;
  readonly logger: Logger;
  /** A certificate of another thread whose signatures were found good. */
  readonly certificateFound: (certificate: AggregatedAttestation) => void;
  /** The block imports what is not kept here any more: waiting for it is in vain. */
  readonly importsGone: () => void;
}

type Gathered =
  { readonly type: "ranges"; readonly ranges: readonly ImportRange[] } | Exclude<ExecutionOutcome, { type: "valid" }>;

/** Re-executes a block of another keeper: first what its refs prove and stand for, then everything that it claims. */
export async function executeBlock(
  options: ThreadOptions,
  deps: ExecuteBlockDependencies,
  block: SealedBlock,
): Promise<ExecutionOutcome> {
  try {
    const gathered = await gatherImports(options, deps, block);
    return gathered.type === "ranges" ? await verify(options, deps, block, gathered.ranges) : gathered;
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    const { threadId: thread } = block.header;
    deps.logger.log("warn", "execution.failed", { thread, block: block.id, reason: error.code });
    return { type: "failed" };
  }
}

/** What costs little is looked at first: refs are long, and their sender need not be honest. */
async function gatherImports(
  options: ThreadOptions,
  deps: ExecuteBlockDependencies,
  { header, body: { refs } }: SealedBlock,
): Promise<Gathered> {
  if (refs.length === 0) return { type: "ranges", ranges: [] };
  const sources = refs.map(({ threadId }) => threadId);
  if (new Set(sources).size < sources.length) return refuted("a thread is named twice");
  const cursors = await deps.execution.cursors({ block: header.parentId }, sources);
  if (!refs.every(({ from }, i) => from.height === cursors[i]!.height && from.position === cursors[i]!.position))
    return refuted("it does not begin where the last one ended");
  const ranges: ImportRange[] = [];
  for (const ref of refs) {
    const gathered = await gatherImport(options, deps, ref);
    if (gathered.type !== "ranges") return gathered;
    ranges.push(...gathered.ranges);
  }
  return { type: "ranges", ranges };
}

function refuted(what: string): Gathered {
  return { type: "refuted", reason: `ref: ${what}` };
}

async function gatherImport(
  { rules, settings }: ThreadOptions,
  { imports, signatures, certificateFound, importsGone }: ExecuteBlockDependencies,
  ref: Ref,
): Promise<Gathered> {
  const proved = await signatures.provedBy(rules, ref.proof);
  if (!proved.ok) return refuted(proved.error);
  if (proved.value.threadId !== ref.threadId) return refuted("proves a block of another thread");
  const { importsMax } = blockLimitsOf(settings);
  const answer = await imports.rangeOf(ref, rules.threadId, proved.value.header.height, importsMax);
  if (answer.type === "missing") {
    // The proof may be all that this node lacks to call the other thread's block final.
    certificateFound(ref.proof.certificate);
    return { type: "missingRef" };
  }
  if (answer.type === "gone") {
    importsGone();
    return { type: "missingRef" };
  }
  if (answer.type === "bad") return refuted(answer.reason);
  return { type: "ranges", ranges: [answer.range] };
}

async function verify(
  options: ThreadOptions,
  { execution }: ExecuteBlockDependencies,
  block: SealedBlock,
  imports: readonly ImportRange[],
): Promise<ExecutionOutcome> {
  const { header, body, id } = block;
  const { outbound, receipts, stateUpdate } = header.roots;
  const result = await execution.verify({
    blockId: id,
    parentId: header.parentId,
    context: blockContextOf(header, options.threadsTable),
    limits: blockLimitsOf(options.settings),
    imports,
    externals: body.externals,
    claim: { gasUsed: header.gasUsed, stateRoot: header.stateRoot, roots: { outbound, receipts, stateUpdate } },
  });
  return result.ok ? { type: "valid" } : { type: "refuted", reason: JSON.stringify(result.error, bigintText) };
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
