import type { ProducerHint } from "@sealwright/api";
import type { ThreadExecution } from "@sealwright/execution";
import type { MessageQueue, QueuedMessage } from "@sealwright/producer";
import type { MessageHash } from "@sealwright/types";
import type { CensorshipWatch } from "./censorshipWatch.js";

/** Where messages of a thread go: its queue when it is this node's turn to produce it, else its producer. */
export interface MessageRoute {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  /** What waited for long, while somebody else produces. */
  readonly censorship: CensorshipWatch;
  /** A block that is known here and not final yet holds the message, certified or not. */
  isInOpenBlock(hash: MessageHash): boolean;
  /** This node seals the thread's blocks now. */
  isProducing(): boolean;
  /** The thread's term is this node's, whether or not it has begun to seal. */
  isTurn(): boolean;
  producer(): ProducerHint;
  /** New work lies in the queue. */
  wake(): void;
  /** To the producer; with `all` to every keeper, because the producer did not take them for a while. */
  forward(messages: readonly Uint8Array[], options: { readonly all: boolean }): void;
  /** The current producer leaves out a message that it had for long (S1). */
  suspectCensorship(): void;
}

/**
 * Messages on their way to a block: into the queue when it is this node's turn, else to whoever produces; with `all` to
 * every keeper. A turn that does not come to sealing may be that of a keeper that left a term alone, while the others go on
 * in it, so then everybody means everybody.
 */
export function sendTo(
  route: MessageRoute,
  messages: readonly QueuedMessage[],
  { all }: { readonly all: boolean },
): void {
  const isTurn = route.isTurn();
  if (isTurn) {
    for (const { hash, account, bytes, expiresAtMs } of messages)
      route.queue.add({ hash, account, bytes, expiresAtMs });
    route.wake();
  }
  if (isTurn && (!all || route.isProducing())) return;
  route.forward(
    messages.map(({ bytes }) => bytes),
    { all },
  );
}
