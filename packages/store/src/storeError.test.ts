import { describe, expect, it } from "vitest";
import { classifyDiskError, StoreError, toStoreError } from "./storeError.js";

describe("disk errors", () => {
  it.each([
    [Object.assign(new Error("write failed"), { code: "ENOSPC" }), "diskFull"],
    [new Error("IO error: db/000003.log: No space left on device"), "diskFull"],
    [Object.assign(new Error("mkdir"), { code: "EACCES" }), "noPermission"],
    [new Error("opening", { cause: new Error("IO error: db/LOCK: Permission denied") }), "noPermission"],
    [Object.assign(new Error("bad block"), { code: "LEVEL_CORRUPTION" }), "corrupt"],
    [new Error("IO error: db/000003.log: Input/output error"), "ioError"],
    ["thrown text", "ioError"],
  ] as const)("tells %s as %s", (error, code) => {
    expect(classifyDiskError(error)).toBe(code);
  });

  it("keeps a StoreError as it is, and the cause of everything else", () => {
    const closed = new StoreError("closed", "closed");
    expect(toStoreError("x", closed)).toBe(closed);
    const cause = new Error("EIO");
    expect(toStoreError("a write failed", cause)).toMatchObject({ code: "ioError", cause });
  });
});
