import { createStoreMessage, createTransfer } from "@sealwright/execution";
import { type MessageHash, threadOf, type ThreadId, unixMs } from "@sealwright/types";
import { START_UNIX_MS, type SimGenesis } from "../world/simGenesis.js";
import type { LivingNode } from "../world/livingNode.js";
import type { SimRandom } from "../world/simRandom.js";

const LIFE_MS = 40_000;
const TRANSFER_RATIO = 0.3;

/** Somebody who uses the network: sends one message at a time to some keeper, and remembers what was accepted. */
export interface Client {
  submit(node: LivingNode): void;
  /** Messages whose keeper said that it has them on disk. */
  accepted(threadId: ThreadId): readonly MessageHash[];
}

export function createClient(
  genesis: SimGenesis,
  random: SimRandom,
  fail: (error: unknown, context: string) => void,
): Client {
  const { users, networkId, table } = genesis;
  const accepted: { readonly hash: MessageHash; readonly threadId: ThreadId }[] = [];
  let nonce = 0n;
  const create = (nowMs: number): { readonly bytes: Uint8Array; readonly threadId: ThreadId } => {
    const [from, to] = [random.pick(users), random.pick(users)];
    const expiresAtMs = unixMs(START_UNIX_MS + nowMs + LIFE_MS);
    const threadId = threadOf(table, from.id);
    if (!random.happens(TRANSFER_RATIO))
      return {
        bytes: createStoreMessage({ networkId, account: from.id, payload: random.bytes(20), expiresAtMs }),
        threadId,
      };
    return {
      bytes: createTransfer({ networkId, key: from.key, to: to.id, amount: 5n, nonce: nonce++, expiresAtMs }),
      threadId,
    };
  };
  return {
    submit(node) {
      const { bytes, threadId } = create(node.clock.monotonicMs());
      node.keeper?.desk.submit([bytes]).then(
        ([outcome]) => {
          if (outcome?.type === "accepted" && node.isAlive) accepted.push({ hash: outcome.record.hash, threadId });
        },
        (error: unknown) => {
          if (node.isAlive && !node.hasDiskFailed) fail(error, "submitting a message");
        },
      );
    },
    accepted: (wanted) => accepted.filter(({ threadId }) => threadId === wanted).map(({ hash }) => hash),
  };
}
