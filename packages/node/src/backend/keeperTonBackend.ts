import {
  type BlockSelector,
  type SubmitOutcome,
  TON_TRANSACTIONS_MAX,
  type TonBackend,
  type TonEmulation,
  type TonGetMethodCall,
  type TonGetMethodResult,
  type TonRefusal,
  type TonTransaction,
  type TonTransactionName,
  type TonTransactionQuery,
} from "@sealwright/api";
import {
  decodeTransactionDetail,
  earlierExpiry,
  encodeTvmEnvelope,
  type EngineAnswer,
  type EngineQuery,
  expiryForUnbounded,
  parseExternal,
  type Rejection,
  type ThreadExecution,
} from "@sealwright/execution";
import type { Repository } from "@sealwright/store";
import {
  type AccountId,
  assert,
  type BlockId,
  type Clock,
  messageHashFromBytes,
  type NetworkId,
  type SealedBlock,
  sha256,
  type ThreadId,
  threadOf,
  type ThreadsTable,
} from "@sealwright/types";
import type { MessageDesk } from "../messages/messageDesk.js";
import { refusedBy } from "../messages/refusal.js";
import { executionRead } from "./executionRead.js";

export interface TonBackendDependencies {
  readonly networkId: NetworkId;
  readonly table: ThreadsTable;
  readonly threads: ReadonlyMap<ThreadId, { readonly execution: ThreadExecution }>;
  readonly repository: Repository;
  readonly desk: Pick<MessageDesk, "submit" | "message">;
  readonly blockOf: (selector: BlockSelector) => Promise<SealedBlock | null>;
  readonly clock: Clock;
}

/** What TON's tools ask of this keeper. */
export class KeeperTonBackend implements TonBackend {
  readonly #deps: TonBackendDependencies;

  constructor(dependencies: TonBackendDependencies) {
    this.#deps = dependencies;
  }

  async submitBoc(given: Uint8Array): Promise<SubmitOutcome> {
    const { networkId, desk, clock } = this.#deps;
    const parsed = parseExternal(given);
    if (!parsed.ok) return refusedSubmit(given, parsed.error);
    const { boc } = parsed.value;
    const expiresAtMs = expiryForUnbounded(clock.nowMs());
    const earlier = encodeTvmEnvelope({ networkId, boc, expiresAtMs: earlierExpiry(expiresAtMs) });
    const message = (await this.#isAlive(earlier)) ? earlier : encodeTvmEnvelope({ networkId, boc, expiresAtMs });
    const [outcome] = await desk.submit([message]);
    assert(outcome !== undefined, "one outcome per message");
    return outcome;
  }

  /**
   * Under another expiry it would be another message, and a contract that does not protect itself would execute it twice
   * for a client that only asks again.
   */
  async #isAlive(envelope: Uint8Array): Promise<boolean> {
    const known = await this.#deps.desk.message(messageHashFromBytes(sha256(envelope)));
    return known !== null && known.state.status !== "expired";
  }

  async runGetMethod(call: TonGetMethodCall, at?: BlockId): Promise<TonGetMethodResult | TonRefusal> {
    const answer = await this.#ask(call.account, { type: "getMethod", ...call }, at);
    if (answer.type !== "getMethod") return refusalOf(answer);
    const { exitCode, gasUsed, stack } = answer;
    return { type: "done", exitCode, gasUsed, stack };
  }

  async emulate(
    boc: Uint8Array,
    { ignoresSignatures }: { readonly ignoresSignatures: boolean },
  ): Promise<TonEmulation | TonRefusal> {
    const parsed = parseExternal(boc);
    if (!parsed.ok) return { type: "refused", code: parsed.error.code, reason: parsed.error.text };
    const { account, boc: message } = parsed.value;
    const answer = await this.#ask(account, { type: "emulate", message, ignoresSignatures });
    return answer.type === "emulated" ? { type: "done", transaction: answer.transaction } : refusalOf(answer);
  }

  async transactions(query: TonTransactionQuery): Promise<readonly TonTransaction[]> {
    const { account, limit } = query;
    assert(limit >= 1 && limit <= TON_TRANSACTIONS_MAX, "a page of transactions is bounded");
    const traces = await this.#deps.repository.traces(account, query);
    return traces.map(({ bytes, ...placed }) => ({ ...placed, boc: bytes }));
  }

  async blockTransactions(selector: BlockSelector): Promise<readonly TonTransactionName[] | null> {
    const block = await this.#deps.blockOf(selector);
    if (block === null) return null;
    return block.body.receipts.flatMap(({ detail }) => {
      const name = decodeTransactionDetail(detail);
      return name === null ? [] : [{ account: name.account, lt: name.lt, hash: name.hash }];
    });
  }

  turn(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }

  #ask(account: AccountId, query: EngineQuery, at?: BlockId): Promise<EngineAnswer> {
    const thread = this.#deps.threads.get(threadOf(this.#deps.table, account));
    assert(thread !== undefined, "every account belongs to a thread of this node");
    return executionRead(thread.execution.query(query, at));
  }
}

function refusalOf(answer: EngineAnswer): TonRefusal {
  assert(answer.type === "refused", "an answer is that of its question, or a refusal");
  return { type: "refused", code: answer.rejection.code, reason: answer.rejection.text };
}

function refusedSubmit(bytes: Uint8Array, rejection: Rejection): SubmitOutcome {
  return refusedBy(messageHashFromBytes(sha256(bytes)), rejection);
}
