import type { KeeperRunner } from "@sealwright/keeper";
import type { ProducerPorts } from "@sealwright/producer";
import type { AggregatedAttestation, SealedBlock } from "@sealwright/types";
import type { ThreadLife } from "../life/threadLife.js";
import { blockContextOf, blockLimitsOf } from "./blockContext.js";
import type { BlockDiary } from "./blockDiary.js";
import type { ImportProgress } from "./importProgress.js";
import { producerStart } from "./producerStart.js";
import type { ThreadDependencies } from "./threadDependencies.js";
import type { ThreadForge } from "./threadForge.js";
import type { ThreadLink } from "./threadLink.js";
import type { ThreadOptions } from "./threadOptions.js";
import type { VoteSums } from "./voteSums.js";

/** The parts of a thread that its producer acts through, besides what the thread itself acts through. */
export interface ProducerParts {
  readonly keeper: KeeperRunner;
  readonly signer: ThreadForge;
  readonly sums: VoteSums;
  readonly link: ThreadLink;
  readonly diary: BlockDiary;
  readonly life: ThreadLife;
  readonly imports: ImportProgress;
  /** What the next block stands on, above the last final one. */
  readonly openChain: () => readonly { readonly block: SealedBlock }[];
}

/** What the producer of one thread asks of the world. */
export function producerPorts(options: ThreadOptions, deps: ThreadDependencies, parts: ProducerParts): ProducerPorts {
  const { threadsTable, settings, rules } = options;
  const { transport, repository, logger } = deps;
  const { keeper, signer, sums, link, life, imports } = parts;
  const { threadId } = rules;
  return {
    findStart: (term) => producerStart(keeper, term, repository),
    contextFor: (order) => {
      life.trace.buildStarted(order.height, order.term);
      return blockContextOf({ ...order, threadId }, threadsTable);
    },
    built: ({ height, term }) => life.trace.built(height, term),
    limits: () => blockLimitsOf(settings),
    importSources: () => imports.sources,
    cursorOf: (source) => imports.cursorAfter(source, parts.openChain()),
    offerImports: (source, cursor) => deps.imports.offer(source, threadId, cursor),
    recordSeal: async (block, firstOfTerm) => {
      const { term, height } = block.header;
      life.trace.note(block, "sealed");
      await repository.commit({
        blocks: [block],
        sealed: [{ threadId, term, height, blockId: block.id, firstOfTerm }],
      });
      life.trace.note(block, "recorded");
    },
    signSeal: async (claim) => {
      const outcome = await signer.seal(claim);
      if (outcome.type === "signed") life.trace.noteKnown(claim.blockId, "signed");
      else life.trace.signerFailed(claim.blockId);
      return outcome;
    },
    publish: (block, _facts, executed) => publish(parts, block, executed),
    announceAgain: (block) => link.announce(block),
    aggregate: async (attestation, votes) => {
      const sum = await sums.aggregate(attestation, votes);
      life.attestedBy(attestation, sum.aggregate?.signers ?? []);
      return sum;
    },
    relayCertificate: (certificate) => relay(options, deps, parts, certificate),
    penalizeSigner: (signerIndex) => transport.penalize(rules.keepers.at(signerIndex).id, "ban", "badVote"),
    messageSkipped: (hash, { rejection }) => {
      logger.log("debug", "message.skipped", { hash, reason: rejection.code });
      deps.desk().notePutAside(hash, rejection);
    },
    importRefused: (error) => logger.log("error", "import.refused", { thread: threadId, error }),
    interrupted: (reason) => logger.log("warn", "producer.interrupted", { thread: threadId, reason }),
    commandIgnored: (command, reason) =>
      logger.log("warn", "producer.commandIgnored", { thread: threadId, command, reason }),
    // Told to: a switch or the node's end has its own line.
    stopped: (reason) =>
      logger.log(reason === "stopped" ? "info" : "warn", "producer.stopped", { thread: threadId, reason }),
    handBack: (messages) => deps.desk().handBack(threadId, messages),
    fail: (error) => deps.fail(error),
  };
}

function publish({ keeper, link, diary }: ProducerParts, block: SealedBlock, executed: boolean): void {
  link.announce(block);
  diary.note(block, "candidate", "sealedMs");
  diary.tell("block.sealed", block);
  keeper.dispatch({ type: "candidate", block, origin: { type: executed ? "own" : "resealed" } });
}

/** A certificate that was added up here: nobody needs to check it once more. */
function relay(
  { rules }: ThreadOptions,
  { signatures }: ThreadDependencies,
  { keeper, link }: ProducerParts,
  certificate: AggregatedAttestation,
): void {
  signatures.note(rules, certificate);
  link.broadcast({ type: "certificate", certificate });
  keeper.dispatch({ type: "certificateVerified", certificate, from: null });
}
