import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api/client";
import { assert, decodeSealedBlock, type SealedBlock } from "@sealwright/types";
import type { Checks } from "./checks.js";

/** @returns null when the node does not have the block, or not any more */
export async function readSealedBlock(client: SealwrightClient, blockId: string): Promise<SealedBlock | null> {
  const answer = await fetch(`${client.baseUrl}/v1/blocks/${blockId}`, {
    headers: { accept: "application/octet-stream" },
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status === 404 || answer.status === 410) return null;
  const block = decodeSealedBlock(bytes);
  assert(block.ok && block.value.id === blockId, `block ${blockId} can be read`);
  return block.value;
}

/** A block of `chain` that was listed is not there any more: right only where the first blocks are being pruned. */
export function checkGone(
  chain: readonly BlockHeadlineJson[],
  { threadId, height }: BlockHeadlineJson,
  checks: Checks,
): void {
  const isPruning = chain[0]?.height !== "1";
  checks.check("I9", isPruning, () => `thread ${threadId.slice(0, 4)}, height ${height} is listed and cannot be read`);
}
