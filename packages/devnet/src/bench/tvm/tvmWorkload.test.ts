import { describe, expect, it } from "vitest";
import { runBareLoop } from "./bareLoop.js";
import { runEngineLoops } from "./engineLoop.js";
import { createTvmWorkload, TVM_WORK } from "./tvmWorkload.js";

describe("work for contracts", () => {
  it.each(TVM_WORK)("is accepted by all %s, by the machine alone and in blocks", async (name) => {
    const work = createTvmWorkload(name, { messages: 300, threads: 2, thread: 1 });
    expect(await runBareLoop(work, 100)).toBeGreaterThan(0);
    let transactions = 0;
    await runEngineLoops([work], 100, (now) => (transactions = now));
    expect(transactions).toBeGreaterThan(0);
  });
});
