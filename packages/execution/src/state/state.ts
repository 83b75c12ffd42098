import { merkleProof, merkleRoot, type AccountId, idBytes, type ThreadId, verifyInclusion } from "@sealwright/types";
import type { ProvedAccount, ThreadState, Totals, Trace } from "../executor.js";
import type { AccountProof } from "./accountProof.js";
import { accountPath, AccountTrie, rootOfProof } from "./accountTrie.js";
import { DedupeWindow } from "./dedupeWindow.js";
import { ImportCursors } from "./importCursors.js";
import { EMPTY_QUEUE, type InternalQueue } from "./internalQueue.js";
import { encodeTotals, ZERO_TOTALS } from "./totals.js";

export interface StateParts {
  readonly accounts: AccountTrie;
  readonly dedupe: DedupeWindow;
  readonly cursors: ImportCursors;
  readonly totals: Totals;
  readonly queue: InternalQueue;
}

export const EMPTY_PARTS: StateParts = {
  accounts: AccountTrie.empty,
  dedupe: DedupeWindow.empty,
  cursors: ImportCursors.empty,
  totals: ZERO_TOTALS,
  queue: EMPTY_QUEUE,
};

/** One thread's state: five parts under one root, a Merkle list of accounts' root, dedupe, cursors' root, totals, queue. */
export class State implements ThreadState {
  readonly root: Uint8Array;

  constructor(
    readonly threadId: ThreadId,
    readonly parts: StateParts,
    readonly traces: readonly Trace[] = [],
  ) {
    this.root = new Uint8Array(merkleRoot(rootItems(parts)));
  }

  get totals(): Totals {
    return this.parts.totals;
  }

  prove(id: AccountId): ProvedAccount {
    const { value, end, siblings } = this.parts.accounts.prove(accountPath(idBytes(id)));
    return { value, proof: { end, siblings, inState: merkleProof(rootItems(this.parts), ACCOUNTS_ITEM) } };
  }
}

/**
 * What a client checks: does the account hold exactly `value` (null: does not exist) in the state with this root?
 * Needs nothing but a root that the client trusts, say from a finality proof's header.
 */
export function verifyAccount(
  stateRoot: Uint8Array,
  id: AccountId,
  value: Uint8Array | null,
  proof: AccountProof,
): boolean {
  if (proof.inState.index !== ACCOUNTS_ITEM || proof.inState.count !== ITEMS) return false;
  const accountsRoot = rootOfProof(accountPath(idBytes(id)), value, proof);
  return accountsRoot !== null && verifyInclusion(stateRoot, accountsRoot, proof.inState);
}

const ACCOUNTS_ITEM = 0;
const ITEMS = 5;

function rootItems(parts: StateParts): Uint8Array[] {
  return [
    parts.accounts.root,
    parts.dedupe.commitment,
    parts.cursors.root,
    encodeTotals(parts.totals),
    parts.queue.commitment,
  ];
}
