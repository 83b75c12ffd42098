import {
  type AccountId,
  assert,
  err,
  idBytes,
  type ImportCursor,
  type MessageHash,
  ok,
  type Result,
  sha256Hex,
  type StateChange,
  type ThreadId,
} from "@sealwright/types";
import { messageRejection } from "./blockRules.js";
import { Builder } from "./builder.js";
import type { Engine } from "./engine.js";
import type {
  AdmittedMessage,
  BlockBuilder,
  BlockContext,
  BlockLimits,
  EngineAnswer,
  EngineQuery,
  Executor,
  MessageFacts,
  PrecheckContext,
  ProvedAccount,
  QueryContext,
  ThreadState,
  UpdateError,
} from "./executor.js";
import { RecentSet } from "./recentSet.js";
import { type Rejection, rejection } from "./rejection.js";
import { accountPath } from "./state/accountTrie.js";
import { applyUpdate, loadState } from "./state/applyUpdate.js";
import { State } from "./state/state.js";

/** Good signatures remembered: at 5,000 messages a second, those of at least the last 3 seconds; about 5 MB. */
const VERIFIED_MAX = 32_768;

/** Makes an executor of an engine, with the rules that hold for every engine. */
export function createExecutor<Message, Account>(engine: Engine<Message, Account>): Executor {
  return new EngineExecutor(engine);
}

/** A message with what the engine read from it. */
export class Admitted<Message> implements AdmittedMessage {
  constructor(
    readonly bytes: Uint8Array,
    readonly hash: MessageHash,
    readonly account: AccountId,
    readonly expiresAtMs: AdmittedMessage["expiresAtMs"],
    readonly content: Message,
  ) {}
}

class EngineExecutor<Message, Account> implements Executor {
  readonly #engine: Engine<Message, Account>;
  readonly #verified = new RecentSet(VERIFIED_MAX);

  constructor(engine: Engine<Message, Account>) {
    this.#engine = engine;
  }

  get name(): string {
    return this.#engine.name;
  }

  inspect(message: Uint8Array): Result<MessageFacts, Rejection> {
    const parsed = this.#engine.parse(message);
    if (!parsed.ok) return parsed;
    const { account, expiresAtMs } = parsed.value;
    return ok({ hash: sha256Hex(message) as MessageHash, account, expiresAtMs });
  }

  admit(messages: readonly Uint8Array[]): readonly Result<AdmittedMessage, Rejection>[] {
    const parsed = messages.map((bytes) => this.#parse(bytes));
    const unverified = parsed.flatMap((result) => (result.ok && this.#needsCheck(result.value) ? [result.value] : []));
    const bad = this.#verify(unverified);
    return parsed.map((result) => {
      const refusal = result.ok ? bad.get(result.value) : undefined;
      return refusal === undefined ? result : err(refusal);
    });
  }

  precheck(state: ThreadState, message: AdmittedMessage, context: PrecheckContext): Rejection | null {
    const { threadId, parts } = stateOf(state);
    const refused = messageRejection(message, { threadId, timeMs: context.nowMs, threadsTable: context.threadsTable });
    if (refused !== null) return refused;
    if (parts.dedupe.has(message.hash, message.expiresAtMs))
      return rejection("duplicate", "the message was executed already");
    return this.#engine.precheck(this.#contentOf(message), { get: (id) => this.#account(stateOf(state), id) }, context);
  }

  load(threadId: ThreadId, entries: Iterable<StateChange>): Result<ThreadState, UpdateError> {
    return loadState(threadId, entries, (value) => this.#isAccount(value));
  }

  open(parent: ThreadState, context: BlockContext, limits: BlockLimits): BlockBuilder {
    return new Builder(this.#engine, stateOf(parent), context, limits, (message) => this.#contentOf(message));
  }

  applyUpdate(parent: ThreadState, context: BlockContext, update: Uint8Array): Result<ThreadState, UpdateError> {
    return applyUpdate(stateOf(parent), context, update, (value) => this.#isAccount(value));
  }

  account(state: ThreadState, id: AccountId): ProvedAccount {
    return stateOf(state).prove(id);
  }

  cursor(state: ThreadState, source: ThreadId): ImportCursor {
    return stateOf(state).parts.cursors.get(source);
  }

  query(state: ThreadState, query: EngineQuery, context: QueryContext): EngineAnswer {
    const accounts = { get: (id: AccountId) => this.#account(stateOf(state), id) };
    const answer = this.#engine.query?.(query, accounts, context);
    return answer ?? { type: "refused", rejection: rejection("unsupported", `${this.name} has no contracts to ask`) };
  }

  describeReceipt(code: number): Rejection | null {
    return this.#engine.describeReceipt(code);
  }

  #parse(bytes: Uint8Array): Result<Admitted<Message>, Rejection> {
    const parsed = this.#engine.parse(bytes);
    if (!parsed.ok) return parsed;
    const { account, expiresAtMs, content } = parsed.value;
    return ok(new Admitted(bytes, sha256Hex(bytes) as MessageHash, account, expiresAtMs, content));
  }

  #needsCheck(message: Admitted<Message>): boolean {
    return this.#engine.isSigned(message.content) && !this.#verified.has(message.hash);
  }

  #verify(messages: readonly Admitted<Message>[]): ReadonlyMap<Admitted<Message>, Rejection> {
    const bad = new Map<Admitted<Message>, Rejection>();
    const refusals = this.#engine.verifySignatures(messages.map((message) => message.content));
    messages.forEach((message, i) => {
      const refusal = refusals[i] ?? null;
      if (refusal === null) this.#verified.add(message.hash);
      else bad.set(message, refusal);
    });
    return bad;
  }

  #contentOf(message: AdmittedMessage): Message {
    assert(message instanceof Admitted, "only admitted messages are executed");
    return message.content as Message;
  }

  #account(state: State, id: AccountId): Account | null {
    const value = state.parts.accounts.get(accountPath(idBytes(id)));
    return value === null ? null : this.#engine.decodeAccount(value);
  }

  #isAccount(value: Uint8Array): boolean {
    return this.#engine.isAccount(value);
  }
}

function stateOf(state: ThreadState): State {
  assert(state instanceof State, "states come from an executor");
  return state;
}
