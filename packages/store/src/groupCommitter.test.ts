import { describe, expect, it } from "vitest";
import { GROUP_OPS_MAX, GroupCommitter, QUEUED_BYTES_MAX } from "./groupCommitter.js";
import type { KeyValueOp } from "./keyValueStore.js";

const opOf = (name: number): KeyValueOp => ({ type: "delete", key: new Uint8Array([name]) });
const failure = (code: string): Error => Object.assign(new Error(`${code}: write`), { code });

interface Write {
  readonly names: readonly number[];
  readonly sync: boolean;
  readonly finish: () => void;
  readonly fail: (error: Error) => void;
}

/** A committer whose writes end when the test says so. */
function makeCommitter() {
  const writes: Write[] = [];
  const committer = new GroupCommitter({
    write: (ops, sync) =>
      new Promise<void>((resolve, reject) => {
        writes.push({ names: ops.map((op) => op.key[0]!), sync, finish: resolve, fail: reject });
      }),
  });
  return { committer, writes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("group commit", () => {
  it("gathers commits while a write is under way into one synced batch, in order", async () => {
    const { committer, writes } = makeCommitter();
    const done: number[] = [];
    const commit = (name: number, durable: boolean) =>
      committer.commit([opOf(name)], { durable }).then(() => void done.push(name));
    const all = [commit(1, false)];
    await turn();
    all.push(commit(2, false), commit(3, true), commit(4, false));
    await turn();
    expect(writes).toMatchObject([{ names: [1], sync: false }]);
    writes[0]!.finish();
    await turn();
    expect(done).toEqual([1]);
    expect(writes[1]).toMatchObject({ names: [2, 3, 4], sync: true });
    writes[1]!.finish();
    await Promise.all(all);
    expect(done).toEqual([1, 2, 3, 4]);
    await committer.idle();
  });

  it("commits of one turn already share the first batch", async () => {
    const { committer, writes } = makeCommitter();
    const both = [committer.commit([opOf(1)], { durable: true }), committer.commit([opOf(2)], { durable: true })];
    await turn();
    expect(writes).toMatchObject([{ names: [1, 2] }]);
    writes[0]!.finish();
    await Promise.all(both);
  });

  it("bounds a group, and never splits one commit", async () => {
    const { committer, writes } = makeCommitter();
    const large = Array.from({ length: GROUP_OPS_MAX - 1 }, () => opOf(1));
    const all = [
      committer.commit(large, { durable: true }),
      committer.commit([opOf(2), opOf(2)], { durable: true }),
      committer.commit([...large, ...large], { durable: true }),
    ];
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      await turn();
      sizes.push(writes[i]!.names.length);
      writes[i]!.finish();
    }
    await Promise.all(all);
    expect(sizes).toEqual([GROUP_OPS_MAX - 1, 2, 2 * (GROUP_OPS_MAX - 1)]);
  });

  it("a failed write fails its group, all that wait, and all that come after", async () => {
    const { committer, writes } = makeCommitter();
    const first = committer.commit([opOf(1)], { durable: true });
    await turn();
    const waiting = committer.commit([opOf(2)], { durable: true });
    writes[0]!.fail(failure("EIO"));
    await expect(first).rejects.toMatchObject({ code: "ioError", retryable: false });
    await expect(waiting).rejects.toMatchObject({ code: "failed", cause: { code: "ioError" } });
    await expect(committer.commit([opOf(3)], { durable: false })).rejects.toMatchObject({ code: "failed" });
    await committer.idle();
    expect(writes).toHaveLength(1);
  });

  it("gives up when the disk is too far behind for memory to hold what waits", async () => {
    const { committer } = makeCommitter();
    const value = new Uint8Array(QUEUED_BYTES_MAX);
    const huge = committer.commit([{ type: "put", key: new Uint8Array([1]), value }], { durable: true });
    await expect(huge).rejects.toMatchObject({ code: "failed", cause: { code: "overloaded" } });
  });
});
