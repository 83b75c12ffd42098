import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SealwrightClient, WaitedMessageJson } from "@sealwright/api/client";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { accountIdOfText, addressOf, decodeTransactionDetail } from "@sealwright/execution";
import { type AccountId, assertNever, fromHex, type NetworkId, unixMs, unwrap } from "@sealwright/types";
import { createLoadTransfer, PAYMENTS_MAX } from "../wallets/loadTransfer.js";
import { type LoadWallet, seqnoOfWallet } from "../wallets/wallet.js";
import { sleepMs, wakefulClock } from "../wakefulClock.js";
import { type Gift, GiftQueue } from "./giftQueue.js";

export interface FaucetOptions {
  readonly networkId: NetworkId;
  /** Funded at genesis, and used by nobody else. */
  readonly wallet: LoadWallet;
  /** Of the wallet, 32 bytes. */
  readonly seed: Uint8Array;
  /** How long a payment may take, `PAYMENT_MS_MAX` unless told: others wait for its end. */
  readonly paymentMsMax?: number;
}

/** Gives money of a test network to whoever asks, and answers when it is there. Gifts that wait go together. */
export interface Faucet {
  /** `POST { "address": text, "amount"?: nanotons as text }`. */
  readonly url: string;
  close(): Promise<void>;
}

/** 10 coins unless asked, at most 1,000. */
const AMOUNT_PRESET = 10_000_000_000n;
const AMOUNT_MAX = 1_000_000_000_000n;
const BODY_BYTES_MAX = 1_024;
const WAITING_MAX = 32;
const EXPIRY_MS = 30_000;
const PAYMENT_MS_MAX = 20_000;
/** Beyond its time, for a keeper to say where the payment stands; who says nothing then is not waited for. */
const LAST_WORD_MS = 2_000;
const ARRIVAL_POLL_MS = 25;

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * Listens on the loopback interface, on a free port.
 * @param keeper asked for each payment: the one of the last time may be gone
 */
export async function startFaucet(options: FaucetOptions, keeper: () => SealwrightClient): Promise<Faucet> {
  const queue = new GiftQueue({ waitingMax: WAITING_MAX, receiversMax: PAYMENTS_MAX }, (payments) =>
    pay(options, keeper(), payments),
  );
  const give = async (gift: Gift): Promise<Answer> => {
    const arrival = await queue.give(gift);
    return arrival === null
      ? refusal(429, "queueFull", `${WAITING_MAX} gifts wait already`)
      : answerOf(arrival, gift.amount);
  };
  const server = createServer((request, response) => {
    void answer(request, give)
      .catch((error: unknown) => refusal(502, "unavailable", error instanceof Error ? error.message : "failed"))
      .then((answered) => respond(response, answered));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => closed(server) };
}

async function answer(request: IncomingMessage, give: (gift: Gift) => Promise<Answer>): Promise<Answer> {
  if (request.method !== "POST") return refusal(405, "badRequest", "POST an address");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return refusal(413, "tooLarge", `at most ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const gift = giftOf(Buffer.concat(chunks).toString("utf8"));
  return "to" in gift ? give(gift) : gift;
}

function giftOf(text: string): Gift | Answer {
  let asked: { readonly address?: unknown; readonly amount?: unknown };
  try {
    asked = (JSON.parse(text) ?? {}) as typeof asked;
  } catch {
    return refusal(400, "badRequest", 'the body is no JSON such as { "address": "…" }');
  }
  const { address, amount = String(AMOUNT_PRESET) } = asked;
  const to = typeof address === "string" ? accountIdOfText(address) : null;
  if (to === null) return refusal(400, "badRequest", "address: an address of this network");
  const isAmount = typeof amount === "string" && /^[0-9]{1,15}$/.test(amount);
  if (!isAmount || BigInt(amount) === 0n || BigInt(amount) > AMOUNT_MAX)
    return refusal(400, "badRequest", `amount: 1 to ${AMOUNT_MAX} nanotons, as a decimal text`);
  return { to, amount: BigInt(amount) };
}

/** What came of a payment. */
type Arrival =
  | { readonly type: "arrived"; readonly hash: string }
  /** Where the wallet's message stands, or that the money is on its way to another thread. */
  | { readonly type: "late"; readonly hash: string; readonly status: string }
  | { readonly type: "notPaid"; readonly hash: string; readonly code: number };

/** One message of the wallet, all its payments; done when all of them have arrived, or are late. */
async function pay(
  { networkId, wallet, seed, paymentMsMax = PAYMENT_MS_MAX }: FaucetOptions,
  client: SealwrightClient,
  payments: readonly Gift[],
): Promise<readonly Arrival[]> {
  const deadlineMs = wakefulClock.monotonicMs() + paymentMsMax;
  const signal = AbortSignal.timeout(paymentMsMax + LAST_WORD_MS);
  const { value } = await client.account(wallet.id, "head", { signal });
  const message = createLoadTransfer({
    networkId,
    wallet,
    key: unwrap(Ed25519SecretKey.fromSeed(seed)),
    seqno: seqnoOfWallet("v4R2", value === null ? null : fromHex(value)),
    payments: payments.map(({ to, amount }) => ({ to: addressOf(to), amount })),
    expiresAtMs: unixMs(wakefulClock.nowMs() + EXPIRY_MS),
  });
  const { hash } = await client.submit(message, { signal });
  const waited = await client.wait(hash, "final", { timeoutMs: paymentMsMax, signal });
  if (waited?.reached !== true)
    return payments.map(() => ({ type: "late", hash, status: waited?.status ?? "unknown" }));
  const code = waited.result?.code ?? 0;
  if (code !== 0) return payments.map(() => ({ type: "notPaid", hash, code }));
  const paidLt = await paidLtOf(client, waited, signal);
  // The wallet has paid. Whoever asked wants to spend it, and it may still be on its way to another thread.
  return Promise.all(
    payments.map(async ({ to }, i): Promise<Arrival> => {
      const sent = { from: wallet.id, to, createdLt: paidLt + BigInt(i) + 1n };
      while (!(await hasArrived(client, sent, signal))) {
        if (wakefulClock.monotonicMs() > deadlineMs) return { type: "late", hash, status: "onItsWay" };
        await sleepMs(ARRIVAL_POLL_MS);
      }
      return { type: "arrived", hash };
    }),
  );
}

/** Logical time of the wallet's transaction; its messages have those that follow, in their order. */
async function paidLtOf(
  client: SealwrightClient,
  { hash, block }: WaitedMessageJson,
  signal: AbortSignal,
): Promise<bigint> {
  const paidIn = block === undefined ? null : await client.block({ blockId: block.blockId }, { signal });
  const receipt = paidIn?.receipts.find(({ messageHash }) => messageHash === hash);
  const bytes = receipt === undefined ? null : fromHex(receipt.detail);
  const detail = bytes === null ? null : decodeTransactionDetail(bytes);
  if (detail === null) throw new Error(`the block that holds message ${hash} is not kept`);
  return detail.lt;
}

/** @param given of this gift alone: others to the same receiver may have come with it */
function answerOf(arrival: Arrival, given: bigint): Answer {
  const { hash } = arrival;
  const amount = String(given);
  switch (arrival.type) {
    case "arrived":
      return { status: 200, body: { hash, status: "final", amount } };
    case "late":
      return { status: 504, body: { hash, status: arrival.status, amount } };
    case "notPaid":
      return refusal(
        502,
        "notPaid",
        `the faucet's wallet did not pay: message ${hash} ended with code ${arrival.code}`,
      );
    default:
      return assertNever(arrival);
  }
}

interface SentGift {
  readonly from: AccountId;
  readonly to: AccountId;
  readonly createdLt: bigint;
}

/**
 * Whether the receiver took it, whatever became of its balance: it may owe for its storage, or spend at once. False also
 * when no answer comes: the wallet has paid, and only whether it arrived is unknown.
 */
async function hasArrived(
  { baseUrl }: SealwrightClient,
  { from, to, createdLt }: SentGift,
  signal: AbortSignal,
): Promise<boolean> {
  const query = new URLSearchParams({ source: `0:${from}`, destination: `0:${to}`, created_lt: String(createdLt) });
  const answer = await fetch(`${baseUrl}/api/v2/tryLocateResultTx?${query.toString()}`, { signal }).catch(() => null);
  // A connection is given back only by who reads the answer.
  await answer?.arrayBuffer().catch(() => null);
  return answer?.ok === true;
}

function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

function respond(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
