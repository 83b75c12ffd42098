import type { BlockRef } from "../backend/message.js";
import type { ThreadRecord } from "../backend/records.js";
import { badParam } from "./tonError.js";
import { bigintParam, type TonParams } from "./tonParams.js";

const MASTERCHAIN = { workchain: -1, shard: String(-(1n << 63n)) } as const;

/** How TON's tools see a thread: the default one as masterchain, each other one as a shard of workchain 0. */
export function shardOf(thread: ThreadRecord, index: number): { readonly workchain: number; readonly shard: string } {
  if (index === 0) return MASTERCHAIN;
  // A shard is named by its prefix, a one behind it, and zeros: 64 bits, signed.
  const { prefixLength } = thread;
  const tagged = (BigInt(thread.prefix) << BigInt(64 - prefixLength)) | (1n << BigInt(63 - prefixLength));
  return { workchain: 0, shard: String(BigInt.asIntN(64, tagged)) };
}

/** Both hashes are the block's id: there is no file, and the id commits to everything. */
export function blockIdJson(thread: ThreadRecord, index: number, block: BlockRef | null): Record<string, unknown> {
  const hash = Buffer.from(block?.blockId ?? "00".repeat(32), "hex").toString("base64");
  return {
    "@type": "ton.blockIdExt",
    ...shardOf(thread, index),
    seqno: Number(block?.height ?? 0n),
    root_hash: hash,
    file_hash: hash,
  };
}

/** The thread that a workchain and shard name. */
export function threadParam(
  threads: readonly ThreadRecord[],
  params: TonParams,
): { readonly thread: ThreadRecord; readonly index: number } {
  const workchain = Number(bigintParam(params, "workchain", -1n));
  const shard = String(bigintParam(params, "shard", BigInt(MASTERCHAIN.shard)));
  for (const [index, thread] of threads.entries()) {
    const known = shardOf(thread, index);
    if (known.workchain === workchain && BigInt.asIntN(64, BigInt(known.shard)) === BigInt.asIntN(64, BigInt(shard)))
      return { thread, index };
  }
  throw badParam(
    "shard",
    `one of ${threads.map((thread, index) => Object.values(shardOf(thread, index)).join(":")).join(", ")}`,
  );
}
