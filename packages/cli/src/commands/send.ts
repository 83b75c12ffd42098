import type { MessageProgress, SealwrightClient, WaitedMessageJson } from "@sealwright/api/client";
import { wakefulClock } from "@sealwright/devnet";
import { createTransfer } from "@sealwright/execution";
import type { TestAccount } from "@sealwright/node";
import { parseNetworkId, sha256Hex, unixMs, unwrap } from "@sealwright/types";
import { CliError } from "../cliError.js";
import { EXIT, type ExitCode } from "../exitCodes.js";
import {
  findAccount,
  type Funded,
  readAccountKey,
  readFunded,
  receiverOf,
  type Sender,
  senderOf,
} from "../network/accountsFile.js";
import { connect, findTarget, type Target, type TargetOptions } from "../network/target.js";
import type { Transfer, TransferWishes } from "../network/transfer.js";
import { Output } from "../output/output.js";

export interface SendOptions extends TargetOptions, TransferWishes {
  readonly accounts?: string;
  readonly wait: MessageProgress;
  readonly timeout: number;
  readonly json?: boolean;
}

/** The network takes up to 60 s. */
const EXPIRY_MS = 30_000;
const STEPS = ["queued", "included", "prefinal", "final"] as const satisfies readonly MessageProgress[];

/** Sends one signed transfer and tells how far it gets. */
export async function runSend(options: SendOptions): Promise<ExitCode> {
  const out = new Output(options.json === true);
  const target = await findTarget(options);
  const funded = await fundedOf(options, target);
  const client = await connect(target);
  try {
    return await sendAndWait(client, await transferOf(funded, options), options, out);
  } finally {
    client.close();
  }
}

async function sendAndWait(
  client: SealwrightClient,
  { from, to, name, sign }: Transfer,
  options: SendOptions,
  out: Output,
): Promise<ExitCode> {
  const networkId = unwrap(parseNetworkId((await client.network()).networkId));
  const account = await client.account(from, "head");
  const bytes = sign(account, { networkId, expiresAtMs: unixMs(wakefulClock.nowMs() + EXPIRY_MS) });
  const hash = sha256Hex(bytes);
  const startMs = wakefulClock.monotonicMs();
  const elapsed = (): number => Math.round(wakefulClock.monotonicMs() - startMs);
  out.text(`${options.amount} from ${name} to ${options.to}, message ${hash}`);
  const times: Record<string, number> = {};
  let last: WaitedMessageJson = { ...(await client.submit(bytes)), reached: true };
  const tell = (status: string): void => {
    times[status] = elapsed();
    out.text(`  ${status.padEnd(9)} ${String(times[status]).padStart(6)} ms`);
  };
  tell("queued");
  for (const step of STEPS.slice(1, STEPS.indexOf(options.wait) + 1)) {
    const waited = await client.wait(hash, step, { timeoutMs: Math.max(1, options.timeout - elapsed()) });
    if (waited === null)
      throw new CliError(EXIT.failed, "unknownMessage", "the node has forgotten the message", "send it again");
    last = waited;
    if (!waited.reached) break;
    tell(step);
  }
  out.json({
    hash,
    from,
    to,
    amount: options.amount,
    status: last.status,
    ms: times,
    ...(last.block && { block: last.block }),
    ...(last.rejection && { rejection: last.rejection }),
  });
  return conclude(last, options, out);
}

function conclude(last: WaitedMessageJson, options: SendOptions, out: Output): ExitCode {
  if (last.reached) {
    if (last.block !== undefined)
      out.text(
        `  in block ${last.block.height} of thread ${Number.parseInt(last.block.threadId.slice(0, 4), 16)}, ${last.block.blockId}`,
      );
    return EXIT.ok;
  }
  if (last.status === "rejected")
    out.text(out.style("red", `rejected (${last.rejection?.code}): ${last.rejection?.reason}`));
  else if (last.status === "expired") out.text(out.style("red", "expired: no block took it in time"));
  else
    out.text(
      out.style(
        "yellow",
        `still ${last.status} after ${options.timeout / 1_000} s; ask again with sealwright status --message ${last.hash}`,
      ),
    );
  return EXIT.failed;
}

async function transferOf(funded: Funded, options: TransferWishes): Promise<Transfer> {
  if (funded.type === "ledger") return ledgerSend(funded.accounts, options);
  // Only there, for it brings TON's formats and wallets.
  return (await import("../network/walletSend.js")).walletSend(funded.wallets, options);
}

async function ledgerSend(accounts: readonly TestAccount[], options: TransferWishes): Promise<Transfer> {
  const { id: from, key, name } = await chooseSender(options, accounts);
  const to = receiverOf(accounts, options.to);
  return {
    from,
    to,
    name,
    sign: ({ nonce }, place) =>
      createTransfer({ ...place, key, to, amount: options.amount, nonce: BigInt(nonce ?? 0) }),
  };
}

async function fundedOf(options: SendOptions, { devnet }: Target): Promise<Funded> {
  const path = options.accounts ?? devnet?.accounts ?? null;
  return path === null ? { type: "ledger", accounts: [] } : readFunded(path);
}

async function chooseSender({ key, from, to }: TransferWishes, accounts: readonly TestAccount[]): Promise<Sender> {
  if (key !== undefined) return readAccountKey(key);
  if (accounts.length === 0) {
    const advice = "name a key file with --key (sealwright keys new --kind account), or test accounts with --accounts";
    throw new CliError(EXIT.usage, "noSender", "nobody to send from", advice);
  }
  const account =
    from === undefined
      ? accounts.find(({ name, id }) => ![name, id, name.replace("account-", "")].includes(to))
      : findAccount(accounts, from);
  if (account != null) return senderOf(account);
  const advice = `allowed: account-0 to account-${accounts.length - 1}`;
  throw new CliError(EXIT.usage, "unknownAccount", `no test account ${JSON.stringify(from)}`, advice);
}
