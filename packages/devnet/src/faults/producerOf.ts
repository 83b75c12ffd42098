import type { ThreadJson } from "@sealwright/api/client";
import { DevnetError } from "../devnetError.js";
import type { Devnet } from "../network/devnet.js";

const ANSWER_MS_MAX = 2_000;

/**
 * Who produces a thread now, as the keeper that is furthest in its terms sees it: others may not have heard of a switch.
 * @param thread index or id
 * @throws DevnetError `noAnswer` when no keeper says
 */
export async function producerOf(devnet: Devnet, thread: string): Promise<number> {
  const answering = devnet.answering();
  if (answering.length === 0)
    throw new DevnetError("noAnswer", "no keeper runs that could say who produces", "name one by its number");
  const answers = await Promise.all(
    answering.map(({ client }) =>
      client.thread(thread, { signal: AbortSignal.timeout(ANSWER_MS_MAX) }).catch((): ThreadJson | null => null),
    ),
  );
  const known = answers.filter((answer) => answer !== null);
  const [first, ...others] = known;
  if (first === undefined)
    throw new DevnetError("noAnswer", `no keeper says who produces thread ${thread}`, "is there such a thread?");
  const latest = others.reduce((best, one) => (BigInt(one.term) > BigInt(best.term) ? one : best), first);
  return devnet.endpoints.findIndex(({ keeperId }) => keeperId === latest.producer.keeperId);
}
