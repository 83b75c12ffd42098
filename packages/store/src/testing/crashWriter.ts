import { writeSync } from "node:fs";
import { height, type MessageHash, term, unwrap } from "@sealwright/types";
import { openNodeStore } from "../nodeStore.js";
import type { Repository } from "../repository.js";
import { SAMPLE_KEEPER, SAMPLE_NETWORK, sampleBlock, sampleGenesis, sampleHash, THREAD_A } from "./sampleChain.js";

// A process to be killed: it commits without end, many at a time, and says on stdout which commits were acknowledged.

const IN_FLIGHT = 16;
const STDOUT = 1;

/** The messages of commit `i`: all of them are there, or none. */
export function hashesOf(i: number): MessageHash[] {
  return ["a", "b", "c"].map((part) => sampleHash(`${part} ${i}`));
}

async function commitNumber(repository: Repository, i: number): Promise<void> {
  const block = sampleBlock({ at: i, term: 3 });
  const status = { state: "queued" as const, threadId: THREAD_A };
  await repository.commit({
    blocks: [block],
    sealed: [{ threadId: THREAD_A, term: term(3), height: height(i), blockId: block.id, firstOfTerm: false }],
    messages: hashesOf(i).map((hash) => ({ hash, status })),
  });
  writeSync(STDOUT, `${i}\n`);
}

/** Goes on where the last killed process stopped. */
export async function runCrashWriter(dir: string): Promise<never> {
  const store = unwrap(await openNodeStore({ dir, networkId: SAMPLE_NETWORK, keeperId: SAMPLE_KEEPER }));
  unwrap(await store.repository.initialize([sampleGenesis(THREAD_A)]));
  let next = Number((await store.repository.lastSealed(THREAD_A))?.height ?? 0n) + 1;
  const lane = async (): Promise<never> => {
    for (;;) await commitNumber(store.repository, next++);
  };
  return Promise.race(Array.from({ length: IN_FLIGHT }, lane));
}
