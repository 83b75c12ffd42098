import { describe, expect, it } from "vitest";
import { Opening, OpeningAborted } from "./opening.js";

describe("what was opened so far", () => {
  it("is closed from the last to the first, also around something that cannot be closed, which is told", async () => {
    const closed: string[] = [];
    const opening = new Opening();
    for (const part of ["disk", "worker", "socket"])
      opening.opened(() => {
        closed.push(part);
        return part === "worker" ? Promise.reject(new Error("the worker hangs")) : Promise.resolve();
      });
    await expect(opening.undo()).rejects.toThrow("the worker hangs");
    expect(closed).toEqual(["socket", "worker", "disk"]);
    await opening.undo();
    expect(closed).toHaveLength(3);
  });

  it("goes on while nobody calls it off, and no step begins after that", async () => {
    const calling = new AbortController();
    const opening = new Opening(calling.signal);
    opening.throwIfAborted();
    expect(await opening.breakable(() => Promise.resolve("loaded"), neverBroken)).toBe("loaded");
    calling.abort("too long");
    expect(() => opening.throwIfAborted()).toThrow(OpeningAborted);
    const late = opening.breakable(() => Promise.reject(new Error("it began")), neverBroken);
    await expect(late).rejects.toMatchObject({ name: "OpeningAborted", cause: "too long" });
  });

  it("breaks a long step off when it is called off, and waits until that has ended", async () => {
    const calling = new AbortController();
    let endStep = (_error: Error): void => undefined;
    const step = new Promise<never>((_resolve, reject) => (endStep = reject));
    const order: string[] = [];
    const broken = new Opening(calling.signal)
      .breakable(
        () => step,
        () => Promise.resolve(void order.push("broken off")),
      )
      .catch((error: unknown) => order.push((error as Error).name));
    calling.abort();
    await Promise.resolve();
    order.push("step ends");
    endStep(new Error("closed"));
    await broken;
    expect(order).toEqual(["broken off", "step ends", "OpeningAborted"]);
  });

  it("says of a long step that fails by itself why it failed", async () => {
    const opening = new Opening(new AbortController().signal);
    const step = opening.breakable(() => Promise.reject(new Error("damaged")), neverBroken);
    await expect(step).rejects.toThrow("damaged");
  });
});

const neverBroken = (): Promise<void> => Promise.reject(new Error("nobody asked for that"));
