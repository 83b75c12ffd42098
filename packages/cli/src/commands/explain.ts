import { ApiClientError, type HeightLivesJson } from "@sealwright/api/client";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { clientOf, findTarget, type Target, type TargetOptions } from "../network/target.js";
import { explainLines, type Testimony } from "../output/explainLines.js";
import { Output } from "../output/output.js";

export interface ExplainOptions extends TargetOptions {
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 5_000;

/**
 * Tells the life of the block at a height from what every node that can be asked did and saw of it. Exits with 1 when
 * there is no such block, after saying why.
 */
export async function runExplain(thread: string, height: string, options: ExplainOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const target = await findTarget(options);
  const testimony = await testimonyOf(target, thread, BigInt(height));
  const { witnesses } = testimony;
  out.answer(
    { thread, height, nodes: witnesses.map(({ lives }) => lives) },
    explainLines(thread, height, testimony, out),
  );
  return witnesses.some(({ lives }) => lives.blocks.length > 0) ? EXIT.ok : EXIT.failed;
}

/** @throws the refusal or the failure of the first node when none answers */
async function testimonyOf({ urls, devnet }: Target, thread: string, height: bigint): Promise<Testimony> {
  const answers = await Promise.all(urls.map((url) => ask(url, thread, height)));
  const names = await namesOf(urls[0]!, devnet);
  const witnesses = answers.flatMap((answer) => {
    if (answer instanceof ApiClientError) return [];
    return [{ name: names.get(answer.keeperId) ?? answer.keeperId.slice(0, 8), lives: answer }];
  });
  const silent = urls.filter((_, i) => answers[i] instanceof ApiClientError).map((url) => nameOfUrl(url, devnet));
  if (witnesses.length > 0) return { witnesses, silent, names };
  const [first] = answers;
  if (first instanceof ApiClientError) throw first;
  throw new CliError(EXIT.failed, "noAnswer", "no node could be asked");
}

async function ask(url: string, thread: string, height: bigint): Promise<HeightLivesJson | ApiClientError> {
  const client = clientOf(url);
  try {
    return await client.blockTimeline({ thread, height }, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  } catch (error) {
    if (error instanceof ApiClientError) return error;
    throw error;
  } finally {
    client.close();
  }
}

function nameOfUrl(url: string, devnet: Target["devnet"]): string {
  const node = devnet?.nodes.find(({ apiUrl }) => apiUrl === url);
  return node === undefined ? url : `node ${node.index}`;
}

/** How keepers are called: as the devnet counts them, else by their place among the keepers. */
async function namesOf(url: string, devnet: Target["devnet"]): Promise<ReadonlyMap<string, string>> {
  if (devnet !== null) return new Map(devnet.nodes.map(({ index, keeperId }) => [keeperId, `node ${index}`]));
  const client = clientOf(url);
  try {
    const keepers = await client.keepers({ signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return new Map(keepers.map(({ index, keeperId }) => [keeperId, `keeper ${index}`]));
  } catch (error) {
    if (error instanceof ApiClientError) return new Map();
    throw error;
  } finally {
    client.close();
  }
}
