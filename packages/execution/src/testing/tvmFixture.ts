import { beginCell, internal, storeMessage } from "@ton/core";
import {
  type AccountId,
  height,
  type OutboundMessage,
  sha256Hex,
  type StateChange,
  type ThreadId,
  unwrap,
} from "@sealwright/types";
import { createExecutor } from "../createExecutor.js";
import type { Executor, ImportRange, SealedExecution } from "../executor.js";
import { writeCell } from "../tvm/bagOfCells.js";
import type { TvmEmulator } from "../tvm/emulator.js";
import { addressOf } from "../tvm/tvmAddress.js";
import { tvmEngine } from "../tvm/tvmEngine.js";
import type { ExecutorFixture } from "./describeExecutor.js";
import { GENESIS_TIME_MS, TEST_NETWORK, WIDE_LIMITS } from "./ledgerWorld.js";
import type { BuildRequest } from "../threadExecution.js";
import { TvmWorld } from "./tvmWorld.js";

/** The TVM on the first of two threads, for the contract suites. */
export function tvmFixture(emulator: TvmEmulator): ExecutorFixture & { readonly world: TvmWorld } {
  const world = new TvmWorld({ threads: 2, contracts: 24 });
  const [threadId, otherId] = world.threadIds as [ThreadId, ThreadId];
  const own = world.contractsOf(threadId);
  const others = world.contractsOf(otherId);
  return {
    world,
    executor: createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator })),
    threadId,
    genesis: world.genesis(threadId),
    limits: WIDE_LIMITS,
    known: own[0]!.id,
    unknown: sha256Hex(Buffer.from("nobody")) as AccountId,
    context: (at, timeMs) => world.context(threadId, at, timeMs),
    // To accounts of the other thread: what stays in this one would add receipts of its own.
    messages: (count, expiresAtMs = GENESIS_TIME_MS + 30_000) =>
      Array.from({ length: count }, (_, i) =>
        world.order(own[i % own.length]!, others[i % others.length]!.id, { value: 10_000_000n, expiresAtMs }),
      ),
    foreign: () => world.order(others[0]!, own[0]!.id, { value: 1n }),
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

export function creditMessage(source: AccountId, destination: AccountId, i: number): OutboundMessage {
  const { info, body } = internal({ to: addressOf(destination), value: 1_000_000n, bounce: false });
  if (info.type !== "internal") throw new TypeError("an internal message");
  const placed = { ...info, src: addressOf(source), createdLt: 1_000n + BigInt(i), createdAt: 1 };
  const message = beginCell()
    .store(storeMessage({ info: placed, body }))
    .endCell();
  return { source, destination, body: writeCell(message) };
}

/** A block with imports, and with messages that stay, leave and come back; the same whoever builds it. */
export function buildSampleBlock(executor: Executor): {
  readonly sample: {
    readonly world: TvmWorld;
    readonly threadId: ThreadId;
    readonly genesis: readonly StateChange[];
    readonly request: Omit<BuildRequest, "parent">;
  };
  readonly sealed: SealedExecution;
  /** Over everything that the block would hold. */
  readonly digest: string;
} {
  const world = new TvmWorld({ threads: 2, contracts: 12 });
  const [threadId, otherId] = world.threadIds as [ThreadId, ThreadId];
  const own = world.contractsOf(threadId);
  const [other] = world.contractsOf(otherId);
  const targets = [own[1]!.id, other!.id, sha256Hex(Buffer.from("nowhere")) as AccountId];
  const messages = Array.from({ length: 24 }, (_, i) =>
    world.order(own[i % own.length]!, targets[i % targets.length]!, { value: 20_000_000n, bounce: i % 2 === 0 }),
  );
  const imports = [inboundRange(otherId, 3, (i) => creditMessage(other!.id, own[i % own.length]!.id, i))];
  const request = { context: world.context(threadId, 1), limits: WIDE_LIMITS, imports, messages };
  const genesis = world.genesis(threadId);
  const builder = executor.open(unwrap(executor.load(threadId, genesis)), request.context, request.limits);
  for (const range of imports) unwrap(builder.importMessages(range));
  for (const admitted of executor.admit(messages)) builder.apply(unwrap(admitted));
  const sealed = builder.seal();
  const { outbound, receipts, stateUpdate, stateRoot } = sealed;
  const parts = [...outbound.map(({ body }) => body), ...receipts.map(({ detail }) => detail), stateUpdate, stateRoot];
  const digest = sha256Hex(Buffer.concat(parts));
  return { sample: { world, threadId, genesis, request }, sealed, digest };
}
