import { describe, expect, it } from "vitest";
import { checkPurity, impuritiesIn } from "./checkPurity.js";
import { plantWorkspace } from "./plantedWorkspace.js";
import { readWorkspace } from "./workspace.js";

describe("floors 0 to 3", () => {
  it("read no clock, no randomness and nothing of the machine", () => {
    expect(checkPurity(readWorkspace())).toEqual([]);
  });
});

describe("the purity check catches", () => {
  it.each([
    ["the wall clock", "const t = Date.now();"],
    ["the wall clock by its member's name", `const t = Date["now"]();`],
    ["the wall clock through the global object", "const t = globalThis.Date.now();"],
    ["the wall clock taken apart", "const { now } = Date;"],
    ["the wall clock under another name", "const D = Date;"],
    ["a date of now", "const t = new Date();"],
    ["a date of now without brackets", "const t = new Date;"],
    ["a date of perhaps nothing", "const t = new Date(...parts);"],
    ["a date as text", "const t = Date();"],
    ["the monotonic clock", "const t = performance.now();"],
    ["the monotonic clock through its module", `import { performance } from "node:perf_hooks";`],
    ["the process clock", "const t = process.hrtime.bigint();"],
    ["a timer", "setTimeout(f, 1);"],
    ["a timer handed on", "const later = globalThis.setInterval;"],
    ["a timer of a socket", "socket.setTimeout(1_000);"],
    ["a timer that resolves", `import { setTimeout as wait } from "node:timers/promises";`],
    ["a timer imported on demand", `const timers = await import("node:timers");`],
    ["a timer in a signal", "const signal = AbortSignal.timeout(5);"],
    ["an immediate", "setImmediate(f);"],
    ["weak randomness", "const r = Math.random();"],
    ["weak randomness taken apart", "const { random } = Math;"],
    ["strong randomness", `import { randomBytes } from "node:crypto";`],
    ["strong randomness through a namespace", "const r = crypto.randomBytes(8);"],
    ["strong randomness of the web", "globalThis.crypto.getRandomValues(bytes);"],
    ["a random id", "const id = crypto.randomUUID();"],
    ["the environment", "const level = process.env.LOG_LEVEL;"],
    ["the environment by a computed name", "const level = process[name];"],
    ["the environment taken apart", "const { env } = process;"],
    ["the environment through its module", `import { env } from "node:process";`],
    ["the end of the process", "process.exit(1);"],
    ["a signal handler", `process.on("SIGTERM", stop);`],
    ["the machine", `import { cpus } from "node:os";`],
    ["the machine through require", `const os = require("os");`],
  ])("%s", (_name, text) => {
    const found = impuritiesIn("packages/forge/src/a.ts", text);
    expect(found).not.toEqual([]);
    expect(found[0]).toMatch(/^packages\/forge\/src\/a\.ts:1: uses .+\. Take /);
  });

  it("each offence at its own line", () => {
    expect(impuritiesIn("a.ts", "// first\nsetTimeout(f, 1);\n\nMath.random();")).toEqual([
      expect.stringMatching(/^a\.ts:2: uses setTimeout\./),
      expect.stringMatching(/^a\.ts:4: uses Math\.random\./),
    ]);
  });

  it("an offence on every floor from 0 to 3 and on none above, in code that runs and in no test", () => {
    const files = {
      "src/a.ts": "Date.now();",
      "src/a.test.ts": "Date.now();",
      "src/testing/a.ts": "Date.now();",
    };
    const found = checkPurity(
      plantWorkspace({
        types: { files },
        store: { files },
        forge: { files },
        producer: { files },
        node: { files },
        cli: { files },
      }),
    );
    expect(found.map((each) => each.split(":")[0])).toEqual([
      "packages/types/src/a.ts",
      "packages/store/src/a.ts",
      "packages/forge/src/a.ts",
      "packages/producer/src/a.ts",
    ]);
  });
});

describe("the purity check lets pass", () => {
  it.each([
    ["words in comments", "// Date.now() would be wrong here\n/* setTimeout */"],
    ["words in strings", `const text = "setTimeout and Math.random()"; const t = \`process.env\`;`],
    ["arithmetic", "const m = Math.max(1, 2) + Math.floor(3.5);"],
    ["a date made of a number", "const t = new Date(block.timeMs).toISOString();"],
    ["a question about a date", "if (value instanceof Date) accept(value);"],
    ["a type", "let timer: ReturnType<typeof setTimeout>; type D = Date; let p: NodeJS.Process;"],
    ["an import of a type", `import type { CpuInfo } from "node:os";`],
    ["a member of that name that somebody owns", "interface Clock { setTimeout(ms: number): void }"],
    ["the injected clock", "const t = clock.nowMs(); clock.setTimer(5, wake); random.bytes(8);"],
    ["an ordinary member called process", "worker.process.start(); const x = { process: 1 };"],
    ["the owner of a lock", "const held = lock.pid !== process.pid && process.kill(lock.pid, 0);"],
    ["the micro task queue", "queueMicrotask(f); process.nextTick(f);"],
  ])("%s", (_name, text) => {
    expect(impuritiesIn("packages/forge/src/a.ts", text)).toEqual([]);
  });
});
