import { createStoreMessage, createTransfer } from "@sealwright/execution";
import { threadOf, unixMs } from "@sealwright/types";
import { START_UNIX_MS, type SimGenesis } from "../world/simGenesis.js";
import type { SimRandom } from "../world/simRandom.js";
import type { MessageSource } from "./messageSource.js";

const LIFE_MS = 40_000;
const TRANSFER_RATIO = 0.3;

/** Notes and transfers of a network without contracts: each with a nonce of its own, of accounts that are rich enough. */
export function ledgerMessages(
  { users, networkId, table }: SimGenesis,
  { random }: { readonly random: SimRandom },
): MessageSource {
  let nonce = 0n;
  return (nowMs) => {
    const [from, to] = [random.pick(users), random.pick(users)];
    const expiresAtMs = unixMs(START_UNIX_MS + nowMs + LIFE_MS);
    const threadId = threadOf(table, from.id);
    if (!random.happens(TRANSFER_RATIO))
      return {
        bytes: createStoreMessage({ networkId, account: from.id, payload: random.bytes(20), expiresAtMs }),
        threadId,
        expiresAtMs,
        isIrrefusable: true,
      };
    return {
      bytes: createTransfer({ networkId, key: from.key, to: to.id, amount: 5n, nonce: nonce++, expiresAtMs }),
      threadId,
      expiresAtMs,
      isIrrefusable: true,
    };
  };
}
