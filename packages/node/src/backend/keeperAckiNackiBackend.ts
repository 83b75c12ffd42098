import type { AckiNackiBackend, BlockSelector, ExecutedMessage } from "@sealwright/api";
import { decodeRefusalDetail, decodeTransactionDetail } from "@sealwright/execution";
import type { BlockId, MessageHash, SealedBlock } from "@sealwright/types";

export interface AckiNackiBackendDependencies {
  readonly blockOf: (selector: BlockSelector) => Promise<SealedBlock | null>;
}

/** What Acki Nacki's SDK asks of this keeper, read from the receipts of blocks. */
export class KeeperAckiNackiBackend implements AckiNackiBackend {
  readonly #deps: AckiNackiBackendDependencies;

  constructor(dependencies: AckiNackiBackendDependencies) {
    this.#deps = dependencies;
  }

  async executed(message: MessageHash, blockId: BlockId): Promise<ExecutedMessage | null> {
    const block = await this.#deps.blockOf({ type: "id", blockId });
    const receipt = block?.body.receipts.find(({ messageHash }) => messageHash === message);
    if (block == null || receipt === undefined) return null;
    const blockTimeMs = block.header.timeMs;
    const detail = decodeTransactionDetail(receipt.detail);
    if (detail === null) {
      const exitCode = decodeRefusalDetail(receipt.detail);
      return { blockTimeMs, transaction: null, exitCode, actionCode: null, aborted: true };
    }
    const { account, lt, hash, exitCode, actionCode } = detail;
    return { blockTimeMs, transaction: { account, lt, hash }, exitCode, actionCode, aborted: receipt.code !== 0 };
  }
}
