import { createInterface } from "node:readline";
import type { DrillTarget } from "@sealwright/node";
import { type KeeperId, parseKeeperId } from "@sealwright/types";

/**
 * Carries out the orders of a fault drill, one line of JSON each: `{"unreachable": [keeper ids]}`. They come from the
 * devnet that started this process; a line that is no order is passed over, since a drill must not end a keeper.
 * @returns takes the target; an order that came before is carried out then
 */
export function obeyOrders(input: NodeJS.ReadableStream): (target: DrillTarget) => void {
  let target: DrillTarget | null = null;
  let waiting: readonly KeeperId[] | null = null;
  createInterface({ input, crlfDelay: Infinity }).on("line", (line) => {
    const unreachable = unreachableIn(line);
    if (unreachable === null) return;
    if (target === null) waiting = unreachable;
    else target.setUnreachable(unreachable);
  });
  return (ready) => {
    target = ready;
    if (waiting !== null) target.setUnreachable(waiting);
  };
}

function unreachableIn(line: string): readonly KeeperId[] | null {
  const order = parseJson(line) as { readonly unreachable?: unknown } | null;
  if (!Array.isArray(order?.unreachable)) return null;
  const ids = order.unreachable.map((id: unknown) => parseKeeperId(String(id)));
  return ids.every(({ ok }) => ok) ? ids.flatMap((id) => (id.ok ? [id.value] : [])) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
