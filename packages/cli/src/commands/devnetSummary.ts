import type { Devnet, LoadProgress } from "@sealwright/devnet";
import type { Output } from "../output/output.js";

const EVERY_MS = 5_000;

/** One line every few seconds: where each thread stands, and how the load does. @returns ends it */
export function summarize(devnet: Devnet, out: Output, progress: () => LoadProgress | null): () => void {
  let before = 0;
  const tell = async (): Promise<void> => {
    const client = devnet.answering()[0]?.client;
    const threads = (await client?.threads().catch(() => null)) ?? null;
    if (threads === null) return;
    const load = progress();
    out.json({
      event: "summary",
      threads: threads.map(({ index, term, final }) => ({ index, term, finalHeight: final?.height ?? "0" })),
      load,
    });
    const heights = threads.map(({ index, final }) => `thread ${index} final ${final?.height ?? 0}`);
    const parts = [new Date().toTimeString().slice(0, 8), ...heights];
    if (load !== null) {
      const perS = Math.round((load.final - before) / (EVERY_MS / 1_000));
      before = load.final;
      parts.push(
        `${load.final} of ${load.sent} transfers final`,
        `${perS}/s`,
        `p50 ${load.recentMs.p50} ms`,
        `p99 ${load.recentMs.p99} ms`,
      );
    }
    out.text(out.style("dim", `  ${parts.join(" · ")}`));
  };
  const timer = setInterval(() => void tell(), EVERY_MS);
  return () => clearInterval(timer);
}
