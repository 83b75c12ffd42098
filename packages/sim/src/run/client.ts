import type { KeeperId, MessageHash, ThreadId, UnixMs } from "@sealwright/types";
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
  /** Of those, what no state can refuse: a network that works executes it before its end. */
  owed(): readonly OwedMessage[];
}

export interface OwedMessage {
  readonly hash: MessageHash;
  readonly takenBy: KeeperId;
  readonly expiresAtMs: UnixMs;
}

interface Accepted extends OwedMessage {
  readonly threadId: ThreadId;
  readonly isIrrefusable: boolean;
}

export interface ClientDependencies {
  readonly random: SimRandom;
  readonly messages: MessageWitness;
  readonly fail: (error: unknown, context: string) => void;
}

export function createClient(genesis: SimGenesis, { random, messages, fail }: ClientDependencies): Client {
  const accepted: Accepted[] = [];
  const next = SOURCES[genesis.genesis.executor](genesis, { random, messages });
  return {
    submit(node) {
      const message = next(node.clock.monotonicMs());
      if (message === null) return;
      const { bytes, ...taken } = message;
      node.keeper?.desk.submit([bytes]).then(
        ([outcome]) => {
          if (outcome?.type === "accepted" && node.isAlive)
            accepted.push({ ...taken, hash: outcome.record.hash, takenBy: node.self });
        },
        (error: unknown) => {
          if (node.isAlive && !node.hasDiskFailed) fail(error, "submitting a message");
        },
      );
    },
    accepted: (wanted) => accepted.filter(({ threadId }) => threadId === wanted).map(({ hash }) => hash),
    owed: () => accepted.filter(({ isIrrefusable }) => isIrrefusable),
  };
}

const SOURCES = { ledger: ledgerMessages, tvm: walletMessages } as const;
