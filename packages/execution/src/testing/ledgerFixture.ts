import {
  type AccountId,
  height,
  type MessageHash,
  type OutboundMessage,
  sha256Hex,
  type ThreadId,
} from "@sealwright/types";
import type { ImportRange } from "../executor.js";
import { encodeCredit } from "../ledger/credit.js";
import { ledgerExecutor } from "../ledger/ledgerExecutor.js";
import type { ExecutorFixture } from "./describeExecutor.js";
import { GENESIS_TIME_MS, LedgerWorld, TEST_FEE, TEST_NETWORK, WIDE_LIMITS } from "./ledgerWorld.js";

/** The ledger on the first of two threads, for the contract suites. */
export function ledgerFixture(): ExecutorFixture & { readonly world: LedgerWorld } {
  const world = new LedgerWorld({ threads: 2, users: 24 });
  const [threadId, otherId] = world.threadIds as [ThreadId, ThreadId];
  const own = world.usersOf(threadId);
  const others = world.usersOf(otherId);
  let nonce = 0n;
  return {
    world,
    executor: ledgerExecutor({ networkId: TEST_NETWORK, transferFee: TEST_FEE }),
    threadId,
    genesis: world.genesis(threadId),
    limits: WIDE_LIMITS,
    known: own[0]!.id,
    unknown: sha256Hex(Buffer.from("nobody")) as AccountId,
    context: (at, timeMs) => world.context(threadId, at, timeMs),
    messages: (count, expiresAtMs = GENESIS_TIME_MS + 30_000) =>
      Array.from({ length: count }, (_, i) => {
        const to = world.users[(i * 7 + 1) % world.users.length]!.id;
        return world.transfer(own[i % own.length]!, to, { amount: BigInt(10 + i), nonce: nonce++, expiresAtMs });
      }),
    foreign: () => world.transfer(others[0]!, own[0]!.id, { amount: 1n, nonce: 0n }),
    inbound: (count) => inboundRange(otherId, count, (i) => creditMessage(others[0]!.id, own[i % own.length]!.id, i)),
  };
}

/** Two messages a block from height 1 on, ending after the last one. */
function inboundRange(source: ThreadId, count: number, message: (i: number) => OutboundMessage): ImportRange {
  const messages = Array.from({ length: count }, (_, i) => ({
    at: { height: height(BigInt(1 + (i >> 1))), position: i % 2 },
    message: message(i),
  }));
  const last = messages.at(-1)!.at;
  const from = { height: height(0n), position: 0 };
  return { source, from, to: { height: last.height, position: last.position + 1 }, messages };
}

function creditMessage(source: AccountId, destination: AccountId, i: number): OutboundMessage {
  const origin = sha256Hex(Buffer.from(`origin ${i}`)) as MessageHash;
  return { source, destination, body: encodeCredit({ amount: 1_000n, origin }) };
}
