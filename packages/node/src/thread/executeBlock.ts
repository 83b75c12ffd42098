import { checkFinalityProof } from "@sealwright/consensus";
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
}

type Gathered =
  { readonly type: "ranges"; readonly ranges: readonly ImportRange[] } | Exclude<ExecutionOutcome, { type: "valid" }>;

/** Re-executes a block of another keeper: first what its refs prove and stand for, then everything that it claims. */
export async function executeBlock(
  options: ThreadOptions,
  deps: ExecuteBlockDependencies,
  block: SealedBlock,
): Promise<ExecutionOutcome> {
  const gathered = await gatherImports(options, deps, block.body.refs);
  return gathered.type === "ranges" ? verify(options, deps, block, gathered.ranges) : gathered;
}

async function gatherImports(
  options: ThreadOptions,
  deps: ExecuteBlockDependencies,
  refs: readonly Ref[],
): Promise<Gathered> {
  const ranges: ImportRange[] = [];
  for (const ref of refs) {
    const gathered = await gatherImport(options, deps, ref);
    if (gathered.type !== "ranges") return gathered;
    ranges.push(...gathered.ranges);
  }
  return { type: "ranges", ranges };
}

async function gatherImport(
  { rules }: ThreadOptions,
  { imports, signatures, certificateFound }: ExecuteBlockDependencies,
  ref: Ref,
): Promise<Gathered> {
  const proved = checkFinalityProof(rules.networkId, rules.keepers, ref.proof);
  if (!proved.ok) return { type: "refuted", reason: `ref: ${proved.error.code}` };
  if (proved.value.threadId !== ref.threadId)
    return { type: "refuted", reason: "ref: proves a block of another thread" };
  if (!(await signatures.checkProof(proved.value)))
    return { type: "refuted", reason: "ref: a signature of its proof is bad" };
  const answer = imports.rangeOf(ref, rules.threadId, proved.value.header.height);
  if (answer.type === "missing") {
    // The proof may be all that this node lacks to call the other thread's block final.
    certificateFound(ref.proof.certificate);
    return { type: "missingRef" };
  }
  if (answer.type === "bad") return { type: "refuted", reason: `ref: ${answer.reason}` };
  return { type: "ranges", ranges: [answer.range] };
}

async function verify(
  options: ThreadOptions,
  { execution, logger }: ExecuteBlockDependencies,
  block: SealedBlock,
  imports: readonly ImportRange[],
): Promise<ExecutionOutcome> {
  const { header, body, id } = block;
  const { outbound, receipts, stateUpdate } = header.roots;
  try {
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
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    logger.log("warn", "execution.failed", { thread: header.threadId, block: id, code: error.code });
    return { type: "failed" };
  }
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
