import type { MessageHash, ThreadId } from "@sealwright/types";
import type { MessageWitness } from "../witness/messageWitness.js";
import type { LivingNode } from "../world/livingNode.js";
import type { SimGenesis } from "../world/simGenesis.js";
import type { SimRandom } from "../world/simRandom.js";
import { ledgerMessages } from "./ledgerMessages.js";
import { walletMessages } from "./walletMessages.js";

/** Somebody who uses the network: sends one message at a time to some keeper, and remembers what was accepted. */
export interface Client {
  submit(node: LivingNode): void;
  /** Messages whose keeper said that it has them on disk. */
  accepted(threadId: ThreadId): readonly MessageHash[];
}

export interface ClientDependencies {
  readonly random: SimRandom;
  readonly messages: MessageWitness;
  readonly fail: (error: unknown, context: string) => void;
}

export function createClient(genesis: SimGenesis, { random, messages, fail }: ClientDependencies): Client {
  const accepted: { readonly hash: MessageHash; readonly threadId: ThreadId }[] = [];
  const next = SOURCES[genesis.genesis.executor](genesis, { random, messages });
  return {
    submit(node) {
      const message = next(node.clock.monotonicMs());
      if (message === null) return;
      node.keeper?.desk.submit([message.bytes]).then(
        ([outcome]) => {
          if (outcome?.type === "accepted" && node.isAlive)
            accepted.push({ hash: outcome.record.hash, threadId: message.threadId });
        },
        (error: unknown) => {
          if (node.isAlive && !node.hasDiskFailed) fail(error, "submitting a message");
        },
      );
    },
    accepted: (wanted) => accepted.filter(({ threadId }) => threadId === wanted).map(({ hash }) => hash),
  };
}

const SOURCES = { ledger: ledgerMessages, tvm: walletMessages } as const;
