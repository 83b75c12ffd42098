import type { EvidenceJson } from "@sealwright/api/client";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { connect, findTarget, type TargetOptions } from "../network/target.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface EvidenceOptions extends TargetOptions {
  readonly json?: boolean;
}

const FAULTS = {
  doubleBlock: "sealed two blocks at one height",
  doubleFirstBlock: "sealed two first blocks of one term",
  doubleAttestation: "voted for two blocks of one height",
  splitAttestation: "voted on two chains in one term",
  wrongNack: "called a good block bad",
} as const satisfies Record<EvidenceJson["kind"], string>;

/** What keepers were caught at, newest first. Exits with 1 when there is something. */
export async function runEvidence(options: EvidenceOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const target = await findTarget(options);
  const client = await connect(target);
  try {
    const evidence = await client.evidence();
    const nodeOf = new Map(target.devnet?.nodes.map(({ keeperId, index }) => [keeperId, `node ${index}`]) ?? []);
    out.answer({ evidence }, linesOf(evidence, nodeOf));
    return evidence.length === 0 ? EXIT.ok : EXIT.failed;
  } finally {
    client.close();
  }
}

function linesOf(evidence: readonly EvidenceJson[], nodeOf: ReadonlyMap<string, string>): string[] {
  if (evidence.length === 0) return ["no keeper was caught at anything"];
  const head = ["seen", "keeper", "fault", "thread", "term", "height", "id"];
  const rows = evidence.map(({ id, kind, accused, threadId, term, height, seenAtMs }) => [
    new Date(seenAtMs).toISOString(),
    nodeOf.get(accused) ?? accused.slice(0, 12),
    FAULTS[kind],
    String(Number.parseInt(threadId.slice(0, 4), 16)),
    term,
    height,
    id.slice(0, 12),
  ]);
  return tableLines([head, ...rows]);
}
