import { assertNever } from "@sealwright/types";
import type { ChainBlock } from "../chainBlock.js";

/** Whether own execution, or building, found the block good. */
export function isExecutedHere({ duty, stage }: ChainBlock): boolean {
  switch (duty.type) {
    case "drawing":
      return false;
    case "verifier":
      return stage.phase === "applied" || (stage.phase === "candidate" && stage.execution === "valid");
    case "bystander":
      return duty.recheck === "valid";
    default:
      return assertNever(duty);
  }
}
