import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { ALL_VERIFY_UP_TO, DEFAULT_SETTINGS, type ProtocolSettings, type Verification } from "@sealwright/consensus";
import { createNetworkFiles, systemClock, systemRandom } from "@sealwright/node";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import { genesisFlaw } from "../network/genesisFlaw.js";
import { addressesOf } from "../options/addressesOf.js";
import { whyUnwritable } from "../output/fileFault.js";
import { Output } from "../output/output.js";
import { shellWord } from "../output/shellWord.js";
import { tableLines } from "../output/table.js";

export interface InitOptions {
  readonly dir: string;
  readonly name: string;
  readonly nodes: number;
  readonly threads: number;
  readonly hosts?: string;
  readonly keeperPort: number;
  readonly apiPort: number;
  readonly testAccounts: number;
  readonly balance: bigint;
  readonly fee: number;
  /** Left out: all keepers verify. */
  readonly lotteryWindow?: number;
  readonly json?: boolean;
}

/** Makes genesis, keys and configuration of a network. */
export async function runInit(options: InitOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const dir = resolve(options.dir);
  refuseBadGenesis(options);
  const addresses = addressesOf(options);
  out.text(`making the keys of ${options.nodes} keepers…`);
  const made = await makeFiles(dir, addresses, options);
  if (!made.ok) {
    throw new CliError(
      EXIT.usage,
      made.error.code,
      `there is a network already: ${made.error.path}`,
      "choose another folder with --dir; nothing was changed",
    );
  }
  const { networkId, nodes, genesisPath, accountsPath } = made.value;
  out.json({ networkId, genesis: genesisPath, accounts: accountsPath, nodes });
  const short = (path: string): string => relative(process.cwd(), path) || ".";
  const rows = nodes.map((node, i) => [String(i), node.keeperId.slice(0, 16), short(node.dir)]);
  out.text(`network ${options.name}, id ${networkId}`);
  for (const line of tableLines([["node", "keeper", "folder, with keys"], ...rows])) out.text(line);
  out.text(`  genesis  ${short(genesisPath)}`);
  if (accountsPath !== null) out.text(`  accounts ${short(accountsPath)}`);
  out.text();
  out.text("Bring each folder and the genesis document to its machine, and start each keeper:");
  out.text(`  npx sealwright node --config ${shellWord(short(nodes[0]!.configPath))}`);
  return EXIT.ok;
}

/** Found out before keys are made, not by every node at its start. */
function refuseBadGenesis(options: InitOptions): void {
  const flaw = genesisFlaw({
    name: options.name,
    createdAtMs: systemClock.nowMs(),
    executor: "ledger",
    transferFee: BigInt(options.fee),
    threadCount: options.threads,
    settings: settingsOf(options),
    keepers: options.nodes,
    accounts: options.testAccounts,
    balance: options.balance,
  });
  if (flaw === null) return;
  const option = OPTION_OF.find(([path]) => path.test(flaw.path))?.[1] ?? flaw.path;
  throw new CliError(
    EXIT.usage,
    "badOption",
    `${option} is ${JSON.stringify(flaw.value)}, allowed: ${flaw.allowed}`,
    "nothing was written",
  );
}

/** Which option a place of the genesis document comes from. */
const OPTION_OF = [
  [/^name$/, "--name"],
  [/^accounts\[[0-9]+\]\.balance$/, "--balance"],
  [/^accounts$/, "--test-accounts"],
  [/^transferFee$/, "--fee"],
  [/^threads$/, "--threads"],
  [/^keepers$/, "--nodes"],
  [/^settings\.verification/, "--lottery-window"],
] as const;

async function makeFiles(dir: string, addresses: ReturnType<typeof addressesOf>, options: InitOptions) {
  const { name, threads, testAccounts, balance, fee } = options;
  const files = {
    dir,
    name,
    threads,
    settings: settingsOf(options),
    addresses,
    accounts: testAccounts,
    accountBalance: balance,
    transferFee: BigInt(fee),
    keyStrength: "strong",
  } as const;
  try {
    return await createNetworkFiles(files, { random: systemRandom, clock: systemClock });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const advice = "choose another folder with --dir";
    throw new CliError(
      EXIT.cannotStart,
      code,
      `the files cannot be written to ${dir}: ${await whyOf(dir, code, cause)}`,
      advice,
      { cause },
    );
  }
}

async function whyOf(dir: string, code: string, cause: unknown): Promise<string> {
  if (code === "EEXIST") return (await isFile(dir)) ? "it is a file" : "it holds keys of an unfinished start";
  return code === "ENOTDIR" ? "what should be a folder on the way there is a file" : whyUnwritable(cause);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => !stats.isDirectory(),
    () => false,
  );
}

function settingsOf(options: InitOptions): ProtocolSettings {
  return { ...DEFAULT_SETTINGS, verification: verificationOf(options) };
}

function verificationOf({ nodes, lotteryWindow }: InitOptions): Verification {
  if (lotteryWindow === undefined) return "all";
  if (nodes <= ALL_VERIFY_UP_TO)
    throw new CliError(
      EXIT.usage,
      "badOption",
      `--lottery-window with ${nodes} keepers: up to ${ALL_VERIFY_UP_TO} of them all verify`,
      "leave it out, or set --nodes higher",
    );
  return { lottery: { verifyWindowMs: lotteryWindow, unsafeVerifiersForTests: null } };
}
