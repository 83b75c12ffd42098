import type { KeeperJson } from "@sealwright/api";
import { element } from "./element.js";
import { shortId } from "./shortId.js";

/** One row per keeper: is it there, and what does it produce. */
export function keeperRows(
  keepers: readonly KeeperJson[],
  threadIndexOf: (threadId: string) => number | undefined,
): HTMLElement[] {
  return keepers.map((keeper) => {
    const produces = keeper.producing.map((threadId) => `thread ${threadIndexOf(threadId) ?? shortId(threadId)}`);
    const link = keeper.link === "self" ? "this node" : keeper.link;
    return element("tr", [
      element("td", [String(keeper.index)]),
      element("td", [element("code", [shortId(keeper.keeperId)])]),
      element("td", [link], keeper.link === "disconnected" ? "down" : ""),
      element("td", [produces.join(", ") || "–"]),
    ]);
  });
}
