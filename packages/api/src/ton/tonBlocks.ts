import { height } from "@sealwright/types";
import type { BlockRef } from "../backend/message.js";
import type { BlockHeadline, ThreadRecord } from "../backend/records.js";
import type { TonTransactionName } from "../backend/tonBackend.js";
import { blockIdJson, threadParam } from "./tonBlockId.js";
import { blocksAround } from "./tonBlockSearch.js";
import type { TonContext } from "./tonContext.js";
import { badParam, TonError } from "./tonError.js";
import { bigintParam, hashParam, intParam, ltParam, PAGE_MAX, type TonParams } from "./tonParams.js";

export async function getMasterchainInfo({ backend }: TonContext): Promise<unknown> {
  const master = masterOf(backend.threads());
  const last = blockIdJson(master, 0, master.final);
  return {
    "@type": "blocks.masterchainInfo",
    last,
    state_root_hash: last["root_hash"],
    init: blockIdJson(master, 0, null),
  };
}

/** Every final block stands on a quorum: the newest one is what all agree on. */
export async function getConsensusBlock({ backend, nowMs }: TonContext): Promise<unknown> {
  const { final } = masterOf(backend.threads());
  return { consensus_block: Number(final?.height ?? 0n), timestamp: nowMs() / 1_000 };
}

/** Threads do not know each other's heights, but their blocks have times: of each, the newest until that block's. */
export async function shards({ backend }: TonContext, params: TonParams): Promise<unknown> {
  const threads = backend.threads();
  const master = masterOf(threads);
  const seqno = intParam(params, "seqno", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const at = seqno === 0 ? null : await finalBlockAt({ backend }, master, seqno);
  const shardOf = async (thread: ThreadRecord, index: number): Promise<unknown> => {
    const around = at === null ? { until: null } : await blocksAround(backend, thread, at.header.timeMs);
    if (around === null) throw new TonError(404, `the blocks of thread ${index} at that time are not kept here`);
    return blockIdJson(thread, index, around.until === null ? null : refOf(around.until));
  };
  return {
    "@type": "blocks.shards",
    shards: await Promise.all(threads.slice(1).map((thread, i) => shardOf(thread, i + 1))),
  };
}

/** By seqno; or by unixtime, the first block made then or later. */
export async function lookupBlock({ backend }: TonContext, params: TonParams): Promise<unknown> {
  const { thread, index } = threadParam(backend.threads(), params);
  if (bigintParam(params, "seqno", null) !== null) {
    const seqno = intParam(params, "seqno", { min: 0, max: Number.MAX_SAFE_INTEGER });
    return blockIdJson(thread, index, seqno === 0 ? null : refOf(await finalBlockAt({ backend }, thread, seqno)));
  }
  if (ltParam(params, "lt") !== null)
    throw badParam("lt", "blocks here carry no logical time: look one up by seqno or unixtime");
  const unixTime = intParam(params, "unixtime", { min: 0, max: 0xffff_ffff });
  const around = await blocksAround(backend, thread, unixTime * 1_000 - 1);
  if (around?.later == null) throw new TonError(404, `no block of that shard from ${unixTime} on is kept here`);
  return blockIdJson(thread, index, refOf(around.later));
}

export async function getBlockTransactions({ backend, ton }: TonContext, params: TonParams): Promise<unknown> {
  const { thread, index } = threadParam(backend.threads(), params);
  const seqno = intParam(params, "seqno", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const count = intParam(params, "count", { min: 1, max: PAGE_MAX * 10, fallback: 40 });
  const block = await finalBlockAt({ backend }, thread, seqno);
  const names = await ton.blockTransactions({ type: "id", blockId: block.id });
  if (names === null) throw notKept(seqno);
  const rest = names.slice(firstAfter(names, params));
  return {
    "@type": "blocks.transactions",
    id: blockIdJson(thread, index, refOf(block)),
    req_count: count,
    incomplete: rest.length > count,
    transactions: rest.slice(0, count).map(({ account, lt, hash }) => ({
      "@type": "blocks.shortTxId",
      mode: 135,
      account: `0:${account}`,
      lt: String(lt),
      hash: Buffer.from(hash).toString("base64"),
    })),
  };
}

/** Where the page begins that follows the transaction named by `after_lt` and `after_hash`: its account's, or its own. */
function firstAfter(names: readonly TonTransactionName[], params: TonParams): number {
  const afterLt = ltParam(params, "after_lt");
  const afterHash = hashParam(params, "after_hash");
  if (afterLt === null && afterHash === null) return 0;
  const last = names.findIndex(
    ({ account, lt, hash }) =>
      lt === afterLt &&
      (afterHash === null || afterHash === account || afterHash === Buffer.from(hash).toString("hex")),
  );
  if (last < 0) throw badParam("after_lt", "with after_hash, a transaction of that block");
  return last + 1;
}

function masterOf([master]: readonly ThreadRecord[]): ThreadRecord {
  if (master === undefined) throw new TonError(500, "this network has no thread");
  return master;
}

async function finalBlockAt(
  { backend }: Pick<TonContext, "backend">,
  { threadId, final }: ThreadRecord,
  seqno: number,
): Promise<BlockHeadline> {
  const at = height(seqno);
  const [block] = at > (final?.height ?? 0n) ? [] : await backend.blocks({ threadId, from: at, limit: 1 });
  if (block?.header.height !== at) throw notKept(seqno);
  return block;
}

function notKept(seqno: number): TonError {
  return new TonError(404, `no final block ${seqno} of that shard is kept here`);
}

function refOf({ header, id }: BlockHeadline): BlockRef {
  return { threadId: header.threadId, height: header.height, term: header.term, blockId: id };
}
