import { type Clock, decodeFinalityProof, type FinalityProof } from "@sealwright/types";
import type { MessageStatus } from "../backend/message.js";
import type { AccountView } from "../backend/records.js";
import type { ReadinessJson } from "../http/healthRoutes.js";
import type { AccountJson } from "../json/accountJson.js";
import type { BlockJson, BlockListJson } from "../json/blockJson.js";
import type { HeightLivesJson } from "../json/blockLifeJson.js";
import type { EvidenceJson, KeeperJson } from "../json/keeperJson.js";
import type {
  BatchAnswerJson,
  BatchOutcomeJson,
  MessageJson,
  SubmittedMessageJson,
  WaitedMessageJson,
} from "../json/messageJson.js";
import type { NetworkJson } from "../json/networkJson.js";
import type { ThreadTotalsJson } from "../json/threadTotalsJson.js";
import type { ThreadJson } from "../json/threadJson.js";
import { encodeMessageBatch, MESSAGE_BATCH_TYPE } from "../messages/messageBatch.js";
import { ApiClientError } from "./apiClientError.js";
import { type ClientEvent, clientEvents, type EventsOptions, sleep } from "./clientEvents.js";
import { type HttpRequest, HttpTransport } from "./httpTransport.js";

/** Which node to talk to. */
export interface SealwrightClientOptions {
  /** Such as http://127.0.0.1:8080. */
  readonly baseUrl: string;
  /** Connections kept to the node; event streams come on top. */
  readonly connectionsMax?: number;
}

/** Of every call: when `signal` is aborted it throws `ApiClientError` with the code `aborted`. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Of sending: whether the answer waits for a status. Without `wait` it comes as soon as the node has the message. */
export interface SubmitOptions extends CallOptions {
  /** Answer only when the message got this far, or `timeoutMs` is over. */
  readonly wait?: MessageStatus;
  readonly timeoutMs?: number;
}

/** Of a wait for a message's status. */
export interface WaitForOptions extends CallOptions {
  /** All in all; the client asks as often as it takes, also across restarts of the node. */
  readonly timeoutMs: number;
}

/** Index or id of a thread, as the routes take it. */
export type ThreadName = number | string;
/** Either way to name a block; by height it is the one on the chain that the node follows. */
export type BlockName =
  { readonly blockId: string } | { readonly thread: ThreadName; readonly height: bigint | number };

const CONNECTIONS_MAX = 16;
/** One request of a longer wait; the node's own limit may not be shorter. */
const WAIT_STEP_MS = 25_000;
const RETRY_MS = 500;

/** A node's HTTP API. Every method throws `ApiClientError`, with the node's own code where it refused. */
export class SealwrightClient {
  readonly baseUrl: string;
  readonly #transport: HttpTransport;
  readonly #clock: Clock;

  constructor(options: SealwrightClientOptions, deps: { readonly clock: Clock }) {
    this.baseUrl = options.baseUrl.replace(/\/$/, "");
    this.#transport = new HttpTransport({
      baseUrl: this.baseUrl,
      connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX,
    });
    this.#clock = deps.clock;
  }

  /** Sends one message; a refusal is thrown. */
  submit(message: Uint8Array, options: SubmitOptions = {}): Promise<SubmittedMessageJson> {
    return this.#post("application/octet-stream", message, options);
  }

  /** Sends up to MESSAGES_PER_BATCH_MAX messages. @returns one outcome each, in order; a refused one has `error` */
  async submitBatch(
    messages: readonly Uint8Array[],
    options: SubmitOptions = {},
  ): Promise<readonly BatchOutcomeJson[]> {
    const body = encodeMessageBatch(messages);
    return (await this.#post<BatchAnswerJson>(MESSAGE_BATCH_TYPE, body, options)).outcomes;
  }

  /** @returns null when the node has not met the message */
  status(hash: string, options: CallOptions = {}): Promise<MessageJson | null> {
    return this.#getOrNull(`/v1/messages/${hash}`, ["unknownMessage"], options);
  }

  /**
   * Waits until the message has reached `status` or a last word. A node that is away meanwhile is asked again.
   * @returns where the message stands at the end, `reached` or not; null when the node never met it
   */
  async wait(hash: string, status: MessageStatus, options: WaitForOptions): Promise<WaitedMessageJson | null> {
    const deadlineMs = this.#clock.monotonicMs() + options.timeoutMs;
    for (;;) {
      const leftMs = Math.max(1, Math.ceil(deadlineMs - this.#clock.monotonicMs()));
      const waited = await this.#waitStep(hash, status, Math.min(leftMs, WAIT_STEP_MS), options);
      const isOver = this.#clock.monotonicMs() >= deadlineMs;
      if (waited instanceof ApiClientError) {
        if (isOver) throw waited;
        await sleep(this.#clock, RETRY_MS, options.signal);
      } else if (isOver || waited?.reached === true || waited?.done === true) {
        return waited;
      }
    }
  }

  async threads(options: CallOptions = {}): Promise<readonly ThreadJson[]> {
    return (await this.#get<{ threads: ThreadJson[] }>("/v1/threads", options)).threads;
  }

  thread(thread: ThreadName, options: CallOptions = {}): Promise<ThreadJson> {
    return this.#get(`/v1/threads/${thread}`, options);
  }

  totals(thread: ThreadName, options: CallOptions = {}): Promise<ThreadTotalsJson> {
    return this.#get(`/v1/threads/${thread}/totals`, options);
  }

  /** @returns null for a block that the node does not know or has forgotten, and for a genesis, which nobody made */
  block(name: BlockName, options: CallOptions = {}): Promise<BlockJson | null> {
    return this.#getOrNull(`/v1/blocks/${pathOf(name)}`, ["unknownBlock", "pruned", "genesisBlock"], options);
  }

  /** What the node did and saw of the blocks at a height, also when there is none. */
  blockTimeline(
    name: { readonly thread: ThreadName; readonly height: bigint | number },
    options: CallOptions = {},
  ): Promise<HeightLivesJson> {
    return this.#get(`/v1/blocks/${pathOf(name)}/timeline`, options);
  }

  blocks(
    query: { readonly thread: ThreadName; readonly from?: bigint | number; readonly limit?: number },
    options: CallOptions = {},
  ): Promise<BlockListJson> {
    const from = query.from === undefined ? "" : `&from=${query.from}`;
    const limit = query.limit === undefined ? "" : `&limit=${query.limit}`;
    return this.#get(`/v1/blocks?thread=${query.thread}${from}${limit}`, options);
  }

  account(accountId: string, view: AccountView = "final", options: CallOptions = {}): Promise<AccountJson> {
    return this.#get(`/v1/accounts/${accountId}?view=${view}`, options);
  }

  /** Not yet checked: that is the caller's to do, with the BK set. @returns null while the block is unknown or not final */
  async finalityProof(name: BlockName, options: CallOptions = {}): Promise<FinalityProof | null> {
    const path = `/v1/finality-proof/${pathOf(name)}`;
    try {
      const { bytes } = await this.#transport.request(getRequest(path, "application/octet-stream", options));
      const proof = decodeFinalityProof(bytes);
      if (proof.ok) return proof.value;
      throw new ApiClientError("badAnswer", `a finality proof that cannot be read: ${proof.error.reason}`);
    } catch (error) {
      if (error instanceof ApiClientError && (error.code === "notFinal" || error.code === "unknownBlock")) return null;
      throw error;
    }
  }

  async keepers(options: CallOptions = {}): Promise<readonly KeeperJson[]> {
    return (await this.#get<{ keepers: KeeperJson[] }>("/v1/keepers", options)).keepers;
  }

  async evidence(options: CallOptions = {}): Promise<readonly EvidenceJson[]> {
    return (await this.#get<{ evidence: EvidenceJson[] }>("/v1/evidence", options)).evidence;
  }

  network(options: CallOptions = {}): Promise<NetworkJson> {
    return this.#get("/v1/network", options);
  }

  /** Also when the node is not ready: that is an answer, not a refusal. */
  async readiness(options: CallOptions = {}): Promise<ReadinessJson> {
    const { bytes } = await this.#transport.request(getRequest("/readyz", JSON_TYPE, options), [503]);
    return parseJson(bytes);
  }

  async metrics(options: CallOptions = {}): Promise<string> {
    return (await this.#transport.request(getRequest("/metrics", "text/plain", options))).bytes.toString("utf8");
  }

  /** Events from now on, or after a cursor, across reconnects; ends when `signal` aborts or the loop is left. */
  events(options: EventsOptions = {}): AsyncIterable<ClientEvent> {
    return clientEvents(this.#transport, this.#clock, options);
  }

  /** Gives the kept connections back. */
  close(): void {
    this.#transport.close();
  }

  async #waitStep(
    hash: string,
    status: MessageStatus,
    timeoutMs: number,
    options: CallOptions,
  ): Promise<WaitedMessageJson | ApiClientError | null> {
    const path = `/v1/messages/${hash}/wait?status=${status}&timeoutMs=${timeoutMs}`;
    try {
      return await this.#getOrNull<WaitedMessageJson>(path, ["unknownMessage"], options);
    } catch (error) {
      if (error instanceof ApiClientError && error.retryable) return error;
      throw error;
    }
  }

  async #post<T>(type: string, bytes: Uint8Array, { wait, timeoutMs, signal }: SubmitOptions): Promise<T> {
    const query = new URLSearchParams();
    if (wait !== undefined) query.set("wait", wait);
    if (timeoutMs !== undefined) query.set("timeoutMs", String(timeoutMs));
    const path = query.size === 0 ? "/v1/messages" : `/v1/messages?${query.toString()}`;
    const request = { method: "POST", path, accept: JSON_TYPE, body: { type, bytes } } as const;
    return parseJson((await this.#transport.request(signal === undefined ? request : { ...request, signal })).bytes);
  }

  async #get<T>(path: string, options: CallOptions): Promise<T> {
    return parseJson((await this.#transport.request(getRequest(path, JSON_TYPE, options))).bytes);
  }

  async #getOrNull<T>(
    path: string,
    absent: readonly ApiClientError["code"][],
    options: CallOptions,
  ): Promise<T | null> {
    try {
      return await this.#get<T>(path, options);
    } catch (error) {
      if (error instanceof ApiClientError && absent.includes(error.code)) return null;
      throw error;
    }
  }
}

const JSON_TYPE = "application/json";

function getRequest(path: string, accept: string, { signal }: CallOptions): HttpRequest {
  return { method: "GET", path, accept, ...(signal === undefined ? {} : { signal }) };
}

function pathOf(name: BlockName): string {
  return "blockId" in name ? name.blockId : `${name.thread}/${name.height}`;
}

function parseJson<T>(bytes: Buffer): T {
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch (cause) {
    throw new ApiClientError("badAnswer", "the answer is not JSON", { cause });
  }
}
