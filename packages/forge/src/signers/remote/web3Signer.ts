import type { BlsVerifier } from "@sealwright/crypto";
import { type Clock, err, fromHex, type Logger, ok, type Result } from "@sealwright/types";
import type { KeyId, PublicKeyHex } from "../../keyId.js";
import type { ForgeRequest } from "../../requests/forgeRequest.js";
import type { SignFailure, SignOptions, Signer } from "../signer.js";
import { nonsense } from "./answeredFailure.js";
import { askTwice } from "./askTwice.js";
import { callLimits } from "./callLimits.js";
import { type ClientCertificates, HttpExchange } from "./httpExchange.js";
import { errorText, failureOfNoAnswer, parseObject } from "./octezHttp.js";
import type { RemoteCallOptions } from "./octezTransport.js";

/** Where a Web3Signer is, and which keys it is asked for. */
export interface Web3SignerOptions {
  readonly url: string;
  readonly keys: readonly PublicKeyHex[];
  readonly timeoutMs?: number;
  readonly concurrentMax?: number;
  readonly tls?: ClientCertificates;
}

/** What times and logs the calls, and what checks the signatures. */
export interface Web3SignerDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly verifier: BlsVerifier;
}

const TIMEOUT_MS = 5_000;
const CONCURRENT_MAX = 32;
const SIGNATURE_HEX = /^"?(0x)?([0-9a-f]{192})"?$/i;

/**
 * BLS keys at a Web3Signer. It signs only objects of Ethereum's consensus, whose JSON the request carries in `object`;
 * it computes the signing root by itself and refuses one that differs. A connection that is lost before the answer is
 * tried once more; whatever it answers, it is not asked again.
 */
export class Web3Signer implements Signer {
  readonly name: string;
  readonly concurrentMax: number;
  readonly #http: HttpExchange;
  readonly #timeoutMs: number;
  readonly #publicKeys: ReadonlyMap<KeyId, Uint8Array>;
  readonly #verifier: BlsVerifier;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: Web3SignerOptions, dependencies: Web3SignerDependencies) {
    const baseUrl = new URL(options.url);
    this.name = `Web3Signer ${baseUrl.origin}`;
    this.concurrentMax = options.concurrentMax ?? CONCURRENT_MAX;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#verifier = dependencies.verifier;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
    this.#publicKeys = new Map(options.keys.map((key) => [key, fromHex(key) ?? new Uint8Array()]));
    const { tls = {} } = options;
    this.#http = new HttpExchange({ baseUrl, connectionsMax: this.concurrentMax, tls }, dependencies);
  }

  keys(): readonly KeyId[] {
    return [...this.#publicKeys.keys()];
  }

  async sign(key: KeyId, bytes: Uint8Array, options: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    const publicKey = this.#publicKeys.get(key);
    if (publicKey === undefined)
      return err({ code: "unknownKey", message: `${this.name} was not said to hold ${key}`, retryable: false });
    const object = objectOf(options.request);
    if (object === null)
      return err({
        code: "signerFailed",
        message: `${this.name} signs objects of Ethereum only, and needs them`,
        retryable: false,
      });
    const body = JSON.stringify({ ...object, signingRoot: `0x${Buffer.from(bytes).toString("hex")}` });
    const limits = callLimits(options, this.#timeoutMs, this.#clock);
    const path = `/api/v1/eth2/sign/0x${key}`;
    const signature = await askTwice(() => this.#ask(path, body, limits()), {
      signer: this.name,
      logger: this.#logger,
    });
    if (!signature.ok) return signature;
    if (await this.#verifier.verify(publicKey, bytes, signature.value)) return signature;
    return err({
      code: "badSignature",
      message: `${this.name} answered with a signature that does not hold under ${key}`,
      retryable: false,
    });
  }

  async #ask(path: string, body: string, limits: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>> {
    const answer = await this.#http.call({ method: "POST", path, body, ...limits });
    return answer.ok ? signatureOf(answer.value.status, answer.value.body) : err(failureOfNoAnswer(answer.error));
  }

  close(): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }
}

function objectOf(request: ForgeRequest | undefined): Readonly<Record<string, unknown>> | null {
  return request !== undefined && "object" in request ? (request.object ?? null) : null;
}

function signatureOf(status: number, body: string): Result<Uint8Array, SignFailure> {
  const message = `${status}: ${errorText(body)}`;
  if (status === 404) return err({ code: "unknownKey", message, retryable: false });
  // A rule of its own, and with a service of our own kind what the key may sign.
  if (status === 403 || status === 412) return err({ code: "refusedBySigner", message, retryable: false });
  if (status !== 200) return err({ code: "signerFailed", message, retryable: status === 429 || status >= 500 });
  const json = parseObject(body)?.["signature"];
  const hex = SIGNATURE_HEX.exec(typeof json === "string" ? json : body.trim())?.[2];
  const bytes = hex === undefined ? null : fromHex(hex);
  return bytes === null ? err(nonsense("no signature in the answer")) : ok(bytes);
}
