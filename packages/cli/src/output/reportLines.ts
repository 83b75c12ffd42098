import { type DevnetReport, type FaultReport, isGood } from "@sealwright/devnet";
import type { Output } from "./output.js";

/** A report for people; the JSON has more. */
export function reportLines(report: DevnetReport, out: Output): string[] {
  const { messages: m, finalityMs: f, invariants, nodesAgree, perNode } = report;
  const blocks = report.threads.map(
    ({ blocks: count, comparedFrom, forks }, i) =>
      `thread ${i}: ${count}${comparedFrom > 1 ? ` from ${comparedFrom} on` : ""}${forks > 0 ? ` (${forks} given up)` : ""}`,
  );
  const lines = [
    "",
    isGood(report) ? out.style("green", "good: nothing violated, nothing lost") : out.style("red", "NOT good"),
    `  blocks    ${blocks.join(", ")}`,
  ];
  if (m.sent > 0) {
    lines.push(
      `  messages  ${m.sent} sent, ${m.included} included, ${m.final} final, ${m.rejected} rejected, ${m.lost + m.unsettled} lost`,
    );
    lines.push(
      `  finality  p50 ${f.p50} ms, p90 ${f.p90} ms, p99 ${f.p99} ms, max ${f.max} ms; ${report.throughputPerS}/s`,
    );
  }
  for (const fault of report.faults) lines.push(faultLine(fault));
  lines.push(`  checks    ${invariants.checked} of invariants; the nodes ${nodesAgree ? "agree" : "DO NOT agree"}`);
  if (!report.booksAreWhole) lines.push("  books     not added up: the first blocks are not there any more");
  lines.push(
    `  nodes     ${perNode.map(({ peakRssMb, cpuS }) => `${Math.round(peakRssMb)} MB, ${cpuS.toFixed(1)} s CPU`).join(" · ")}`,
  );
  for (const violation of invariants.violations.slice(0, 10)) lines.push(out.style("red", `  violated  ${violation}`));
  for (const [code, count] of Object.entries(report.rejections)) lines.push(`  rejected  ${count} as ${code}`);
  return lines;
}

/** What a fault that could not be done did, nobody knows: its reason is told with the violations. */
export function faultLine({ at, action, target, keeper, blipMs, hangoverMs, failure }: FaultReport): string {
  const isFound = target?.startsWith("producer") === true && keeper !== null;
  const who = target === null ? "" : ` ${target}${isFound ? ` (keeper ${keeper})` : ""}`;
  const hangover = hangoverMs === null ? "not told" : `${hangoverMs} ms`;
  const effect = `longest without a final block ${blipMs} ms, hangover ${hangover}`;
  return `  fault     ${at} ${action}${who}: ${failure === null ? effect : "could not be done"}`;
}
