import type { BlockJson } from "@sealwright/api";
import { type LaneBlock, NetworkView } from "../model/networkView.js";
import { blockDetails } from "./blockDetails.js";
import { element, elementById } from "./element.js";
import { keeperRows } from "./keeperRows.js";
import { LatestAnswer } from "../model/latestAnswer.js";
import { LaneList } from "./laneList.js";
import { node } from "./nodeFeed.js";

const KEEPERS_EVERY_MS = 2_000;
const FIGURES_EVERY_MS = 500;

const view = new NetworkView();
let picked: LaneBlock | null = null;
const answers = new LatestAnswer<BlockJson>();
/** What the node's clock shows when the browser's shows zero: the largest seen, so a late event moves nothing back. */
let clockOffsetMs = -Infinity;

const lanes = new LaneList(elementById("lanes"), (block) => {
  picked = block;
  showPicked();
});

async function readAll(): Promise<void> {
  const [network, threads] = await Promise.all([node.network(), node.threads()]);
  elementById("network").textContent = network.name;
  elementById("quorum").textContent = `${network.keepers}, ${network.quorum}`;
  clockOffsetMs = Math.max(clockOffsetMs, network.timeMs - Date.now());
  for (const { threadId, index, term, producer, final } of threads) {
    view.setThread({ threadId, index, term, producer: producer.keeperId, finalHeight: Number(final?.height ?? 0) });
  }
}

async function readKeepers(): Promise<void> {
  const rows = keeperRows(await node.keepers(), (threadId) => view.lanes.get(threadId)?.index);
  elementById("keepers").replaceChildren(...rows);
}

function showFigures(): void {
  const { messagesPerS, blocksPerS, finalityMs } = view.figures(nodeNowMs());
  elementById("messages").textContent = messagesPerS.toFixed(messagesPerS < 10 ? 1 : 0);
  elementById("blocks").textContent = blocksPerS.toFixed(1);
  elementById("finality").textContent = finalityMs === null ? "–" : `${finalityMs} ms`;
}

function showPicked(): void {
  if (picked === null) return;
  const shown = elementById("block");
  answers.ask(node.block(picked.id), {
    value: (block) => shown.replaceChildren(blockDetails(block)),
    error: (error) => shown.replaceChildren(element("p", [`The node no longer tells about it: ${String(error)}`])),
  });
}

function nodeNowMs(): number {
  return Date.now() + (Number.isFinite(clockOffsetMs) ? clockOffsetMs : 0);
}

function drawForever(): void {
  lanes.draw(view, nodeNowMs(), picked?.id ?? null);
  requestAnimationFrame(drawForever);
}

/** A node that is away is asked again: the page is often open before the network runs. */
function again(read: () => Promise<void>, everyMs: number): void {
  read()
    .catch(() => undefined)
    .finally(() => setTimeout(() => again(read, everyMs), everyMs));
}

again(async () => {
  if (view.lanes.size === 0) await readAll();
}, FIGURES_EVERY_MS);
again(readKeepers, KEEPERS_EVERY_MS);
setInterval(showFigures, FIGURES_EVERY_MS);
node.follow({
  event: (event) => {
    clockOffsetMs = Math.max(clockOffsetMs, event.atMs - Date.now());
    view.take(event);
    if (picked !== null && event.type.startsWith("block.") && "block" in event && event.block?.blockId === picked.id)
      showPicked();
  },
  gap: () => void readAll().catch(() => undefined),
  link: (state) => {
    const link = elementById("link");
    link.className = state;
    link.textContent = state === "live" ? "live" : "the node is away, trying again…";
  },
});
requestAnimationFrame(drawForever);
