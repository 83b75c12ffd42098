import { ApiClientError } from "@sealwright/api/client";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { findMessage } from "../network/findMessage.js";
import { clientOf, findTarget, type TargetOptions } from "../network/target.js";
import { Output } from "../output/output.js";
import { tableLines } from "../output/table.js";

export interface StatusOptions extends TargetOptions {
  readonly message?: string;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 5_000;

type NodeStatus =
  | { readonly url: string; readonly reachable: false; readonly why: string }
  | {
      readonly url: string;
      readonly reachable: true;
      readonly keeperId: string;
      readonly ready: boolean;
      readonly notReady: readonly string[];
      readonly connected: number;
      readonly threads: readonly ThreadStatus[];
    };

interface ThreadStatus {
  readonly index: number;
  readonly term: string;
  readonly head: string;
  readonly final: string;
  readonly finalId: string;
  readonly producer: string;
  readonly queue: number;
}

/** Where each thread stands on each node, or where one message stands. Exits with 1 unless every node is ready. */
export async function runStatus(options: StatusOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const target = await findTarget(options);
  if (options.message !== undefined) return messageStatus(target.urls, options.message, out);
  const nodes = await Promise.all(target.urls.map(statusOf));
  out.json({ nodes });
  for (const line of linesOf(nodes, out)) out.text(line);
  return nodes.every((node) => node.reachable && node.ready) ? EXIT.ok : EXIT.failed;
}

async function statusOf(url: string): Promise<NodeStatus> {
  const client = clientOf(url);
  const options = { signal: AbortSignal.timeout(ANSWER_MS_MAX) };
  try {
    const [network, readiness, keepers, threads] = await Promise.all([
      client.network(options),
      client.readiness(options),
      client.keepers(options),
      client.threads(options),
    ]);
    return {
      url,
      reachable: true,
      keeperId: network.keeperId,
      ready: readiness.ready,
      notReady: readiness.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
      connected: keepers.filter(({ link }) => link === "connected").length,
      threads: threads.map(({ index, term, head, final, producer, queueLength }) => ({
        index,
        term,
        head: head?.height ?? "0",
        final: final?.height ?? "0",
        finalId: final?.blockId ?? "",
        producer: producer.keeperId,
        queue: queueLength,
      })),
    };
  } catch (error) {
    if (!(error instanceof ApiClientError)) throw error;
    return { url, reachable: false, why: error.message };
  } finally {
    client.close();
  }
}

function linesOf(nodes: readonly NodeStatus[], out: Output): string[] {
  const indexOf = new Map(nodes.flatMap((node, i) => (node.reachable ? [[node.keeperId, i] as const] : [])));
  const threads = nodes.find((node) => node.reachable)?.threads ?? [];
  const head = ["node", "API", "ready", "peers", ...threads.map(({ index }) => `thread ${index} final / head`)];
  const rows = nodes.map((node, i) => {
    if (!node.reachable) return [String(i), node.url, "no", "-", node.why];
    const heights = node.threads.map((thread) => `${thread.final} / ${thread.head}`);
    return [String(i), node.url, node.ready ? "yes" : "NO", String(node.connected), ...heights];
  });
  const producers = threads.map(({ index, producer, term, queue }) => {
    const node = indexOf.get(producer);
    return `  thread ${index}: produced by ${node === undefined ? `keeper ${producer.slice(0, 8)}` : `node ${node}`}, term ${term}, ${queue} waiting`;
  });
  const problems = nodes.flatMap((node, i) =>
    node.reachable ? node.notReady.map((why) => out.style("red", `  node ${i}: ${why}`)) : [],
  );
  return [...tableLines([head, ...rows]), "", ...producers, ...problems];
}

async function messageStatus(urls: readonly string[], hash: string, out: Output): Promise<ExitCode> {
  const message = await findMessage(urls, hash, ANSWER_MS_MAX);
  if (message === null) {
    out.answer({ hash, status: null }, ["no node has met that message"]);
    return EXIT.failed;
  }
  const where = message.block === undefined ? "" : ` in block ${message.block.height} (${message.block.blockId})`;
  const why = message.rejection === undefined ? "" : `, ${message.rejection.code}: ${message.rejection.reason}`;
  out.answer(message, [`${message.status}${where}${why}`]);
  return message.status === "rejected" || message.status === "expired" ? EXIT.failed : EXIT.ok;
}
