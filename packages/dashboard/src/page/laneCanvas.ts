import type { Lane, LaneBlock, Stage } from "../model/networkView.js";

/** How much time the width of a lane shows. */
const SPAN_MS = 8_000;
/** A block is as wide as there is room before the next one, within these. */
const WIDTH_MAX = 11;
const WIDTH_MIN = 3;
const GAP = 2;
const HEIGHT_MIN = 16;
const HEIGHT_MAX = 58;
/** Messages of the tallest block; more look the same. */
const MESSAGES_TALLEST = 500;

const COLORS: Record<Stage, string> = {
  sealed: "#f5b74e",
  certified: "#f5b74e",
  prefinal: "#5aa9ff",
  final: "#3ddc97",
  abandoned: "#ff6b6b",
};

/** One thread as a strip of time that moves to the left, a block at each moment one was sealed. */
export class LaneCanvas {
  readonly #context: CanvasRenderingContext2D;
  #shown: { readonly block: LaneBlock; readonly x: number }[] = [];

  constructor(
    readonly canvas: HTMLCanvasElement,
    onPick: (block: LaneBlock) => void,
  ) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser draws no canvas");
    this.#context = context;
    canvas.addEventListener("click", (event) => {
      const picked = this.#nearest(event.offsetX);
      if (picked !== undefined) onPick(picked);
    });
  }

  /** @param nowMs by the node's clock */
  draw(lane: Lane, nowMs: number, pickedId: string | null): void {
    const { width, height } = this.#fit();
    const context = this.#context;
    context.clearRect(0, 0, width, height);
    context.strokeStyle = "#232b3a";
    context.lineWidth = 2;
    line(context, 0, width, height / 2);
    this.#shown = [];
    const placeOf = (block: LaneBlock): number => width - WIDTH_MAX - ((nowMs - block.seenAtMs) / SPAN_MS) * width;
    for (const [i, block] of lane.blocks.entries()) {
      const x = placeOf(block);
      if (x < -WIDTH_MAX || x > width) continue;
      const next = lane.blocks[i + 1];
      const room = next === undefined ? WIDTH_MAX : placeOf(next) - x - GAP;
      this.#shown.push({ block, x });
      const box = { x, wide: Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, room)), laneHeight: height };
      drawBlock(context, block, box, block.id === pickedId);
    }
  }

  #nearest(x: number): LaneBlock | undefined {
    const byDistance = [...this.#shown].sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
    return byDistance[0]?.block;
  }

  /** Sharp on every screen: as many pixels as the strip really has. */
  #fit(): { readonly width: number; readonly height: number } {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = window.devicePixelRatio;
    const wanted = [Math.round(width * ratio), Math.round(height * ratio)] as const;
    if (this.canvas.width !== wanted[0] || this.canvas.height !== wanted[1]) {
      [this.canvas.width, this.canvas.height] = wanted;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { width, height };
  }
}

function drawBlock(
  context: CanvasRenderingContext2D,
  block: LaneBlock,
  { x, wide, laneHeight }: { readonly x: number; readonly wide: number; readonly laneHeight: number },
  isPicked: boolean,
): void {
  const share = Math.log1p(Math.min(block.messages, MESSAGES_TALLEST)) / Math.log1p(MESSAGES_TALLEST);
  const tall = HEIGHT_MIN + share * (HEIGHT_MAX - HEIGHT_MIN);
  const y = (laneHeight - tall) / 2;
  context.beginPath();
  context.roundRect(x, y, wide, tall, Math.min(3, wide / 2));
  context.fillStyle = block.stage === "sealed" || block.stage === "abandoned" ? "#131824" : COLORS[block.stage];
  context.fill();
  context.strokeStyle = COLORS[block.stage];
  context.lineWidth = 1;
  context.stroke();
  if (!isPicked) return;
  context.beginPath();
  context.roundRect(x - 4, y - 4, wide + 8, tall + 8, 5);
  context.strokeStyle = "#e6e9ef";
  context.lineWidth = 1.5;
  context.stroke();
}

function line(context: CanvasRenderingContext2D, fromX: number, toX: number, y: number): void {
  context.beginPath();
  context.moveTo(fromX, y);
  context.lineTo(toX, y);
  context.stroke();
}
