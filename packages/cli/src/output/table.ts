/** Columns as wide as they need, two blanks between; the first row is the head. */
export function tableLines(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => (row[c] ?? "").length)));
  return rows.map((row) => (indent + row.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join("  ")).trimEnd());
}
