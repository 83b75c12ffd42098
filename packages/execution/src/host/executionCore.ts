import {
  type AccountId,
  type BlockId,
  encodeOutboundMessage,
  encodeReceipt,
  equalBytes,
  err,
  type ImportCursor,
  merkleRoot,
  ok,
  type Result,
  sha256,
  type StateChange,
  type ThreadId,
  type ThreadsTable,
  type UnixMs,
} from "@sealwright/types";
import type {
  AdmittedMessage,
  ApplyOutcome,
  BlockBuilder,
  EngineAnswer,
  EngineQuery,
  Executor,
  ImportError,
  ImportRange,
  QueryContext,
  SealedExecution,
  ThreadState,
  Totals,
  Trace,
} from "../executor.js";
import type { Rejection } from "../rejection.js";
import {
  type AccountView,
  type ApplyFault,
  type ApplyRequest,
  type BuildRequest,
  type BuiltBlock,
  type ExecutedRoots,
  type ExecutionClaim,
  ExecutionError,
  type ExecutionFault,
  type MessageResult,
  type StateRef,
  type VerifyRequest,
} from "../threadExecution.js";
import { type BuildWatch, UNWATCHED } from "./buildProgress.js";
import { StateTree } from "./stateTree.js";

/** What every execution of a thread is told, wherever it runs. */
export interface CoreOptions {
  readonly threadId: ThreadId;
  /** Routes messages at the door; blocks bring their own. */
  readonly threadsTable: ThreadsTable;
  /** States held at once. */
  readonly statesMax: number;
}

/** Messages admitted at a time while building: a block that is full early has not checked all that were offered. */
const ADMIT_AHEAD = 256;

/** Everything a `ThreadExecution` does, synchronously: runs in the caller's thread or in a worker. */
export class ExecutionCore {
  readonly #options: CoreOptions;
  readonly #executor: Executor;
  #tree: StateTree | null = null;
  #loading: StateChange[] = [];

  constructor(options: CoreOptions, executor: Executor) {
    this.#options = options;
    this.#executor = executor;
  }

  beginLoad(): void {
    this.#loading = [];
  }

  addEntries(entries: readonly StateChange[]): void {
    for (const entry of entries) this.#loading.push(entry);
  }

  finishLoad(atBlock: BlockId): { stateRoot: Uint8Array } {
    const entries = this.#loading;
    this.#loading = [];
    const state = this.#executor.load(this.#options.threadId, entries);
    if (!state.ok) throw new ExecutionError("badEntries", state.error.reason);
    this.#tree = new StateTree(state.value, atBlock, this.#options.statesMax);
    return { stateRoot: state.value.root };
  }

  admit(messages: readonly Uint8Array[], nowMs: UnixMs): (Rejection | null)[] {
    const state = this.#states().newest;
    const context = { nowMs, threadsTable: this.#options.threadsTable };
    return this.#executor
      .admit(messages)
      .map((admitted) => (admitted.ok ? this.#executor.precheck(state, admitted.value, context) : admitted.error));
  }

  build(
    request: BuildRequest,
    watch: BuildWatch = UNWATCHED,
  ): Result<BuiltBlock, { readonly code: "badImport"; readonly error: ImportError }> {
    const tree = this.#states();
    tree.assertRoom();
    const builder = this.#executor.open(tree.get(request.parent), request.context, request.limits);
    for (const range of request.imports) {
      const imported = builder.importMessages(range);
      if (!imported.ok) return err({ code: "badImport", error: imported.error });
    }
    const results = this.#offer(builder, request.messages, watch);
    const sealed = builder.seal();
    const { state, ...executed } = sealed;
    const ref = { build: tree.addBuild(request.parent, state) };
    return ok({ ...executed, ref, roots: rootsOf(sealed), results });
  }

  bind(ref: { readonly build: number }, blockId: BlockId): void {
    this.#tree?.bind(ref.build, blockId);
  }

  verify(request: VerifyRequest): Result<{ stateRoot: Uint8Array }, ExecutionFault> {
    const tree = this.#states();
    const held = tree.find({ block: request.blockId });
    // Executed before, here: the id commits to everything that executing again would compare.
    if (held !== null && held.origin === "executed") return rootIfEqual(held.state, request.claim.stateRoot);
    if (held === null) tree.assertRoom();
    const sealed = this.#reexecute(request, tree.get({ block: request.parentId }));
    if (!sealed.ok) return sealed;
    const field = differingField(sealed.value, request.claim);
    if (field !== null) return err({ code: "differs", field });
    tree.addBlock(request.blockId, request.parentId, { state: sealed.value.state, origin: "executed" });
    return ok({ stateRoot: sealed.value.stateRoot });
  }

  applyUpdate(request: ApplyRequest): Result<{ stateRoot: Uint8Array }, ApplyFault> {
    const tree = this.#states();
    const held = tree.find({ block: request.blockId });
    if (held !== null) return rootIfEqual(held.state, request.stateRoot);
    tree.assertRoom();
    const state = this.#executor.applyUpdate(
      tree.get({ block: request.parentId }),
      request.context,
      request.stateUpdate,
    );
    if (!state.ok) return state;
    const compared = rootIfEqual(state.value, request.stateRoot);
    if (compared.ok) tree.addBlock(request.blockId, request.parentId, { state: state.value, origin: "applied" });
    return compared;
  }

  finalize(blockId: BlockId): void {
    this.#states().finalize(blockId);
  }

  release(refs: readonly StateRef[]): void {
    this.#tree?.release(refs);
  }

  holds(ref: StateRef): boolean {
    return this.#tree !== null && this.#tree.find(ref) !== null;
  }

  account(id: AccountId, at?: BlockId): AccountView {
    const blockId = at ?? this.#states().finalId;
    const state = this.#states().get({ block: blockId });
    return { ...this.#executor.account(state, id), blockId, stateRoot: state.root };
  }

  totals(at?: BlockId): Totals {
    return this.#states().get({ block: at ?? this.#states().finalId }).totals;
  }

  traces(at: StateRef): readonly Trace[] {
    return this.#tree?.find(at)?.state.traces ?? [];
  }

  query(
    query: EngineQuery,
    at: BlockId | undefined,
    { nowMs, isOver }: Required<Omit<QueryContext, "threadsTable">>,
  ): EngineAnswer {
    const state = this.#states().get({ block: at ?? this.#states().finalId });
    return this.#executor.query(state, query, { nowMs, isOver, threadsTable: this.#options.threadsTable });
  }

  cursors(at: StateRef, sources: readonly ThreadId[]): ImportCursor[] {
    const state = this.#states().get(at);
    return sources.map((source) => this.#executor.cursor(state, source));
  }

  #states(): StateTree {
    if (this.#tree === null) throw new ExecutionError("unknownState", "no state was loaded yet");
    return this.#tree;
  }

  #offer(builder: BlockBuilder, messages: readonly Uint8Array[], watch: BuildWatch): MessageResult[] {
    const results: MessageResult[] = [];
    const leaveRest = (): MessageResult[] => [...results, ...messages.slice(results.length).map(() => LEFT)];
    for (let from = 0; from < messages.length; from += ADMIT_AHEAD) {
      for (const admitted of this.#executor.admit(messages.slice(from, from + ADMIT_AHEAD))) {
        // The first one always goes in: a build without time for any would never get further.
        if (results.length > 0 && watch.isOver()) return leaveRest();
        if (!admitted.ok) results.push({ type: "skipped", rejection: admitted.error });
        else {
          watch.begins(results.length);
          const result = offerOne(builder, admitted.value);
          watch.ends();
          if (result === "full") return leaveRest();
          results.push(result);
        }
      }
    }
    return results;
  }

  #reexecute(request: VerifyRequest, parent: ThreadState): Result<SealedExecution, ExecutionFault> {
    const builder = this.#executor.open(parent, request.context, request.limits);
    const fault = importAll(builder, request.imports) ?? this.#applyAll(builder, request.externals);
    return fault === null ? ok(builder.seal()) : err(fault);
  }

  #applyAll(builder: BlockBuilder, externals: readonly Uint8Array[]): ExecutionFault | null {
    for (const [index, admitted] of this.#executor.admit(externals).entries()) {
      if (!admitted.ok) return { code: "badExternal", index, rejection: admitted.error };
      const outcome = builder.apply(admitted.value);
      if (outcome.type === "full") return { code: "overLimits", field: "externals" };
      if (outcome.type === "skipped") return { code: "badExternal", index, rejection: outcome.rejection };
    }
    return null;
  }
}

const LEFT: MessageResult = { type: "left" };

function offerOne(builder: BlockBuilder, message: AdmittedMessage): MessageResult | "full" {
  const outcome: ApplyOutcome = builder.apply(message);
  switch (outcome.type) {
    case "applied":
      return { type: "included", receipt: outcome.receipt };
    case "skipped":
      // The node that took it had a clock a little ahead of this block's time; a later block may hold it.
      return outcome.rejection.code === "expiryTooFar" ? LEFT : outcome;
    case "full":
      return "full";
  }
}

function importAll(builder: BlockBuilder, ranges: readonly ImportRange[]): ExecutionFault | null {
  for (const range of ranges) {
    const imported = builder.importMessages(range);
    if (!imported.ok) return { code: "badImport", error: imported.error };
    const { to } = imported.value;
    if (to.height !== range.to.height || to.position !== range.to.position)
      return { code: "overLimits", field: "imports" };
  }
  return null;
}

function rootsOf(sealed: SealedExecution): ExecutedRoots {
  return { externals: new Uint8Array(merkleRoot(sealed.externals)), ...resultRoots(sealed) };
}

function resultRoots(sealed: SealedExecution): ExecutionClaim["roots"] {
  return {
    outbound: new Uint8Array(merkleRoot(sealed.outbound.map(encodeOutboundMessage))),
    receipts: new Uint8Array(merkleRoot(sealed.receipts.map(encodeReceipt))),
    stateUpdate: new Uint8Array(sha256(sealed.stateUpdate)),
  };
}

function differingField(
  sealed: SealedExecution,
  claim: ExecutionClaim,
): "outbound" | "receipts" | "gasUsed" | "stateUpdate" | "stateRoot" | null {
  const roots = resultRoots(sealed);
  if (sealed.gasUsed !== claim.gasUsed) return "gasUsed";
  if (!equalBytes(roots.receipts, claim.roots.receipts)) return "receipts";
  if (!equalBytes(roots.outbound, claim.roots.outbound)) return "outbound";
  if (!equalBytes(roots.stateUpdate, claim.roots.stateUpdate)) return "stateUpdate";
  return equalBytes(sealed.stateRoot, claim.stateRoot) ? null : "stateRoot";
}

function rootIfEqual(
  state: ThreadState,
  claimed: Uint8Array,
): Result<{ stateRoot: Uint8Array }, { readonly code: "differs"; readonly field: "stateRoot" }> {
  return equalBytes(state.root, claimed) ? ok({ stateRoot: state.root }) : err({ code: "differs", field: "stateRoot" });
}
