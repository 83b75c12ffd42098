import type { AccountId, Height, MessageHash, ThreadId } from "@sealwright/types";
import type { EventLog } from "../events/eventLog.js";
import type { NodeEvent } from "../events/nodeEvent.js";
import type { HeightLives } from "./blockLife.js";
import type { MessageRecord, SubmitOutcome } from "./message.js";
import type {
  AccountRecord,
  AccountView,
  BlockAnswer,
  BlockHeadline,
  BlockQuery,
  BlockSelector,
  EvidenceRecord,
  FinalityProofAnswer,
  KeeperRecord,
  NetworkRecord,
  ReadinessCheck,
  ThreadRecord,
  ThreadTotals,
} from "./records.js";
import type { AckiNackiBackend } from "./ackiNackiBackend.js";
import type { TonBackend } from "./tonBackend.js";

/**
 * What the API needs of one keeper; the node implements it.
 *
 * A call resolves with data or with a named refusal. One that rejects with an `ApiRefusal` is answered with it, as when a
 * state cannot be read at the moment (`unavailable`). Any other rejection is the node's own failure: the client gets 500
 * `internal` without a word of it, the log gets the rest. `null` means: not known here.
 */
export interface NodeBackend {
  /**
   * Every status change of every message taken or seen, and every step of every block, as it happens. An event is
   * appended only after reads of this backend show it, so that "subscribe, then read" misses nothing.
   */
  readonly events: EventLog<NodeEvent>;

  /**
   * Offers external messages. Resolves when each is durable here or refused: one outcome per message, in order.
   * @param messages 1..MESSAGES_PER_BATCH_MAX, each at most EXTERNAL_MESSAGE_BYTES_MAX; views into one buffer that is
   *   never reused, so they may be kept
   */
  submit(messages: readonly Uint8Array[]): Promise<readonly SubmitOutcome[]>;
  message(hash: MessageHash): Promise<MessageRecord | null>;

  /** In order of thread index. */
  threads(): readonly ThreadRecord[];
  /** After the thread's last final block. */
  totals(threadId: ThreadId): Promise<ThreadTotals>;
  block(selector: BlockSelector): Promise<BlockAnswer>;
  /** What became of the blocks at a height, also when there is none. */
  blockLives(threadId: ThreadId, height: Height): Promise<HeightLives>;
  /** Ascending heights on the chain that this node follows; ends early at the head. */
  blocks(query: BlockQuery): Promise<readonly BlockHeadline[]>;
  /** Null only where this node holds no state at all for the account's thread. */
  account(accountId: AccountId, view: AccountView): Promise<AccountRecord | null>;
  finalityProof(selector: BlockSelector): Promise<FinalityProofAnswer>;

  /** What TON's tools ask; null where the network's engine is not the TVM. */
  readonly ton: TonBackend | null;
  /** What Acki Nacki's SDK asks beside it; null where `ton` is. */
  readonly ackiNacki: AckiNackiBackend | null;

  /** In order of their place in the BK set, this keeper included. */
  keepers(): readonly KeeperRecord[];
  /** Newest first, at most `limit`. */
  evidence(limit: number): Promise<readonly EvidenceRecord[]>;
  network(): NetworkRecord;

  /** Each call looks anew; it must answer within a second even when a check hangs. */
  readiness(): Promise<readonly ReadinessCheck[]>;
  /** The metrics in Prometheus text format 0.0.4, as `Metrics.text()` of `createMetrics` gives them. */
  metricsText(): Promise<string>;
}
