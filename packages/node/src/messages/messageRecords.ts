import type { BlockRef, MessageRecord } from "@sealwright/api";
import type { Executor } from "@sealwright/execution";
import type { MessageStatusRecord, Repository } from "@sealwright/store";
import type { MessageHash } from "@sealwright/types";
import type { LiveMessage, LiveMessages } from "./liveMessages.js";
import type { OpenBlocks } from "./openBlocks.js";

export interface MessageRecordsDependencies {
  readonly live: LiveMessages;
  readonly open: OpenBlocks;
  readonly repository: Repository;
  readonly executor: Executor;
}

/** What this node knows of a message: in memory while it is unsettled, on disk when it has its last word. */
export class MessageRecords {
  constructor(private readonly deps: MessageRecordsDependencies) {}

  async find(hash: MessageHash): Promise<MessageRecord | null> {
    const { live, open, repository } = this.deps;
    const unsettled = live.get(hash);
    if (unsettled !== undefined) return recordOf(unsettled);
    const onItsWay = open.find(hash);
    if (onItsWay !== null) return { hash, ...onItsWay };
    const stored = await repository.messageStatus(hash);
    return stored === null ? null : this.#storedRecord(hash, stored);
  }

  /** Why a message was rejected, from its receipt. */
  describe(code: number): { readonly code: string; readonly reason: string } {
    const rejection = this.deps.executor.describeReceipt(code);
    return rejection === null
      ? { code: "unknown", reason: `receipt code ${code}` }
      : { code: rejection.code, reason: rejection.text };
  }

  async #storedRecord(hash: MessageHash, stored: MessageStatusRecord): Promise<MessageRecord | null> {
    const { threadId, height, blockId, code = 0, gasUsed = 0, expiresAtMs } = stored;
    if (expiresAtMs !== undefined) return { hash, threadId, state: { status: "expired", expiresAtMs } };
    if (height === undefined || blockId === undefined) return null;
    const header = await this.deps.repository.header(blockId);
    if (header === null) return null;
    const block: BlockRef = { threadId, height, term: header.term, blockId };
    if (code !== 0) return { hash, threadId, state: { status: "rejected", block, ...this.describe(code) } };
    return { hash, threadId, state: { status: "final", block, result: { code, gasUsed } } };
  }
}

export function recordOf({ hash, threadId, state }: LiveMessage): MessageRecord {
  return { hash, threadId, state };
}
