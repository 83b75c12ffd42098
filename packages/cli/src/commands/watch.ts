import type { BlockEventJson, GapEventJson, SealwrightClient } from "@sealwright/api/client";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { connect, findTarget, type TargetOptions } from "../network/target.js";
import { Output } from "../output/output.js";
import { LiveRows } from "../output/liveRows.js";
import { onStopSignal } from "../signals.js";

export interface WatchOptions extends TargetOptions {
  readonly thread?: string;
  /** End after this many blocks. */
  readonly blocks?: number;
  readonly json?: boolean;
}

/** Shows blocks as they become final. */
export async function runWatch(options: WatchOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const target = await findTarget(options);
  const client = await connect(target);
  const over = new AbortController();
  const release = onStopSignal(() => over.abort());
  try {
    const producers = await nodeNumbers(client, target.devnet?.nodes ?? []);
    const rows = new LiveRows(out);
    await follow(client, options, over.signal, (event) => {
      out.json(event);
      if (event.type === "gap") return rows.note(out.style("yellow", gapLine(event)));
      const thread = Number.parseInt(event.block.threadId.slice(0, 4), 16);
      rows.show(thread, lineOf(event, thread, producers, out), event);
    });
    return EXIT.ok;
  } finally {
    release();
    client.close();
  }
}

async function follow(
  client: SealwrightClient,
  options: WatchOptions,
  signal: AbortSignal,
  show: (event: BlockEventJson | GapEventJson) => void,
): Promise<void> {
  // A node that is not there is an error now, not a reason to wait for ever.
  await client.network({ signal });
  let shown = 0;
  const filter = {
    types: ["block.final"] as const,
    signal,
    ...(options.thread === undefined ? {} : { thread: options.thread }),
  };
  for await (const item of client.events(filter)) {
    show(item.type === "gap" ? item.gap : (item.event as BlockEventJson));
    if (item.type === "event" && ++shown === options.blocks) return;
  }
}

function gapLine({ reason, missed }: GapEventJson): string {
  const why = reason === "tooOld" ? "this terminal was too slow, or away" : "the node has started anew";
  const count = missed === null ? "events" : missed === 1 ? "1 event" : `${missed} events`;
  return `              ${count} not shown: ${why}; \`sealwright status\` tells where each thread stands`;
}

async function nodeNumbers(
  client: SealwrightClient,
  nodes: readonly { readonly index: number; readonly keeperId: string }[],
): Promise<ReadonlyMap<string, string>> {
  if (nodes.length > 0) return new Map(nodes.map(({ index, keeperId }) => [keeperId, `node ${index}`]));
  return new Map((await client.keepers()).map(({ index, keeperId }) => [keeperId, `keeper ${index}`]));
}

function lineOf(event: BlockEventJson, thread: number, producers: ReadonlyMap<string, string>, out: Output): string {
  const { block, messages, atMs } = event;
  const time = new Date(atMs).toISOString().slice(11, 23);
  const count = messages.length === 1 ? "1 message" : `${messages.length} messages`;
  const producer = producers.get(event.producer) ?? event.producer.slice(0, 8);
  const text = `${time}  thread ${thread}  height ${block.height.padStart(6)}  ${block.blockId.slice(0, 12)}  ${producer}  ${count}`;
  return messages.length > 0 ? out.style("green", text) : out.style("dim", text);
}
