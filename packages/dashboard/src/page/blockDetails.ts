import type { BlockJson } from "@sealwright/api";
import { element } from "./element.js";
import { shortId } from "./shortId.js";

/** The life of one block, as the node tells it. */
export function blockDetails(block: BlockJson): HTMLElement {
  const { header, counts, timeline } = block;
  const startMs = timeline[0]?.atMs ?? 0;
  const rows: [string, string][] = [
    ["height", `${header.height}, term ${header.term}`],
    ["status", block.status],
    ["id", block.blockId],
    ["producer", shortId(header.producer)],
    [
      "holds",
      `${counts.messages} messages, ${counts.receipts} receipts, ${counts.refs} refs, ${block.sizeBytes} bytes`,
    ],
    ["attested by", attesters(block)],
    ...timeline.map(({ stage, atMs }): [string, string] => [stage, `+${atMs - startMs} ms`]),
  ];
  return element(
    "dl",
    rows.flatMap(([name, value]) => [element("dt", [name]), element("dd", [value])]),
  );
}

function attesters({ certificate, status }: BlockJson): string {
  if (certificate !== null) return `keepers ${certificate.signers.join(", ")}`;
  return status === "final" || status === "prefinal" ? "a quorum, through a later block" : "no quorum yet";
}
