import type { EventLog, NodeEvent } from "@sealwright/api";
import { decodeBlockFacts, genesisFacts, type ThreadRules, verificationRules } from "@sealwright/consensus";
import type { CryptoService } from "@sealwright/crypto";
import { createRevivingExecution, type ThreadExecution } from "@sealwright/execution";
import { type ForgeWorker, publicKeyHexFromBytes } from "@sealwright/forge";
import { initialKeeperState, type KeeperState } from "@sealwright/keeper";
import type { Transport } from "@sealwright/network";
import { MessageQueue } from "@sealwright/producer";
import type { NodeStore } from "@sealwright/store";
import {
  type AggregatedAttestation,
  assert,
  type Clock,
  type Height,
  type KeeperId,
  type Logger,
  type SealedBlock,
  type Term,
  type ThreadId,
  threadsTableHash,
  unwrap,
  type VoteState,
} from "@sealwright/types";
import { checkLoadedState } from "./checkLoadedState.js";
import type { EvidenceDesk } from "./evidence/evidenceDesk.js";
import type { ThreadGenesisBlock } from "./genesisOfThreads.js";
import type { PublicIdentity } from "./identity.js";
import type { MessageDesk } from "./messages/messageDesk.js";
import type { Opening } from "./opening.js";
import { ImportDesk } from "./thread/importDesk.js";
import type { SnapshotKeeper } from "./sync/snapshotKeeper.js";
import type { SignatureDesk } from "./thread/signatureDesk.js";
import { ThreadService } from "./thread/threadService.js";

export interface OpenThreadsDependencies {
  readonly store: NodeStore;
  readonly forge: ForgeWorker;
  readonly votesFrom?: ReadonlyMap<ThreadId, Term>;
  readonly crypto: CryptoService;
  readonly transport: Transport;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly desk: () => MessageDesk;
  readonly openExecution: (threadId: ThreadId) => ThreadExecution;
  readonly evidence: EvidenceDesk;
  readonly snapshots: SnapshotKeeper;
  readonly signatures: SignatureDesk;
  /** Where clients reach the API of each keeper, as far as it is known. */
  readonly apiUrls: ReadonlyMap<KeeperId, string>;
  readonly fail: (error: unknown) => void;
}

/** A vote that is not settled leaves again after this long (protocol §5). */
const VOTE_RESEND_MS = 300;

/** Every thread with what the store remembers of it, its executor loaded with the last final state. */
export async function openThreads(
  identity: PublicIdentity,
  blocks: readonly ThreadGenesisBlock[],
  deps: OpenThreadsDependencies,
  opening: Opening,
): Promise<ReadonlyMap<ThreadId, ThreadService>> {
  const threads = new Map<ThreadId, ThreadService>();
  const imports = new ImportDesk(identity.table, {
    repository: deps.store.repository,
    filled: (to) => threads.get(to)?.wake(),
    fail: deps.fail,
  });
  opening.opened(() => imports.close());
  const shared = {
    ...deps,
    repository: deps.store.repository,
    blockStates: deps.store.blockStates,
    imports,
    apiUrlOf: (keeper: KeeperId) => deps.apiUrls.get(keeper) ?? null,
    finalMoved: (moved: ThreadId) => tellOthers(threads, moved),
    othersProduced: (threadId: ThreadId) =>
      [...threads.values()].filter((thread) => thread.threadId !== threadId && thread.isProducing()).length,
    certificateFound: (certificate: AggregatedAttestation) =>
      threads.get(certificate.attestation.threadId)?.takeVerifiedCertificate(certificate),
  };
  for (const { block } of blocks) {
    opening.throwIfAborted();
    threads.set(block.header.threadId, await openThread(identity, block, shared, opening));
  }
  return threads;
}

type Shared = OpenThreadsDependencies &
  Omit<ConstructorParameters<typeof ThreadService>[2], "execution" | "queue" | "witness">;

async function openThread(
  identity: PublicIdentity,
  genesis: SealedBlock,
  shared: Shared,
  opening: Opening,
): Promise<ThreadService> {
  const { networkId, keepers, table, self } = identity;
  const { settings } = identity.genesis;
  const { repository, imports, fail } = shared;
  const { threadId } = genesis.header;
  const signer = keepers.indexOf(self);
  const rules: ThreadRules = {
    networkId,
    threadId,
    seed: genesis.id,
    keepers,
    threadsTableHash: threadsTableHash(table),
  };
  const final = await repository.lastFinal(threadId);
  assert(final !== null, "an initialized thread has a final block");
  const facts = final.height === 0n ? genesisFacts(genesis) : unwrap(decodeBlockFacts(final.facts));
  const config = {
    rules,
    self,
    signer,
    timeAheadMaxMs: settings.timeAheadMaxMs,
    voteResendMs: VOTE_RESEND_MS,
    verification: verificationRules(settings.verification, keepers.size),
  };
  const stored = await repository.voteState(threadId);
  // A quorum left all terms below that of a final block.
  const vote = stored !== null && stored.currentTerm < facts.term ? { ...stored, currentTerm: facts.term } : stored;
  const isOnFinalChain = await votedFinalChain(shared.store, threadId, vote, facts.height);
  const keeper = barred(initialKeeperState(config, facts, vote, isOnFinalChain), shared.votesFrom?.get(threadId));

  let service: ThreadService | null = null;
  const execution = createRevivingExecution(
    {},
    {
      open: () => shared.openExecution(threadId),
      reload: async (fresh) => {
        assert(service !== null, "an execution is replaced only once it was loaded, and the thread is open by then");
        await service.reloadExecution(fresh);
      },
      clock: shared.clock,
      logger: shared.logger,
    },
  );
  opening.opened(() => execution.close());
  execution.onDied(fail);
  const { stateRoot } = await opening.breakable(
    () => execution.load(repository.state(threadId), facts.id),
    () => execution.close(),
  );
  await checkLoadedState(repository, facts, stateRoot);
  imports.addSource(threadId, facts.height, final.height === 0n ? null : await repository.finalityProof(facts.id));
  service = new ThreadService(
    { rules, settings, threadsTable: table, self, signer, key: publicKeyHexFromBytes(identity.blsPublicKey) },
    keeper,
    { ...shared, execution, queue: new MessageQueue(), witness: shared.evidence.addThread(rules, final.height) },
  );
  for (const { kind, accused, height } of shared.evidence.offencesOf(threadId)) {
    const accusedSigner = keepers.indexOf(accused);
    if (kind === "wrongNack" && accusedSigner !== null)
      service.keeper.dispatch({ type: "wrongNackProved", signer: accusedSigner, height });
  }
  return service;
}

/** The forge would refuse every vote of a term that the key left, or in which it may have voted for something unknown. */
function barred(state: KeeperState, votesFrom: Term | undefined): KeeperState {
  const { currentTerm } = state.vote;
  return votesFrom !== undefined && currentTerm < votesFrom ? { ...state, barredTerm: currentTerm } : state;
}

/** Whether the last vote lies on the final chain; one above it is judged when its block is here. */
async function votedFinalChain(
  { repository, snapshots }: NodeStore,
  threadId: ThreadId,
  vote: VoteState | null,
  finalHeight: Height,
): Promise<boolean> {
  const voted = vote?.lastVoted ?? null;
  if (voted === null || voted.height > finalHeight) return true;
  const final = await repository.finalAt(threadId, voted.height);
  if (final !== null) return final === voted.blockId;
  // Below a snapshot that was adopted: then others were asked.
  const above = (await snapshots.list(threadId)).filter(({ manifest }) => manifest.height >= voted.height);
  return above[above.length - 1]?.votedFinal ?? false;
}

function tellOthers(threads: ReadonlyMap<ThreadId, ThreadService>, moved: ThreadId): void {
  const height = threads.get(moved)?.durableFinal.height;
  for (const other of threads.values()) {
    if (other.threadId !== moved && height !== undefined) other.otherThreadFinal(height);
  }
}
