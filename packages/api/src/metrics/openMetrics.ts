/**
 * Prometheus text format 0.0.4 as OpenMetrics 1.0: there a counter's family is named without `_total`, and the end is
 * marked, so that a scrape cut short is noticed.
 */
export function openMetricsOf(text: string): string {
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\S+)_total counter$/gm), (match) => match[1] ?? ""));
  const lines = text.split("\n").filter((line) => line !== "");
  return [...lines.map((line) => openMetricsLine(line, counters)), "# EOF", ""].join("\n");
}

function openMetricsLine(line: string, counters: ReadonlySet<string>): string {
  const match = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line);
  if (match === null || !counters.has(match[2] ?? "")) return line;
  return `# ${match[1]} ${match[2]} ${match[3]}`;
}
