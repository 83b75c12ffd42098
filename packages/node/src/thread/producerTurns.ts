import type { EventLog, NodeEvent } from "@sealwright/api";
import { producerOf, rankOfQc, shouldYield } from "@sealwright/consensus";
import type { ChainNotice, KeeperRunner } from "@sealwright/keeper";
import type { BlockProducer, ProducerState } from "@sealwright/producer";
import type { Repository } from "@sealwright/store";
import type { Clock, Logger, Term, ThreadId } from "@sealwright/types";
import type { MessageDesk } from "../messages/messageDesk.js";
import { commandFor } from "./producerStart.js";
import type { ThreadOptions } from "./threadOptions.js";

export interface ProducerTurnsDependencies {
  /** Asked for late, as the producer is: both are made with ports that lead here. */
  readonly keeper: () => KeeperRunner;
  readonly producer: () => BlockProducer;
  readonly repository: Repository;
  readonly desk: () => MessageDesk;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who is looked at for what it leaves out is another one now. */
  readonly watchAnew: () => void;
  /** New work may lie ready for who began to produce. */
  readonly wake: () => void;
  /** How many threads besides this one this node produces now. */
  readonly othersProduced: (threadId: ThreadId) => number;
  readonly fail: (error: unknown) => void;
}

/** When this node produces a thread: it rests when the term is another's, begins when it may, and yields when it leads enough. */
export class ProducerTurns {
  readonly #options: ThreadOptions;
  readonly #deps: ProducerTurnsDependencies;
  #termsEntered = 0;

  constructor(options: ThreadOptions, dependencies: ProducerTurnsDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** How often this keeper left a term since the start. */
  get termsEntered(): number {
    return this.#termsEntered;
  }

  /** Whoever produced goes to rest, and what waits here is offered to whoever produces now. */
  enter(term: Term): void {
    const { events, clock, logger, desk } = this.#deps;
    const { rules, self } = this.#options;
    const { threadId } = rules;
    const producer = producerOf(rules.seed, this.#deps.keeper().state.vote.currentTerm, rules.keepers);
    this.#termsEntered++;
    logger.log("warn", "thread.term", { thread: threadId, term, producer });
    events.append({ type: "thread.term", atMs: clock.nowMs(), threadId, term, producer });
    const atWork = termAtWork(this.#deps.producer().state);
    if (atWork !== null && atWork < term) this.#deps.producer().command({ type: "stop" });
    desk().noteProducerChanged(threadId);
    this.#deps.watchAnew();
    if (producer === self) this.#yieldIfFull(term);
  }

  begin(notice: ChainNotice & { type: "mayProduce" }): void {
    commandFor(this.#deps.keeper(), notice, this.#deps.repository)
      .then((command) => {
        if (command === null) return;
        this.#deps.producer().command(command);
        this.#deps.wake();
      })
      .catch(this.#deps.fail);
  }

  /** S7: its turn comes, and it leads its share of the threads already. */
  #yieldIfFull(term: Term): void {
    const { rules, threadsTable } = this.#options;
    const { state } = this.#deps.producer();
    if (state.phase === "producing" && state.term === term) return;
    const keeper = this.#deps.keeper();
    const parentTerm = rankOfQc(keeper.state.vote.highestQc).term;
    const producing = this.#deps.othersProduced(rules.threadId);
    const turn = { term, parentTerm, keepers: rules.keepers.size, threads: threadsTable.length, producing };
    if (shouldYield(turn)) keeper.dispatch({ type: "yield" });
  }
}

/** The term that a producer is at work in, or will be when its last block of an earlier one is out. */
function termAtWork(state: ProducerState): Term | null {
  if (state.phase === "parked") return null;
  return state.phase === "stopping" ? state.next : state.term;
}
