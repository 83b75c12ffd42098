import type { Lane, LaneBlock, NetworkView } from "../model/networkView.js";
import { element } from "./element.js";
import { LaneCanvas } from "./laneCanvas.js";
import { shortId } from "./shortId.js";

interface LaneRow {
  readonly title: HTMLElement;
  readonly place: HTMLElement;
  readonly strip: LaneCanvas;
}

/** All threads, one strip below the other. */
export class LaneList {
  readonly #rows = new Map<string, LaneRow>();

  constructor(
    private readonly root: HTMLElement,
    private readonly onPick: (block: LaneBlock, lane: Lane) => void,
  ) {}

  draw(view: NetworkView, nowMs: number, pickedId: string | null): void {
    for (const lane of view.lanes.values()) {
      const row = this.#rows.get(lane.threadId) ?? this.#add(lane);
      const term = lane.term === "0" ? "" : `, term ${lane.term}`;
      setText(row.title, `produced by ${shortId(lane.producer)}${term}`);
      setText(row.place, `final up to ${lane.finalHeight}`);
      row.strip.draw(lane, nowMs, pickedId);
    }
  }

  #add(lane: Lane): LaneRow {
    const title = element("span");
    const place = element("span");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-label", `blocks of thread ${lane.index}`);
    const name = element("span", [element("b", [`Thread ${lane.index}`]), " ", title]);
    this.root.append(element("section", [element("p", [name, place]), canvas], "lane"));
    const row = { title, place, strip: new LaneCanvas(canvas, (block) => this.onPick(block, lane)) };
    this.#rows.set(lane.threadId, row);
    return row;
  }
}

function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
