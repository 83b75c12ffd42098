import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whyUnreadable, whyUnwritable } from "./fileFault.js";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-fault-"));
  await writeFile(join(dir, "file"), "");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const fault = (done: Promise<unknown>): Promise<unknown> => done.then(() => null).catch((error: unknown) => error);

describe("what the operating system refused", () => {
  it("is told in words, for what is read and for what is written", async () => {
    const reading = (...path: string[]) => fault(readFile(join(dir, ...path)));
    const writing = (...path: string[]) => fault(writeFile(join(dir, ...path), ""));
    expect(whyUnreadable(await reading("none"))).toBe("there is no such file");
    expect(whyUnreadable(await reading("file", "none"))).toBe("what should be a folder on the way there is a file");
    expect(whyUnreadable(await reading())).toBe("it is a folder");
    expect(whyUnwritable(await writing("none", "new"))).toBe("its folder does not exist");
    expect(whyUnwritable(await writing("file", "new"))).toBe("what should be its folder is a file");
    expect(whyUnwritable(await writing())).toBe("it is a folder");
  });

  it("is told as it stands where there is no word of ours, and what is no refusal too", () => {
    expect(whyUnwritable(Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }))).toBe(
      "EMFILE: too many open files",
    );
    expect(whyUnreadable(new SyntaxError("no JSON"))).toBe("no JSON");
  });
});
