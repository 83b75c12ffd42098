import { decodeBlockFacts } from "@sealwright/consensus";
import {
  compareRank,
  type MarkRecord,
  type MarkScope,
  NO_FLOOR,
  publicKeyHexFromBytes,
  type Rank,
  type StoreFailure,
  type WatermarkStore,
} from "@sealwright/forge";
import type { Repository, SealedEntry } from "@sealwright/store";
import { height, ok, type Result, type Term, term, type ThreadId, unwrap, type VoteState } from "@sealwright/types";
import type { PublicIdentity } from "./identity.js";

type SealwrightScope = Extract<MarkScope, { chain: "sealwright" }>;

/**
 * Raises a key's watermarks to what its store proves, thread by thread, in case they are an old copy.
 * @param isCut something was lost of the watermarks: the key may have voted in the term that is found in what is left, so it
 *   votes again only in a later one. This is durable, so it holds for whoever opens them next.
 * @returns the lowest term in which the key votes, per thread
 */
export async function raiseWatermarks(
  { networkId, table, blsPublicKey }: Pick<PublicIdentity, "networkId" | "table" | "blsPublicKey">,
  memory: { readonly watermarks: WatermarkStore; readonly repository: Repository },
  { isCut }: { readonly isCut: boolean },
): Promise<Result<ReadonlyMap<ThreadId, Term>, StoreFailure>> {
  const key = publicKeyHexFromBytes(blsPublicKey);
  const raising = table.map(async ({ threadId }) => {
    const scope = { chain: "sealwright", networkId, threadId, key } as const;
    return { threadId, from: await raiseThread(scope, memory, isCut) };
  });
  const votesFrom = new Map<ThreadId, Term>();
  for (const { threadId, from } of await Promise.all(raising)) {
    if (!from.ok) return from;
    votesFrom.set(threadId, from.value);
  }
  return ok(votesFrom);
}

async function raiseThread(
  scope: SealwrightScope,
  { watermarks, repository }: { readonly watermarks: WatermarkStore; readonly repository: Repository },
  isCut: boolean,
): Promise<Result<Term, StoreFailure>> {
  const found = await watermarks.marksOf(scope);
  if (!found.ok) return found;
  const marks = found.value.chain === "sealwright" ? found.value.marks : null;
  const vote = await repository.voteState(scope.threadId);
  const promised = highestTerm([marks?.lockTerm, vote?.currentTerm]);
  const last = highestTerm([promised, marks?.attested?.term, isCut ? await finalTerm(repository, scope.threadId) : 0n]);
  const lockTerm = isCut ? term(last + 1n) : promised;
  const highestQc = qcRank(vote);
  const block = belowSealed(await repository.lastSealed(scope.threadId));
  if (
    lockTerm > (marks?.lockTerm ?? 0n) ||
    isHigher(highestQc, marks?.highestQc ?? null) ||
    isHigher(block, marks?.block ?? null)
  ) {
    const record = { ...NO_FLOOR, lockTerm, highestQc, block };
    const raised = await watermarks.raise(scope, [{ chain: "sealwright", record } satisfies MarkRecord]);
    if (!raised.ok) return raised;
  }
  return ok(lockTerm);
}

function highestTerm(terms: readonly (bigint | null | undefined)[]): Term {
  return term(terms.reduce<bigint>((highest, next) => (next != null && next > highest ? next : highest), 0n));
}

async function finalTerm(repository: Repository, threadId: ThreadId): Promise<Term> {
  const final = await repository.lastFinal(threadId);
  return final === null || final.height === 0n ? term(0) : unwrap(decodeBlockFacts(final.facts)).term;
}

function qcRank(vote: VoteState | null): Rank | null {
  const qc = vote?.highestQc?.attestation;
  return qc === undefined ? null : { term: qc.term, height: qc.height };
}

/** The last sealed block itself may have been recorded and not signed yet: it is asked for again, and none below it. */
function belowSealed(sealed: SealedEntry | null): Rank | null {
  return sealed === null || sealed.height === 0n ? null : { term: sealed.term, height: height(sealed.height - 1n) };
}

function isHigher(rank: Rank | null, mark: Rank | null): boolean {
  if (rank === null) return false;
  return mark === null || compareRank(rank, mark) > 0;
}
