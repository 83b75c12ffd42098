import { describe, expect, it } from "vitest";
import type { EventJson } from "@sealwright/api";
import { LANE_BLOCKS_MAX, NetworkView, type Stage } from "./networkView.js";

const THREAD = "00".repeat(34);

function viewWithThread(): NetworkView {
  const view = new NetworkView();
  view.setThread({ threadId: THREAD, index: 0, term: "0", producer: "aa", finalHeight: 0 });
  return view;
}

function blockEvent(stage: Stage, height: number, atMs: number, messages = 0): EventJson {
  return {
    type: `block.${stage}`,
    atMs,
    block: { threadId: THREAD, height: String(height), term: "0", blockId: String(height).padStart(64, "0") },
    producer: "aa",
    messages: Array.from({ length: messages }, (_, i) => String(i).padStart(64, "0")),
  };
}

describe("what the page knows of a network", () => {
  it("a block moves forward through its stages, and never back", () => {
    const view = viewWithThread();
    view.take(blockEvent("sealed", 1, 1_000));
    view.take(blockEvent("prefinal", 1, 1_030));
    view.take(blockEvent("certified", 1, 1_031));
    expect(view.lanes.get(THREAD)!.blocks.map(({ stage }) => stage)).toEqual(["prefinal"]);
    view.take(blockEvent("final", 1, 1_060));
    view.take(blockEvent("abandoned", 1, 1_061));
    expect(view.lanes.get(THREAD)!.blocks.map(({ stage, finalAfterMs }) => [stage, finalAfterMs])).toEqual([
      ["final", 60],
    ]);
    expect(view.lanes.get(THREAD)!.finalHeight).toBe(1);
  });

  it("an abandoned block that a later certificate revives becomes final", () => {
    const view = viewWithThread();
    view.take(blockEvent("abandoned", 1, 1_000));
    view.take(blockEvent("final", 1, 1_100));
    expect(view.lanes.get(THREAD)!.blocks[0]!.stage).toBe("final");
  });

  it("figures count only what became final within the window", () => {
    const view = viewWithThread();
    for (let height = 1; height <= 40; height++) {
      view.take(blockEvent("sealed", height, height * 500, 10));
      view.take(blockEvent("final", height, height * 500 + 80, 10));
    }
    expect(view.figures(20_080)).toEqual({ messagesPerS: 20, blocksPerS: 2, finalityMs: 80 });
  });

  it("figures fall to nothing when the network stands still", () => {
    const view = viewWithThread();
    view.take(blockEvent("sealed", 1, 1_000, 10));
    view.take(blockEvent("final", 1, 1_080, 10));
    expect(view.figures(6_000)).toEqual({ messagesPerS: 1, blocksPerS: 0.1, finalityMs: 80 });
    expect(view.figures(11_080)).toEqual({ messagesPerS: 0, blocksPerS: 0, finalityMs: null });
  });

  it("a block first heard of when it is final gives no sample of time", () => {
    const view = viewWithThread();
    view.take(blockEvent("final", 1, 1_000, 3));
    expect(view.figures(1_000)).toEqual({ messagesPerS: 0.3, blocksPerS: 0.1, finalityMs: null });
  });

  it("what scrolled out of sight is forgotten", () => {
    const view = viewWithThread();
    for (let height = 1; height <= LANE_BLOCKS_MAX + 5; height++) view.take(blockEvent("sealed", height, height));
    expect(view.lanes.get(THREAD)!.blocks).toHaveLength(LANE_BLOCKS_MAX);
    expect(view.lanes.get(THREAD)!.blocks[0]!.height).toBe(6);
  });

  it("events of threads and kinds that it does not show change nothing", () => {
    const view = new NetworkView();
    view.take(blockEvent("sealed", 1, 1));
    expect(view.lanes.size).toBe(0);
  });

  it("a new term changes who produces, and a lost link shows", () => {
    const view = viewWithThread();
    view.take({ type: "thread.term", atMs: 1, threadId: THREAD, term: "1", producer: "bb" });
    view.take({ type: "keeper.disconnected", atMs: 2, keeperId: "aa" });
    expect(view.lanes.get(THREAD)).toMatchObject({ term: "1", producer: "bb" });
    expect([...view.disconnected]).toEqual(["aa"]);
    view.take({ type: "keeper.connected", atMs: 3, keeperId: "aa" });
    expect([...view.disconnected]).toEqual([]);
  });
});
