import type { BlsVerifier } from "@sealwright/crypto";
import {
  encodeAuthenticationPayload,
  equalPublicKeyHashes,
  hashPublicKey,
  parsePublicKeyHash,
  type PublicKey,
  type PublicKeyHash,
  type Signature,
} from "@sealwright/tezos";
import { type Clock, err, type Logger, ok, type Result, unwrap } from "@sealwright/types";
import { type KeyId, publicKeyHexFromBytes, type PublicKeyHex, schemeOfKey, type TezosKeyHash } from "../../keyId.js";
import type { SignFailure, SignOptions, Signer } from "../signer.js";
import { verifySignature } from "../verifySignature.js";
import { askTwice } from "./askTwice.js";
import { callLimits } from "./callLimits.js";
import type { OctezTransport, RemoteCallOptions } from "./octezTransport.js";

/** A key at the signer: by its Tezos hash, or a key of our own chain that the signer knows under a tz4 hash. */
export type RemoteKey = { readonly key: TezosKeyHash } | { readonly key: PublicKeyHex; readonly heldAs: TezosKeyHash };

/** Which keys an Octez signer is asked for, how long it may take, and how many calls it takes at once. */
export interface OctezRemoteSignerOptions {
  readonly keys: readonly RemoteKey[];
  /** Of one call. */
  readonly timeoutMs?: number;
  readonly concurrentMax?: number;
}

/** How the signer is reached, and what checks its signatures. */
export interface OctezRemoteSignerDependencies {
  readonly transport: OctezTransport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly verifier: BlsVerifier;
  /** Signs authentication payloads, for a signer that demands to know who asks. */
  readonly authenticate?: (payload: Uint8Array) => Promise<Signature>;
}

const TIMEOUT_MS = 5_000;
const CONCURRENT_MAX = 32;

/**
 * Keys at an Octez signer or Signatory. Nothing is asked of it before the first signature, so a signer that starts late
 * stops nobody. Every signature is verified here before it is believed. A connection that is lost before the answer is
 * tried once more, with the very same bytes: a signer that had signed them already signs or refuses them again, and
 * either is safe. Whatever it answers, an error of any kind included, it is not asked again.
 */
export class OctezRemoteSigner implements Signer {
  readonly name: string;
  readonly concurrentMax: number;
  readonly #timeoutMs: number;
  readonly #dependencies: OctezRemoteSignerDependencies;
  readonly #hashes: ReadonlyMap<KeyId, PublicKeyHash>;
  readonly #publicKeys = new Map<KeyId, PublicKey>();

  constructor(options: OctezRemoteSignerOptions, dependencies: OctezRemoteSignerDependencies) {
    this.name = `remote signer ${dependencies.transport.address}`;
    this.concurrentMax = options.concurrentMax ?? CONCURRENT_MAX;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#dependencies = dependencies;
    this.#hashes = new Map(
      options.keys.map((remote) => [
        remote.key,
        unwrap(parsePublicKeyHash("heldAs" in remote ? remote.heldAs : remote.key)),
      ]),
    );
  }

  keys(): readonly KeyId[] {
    return [...this.#hashes.keys()];
  }

  async sign(key: KeyId, bytes: Uint8Array, options: SignOptions): Promise<Result<Uint8Array, SignFailure>> {
    const hash = this.#hashes.get(key);
    if (hash === undefined)
      return err({ code: "unknownKey", message: `${this.name} was not said to hold ${key}`, retryable: false });
    const limits = callLimits(options, this.#timeoutMs, this.#dependencies.clock);
    const publicKey = await this.#publicKeyOf(key, hash, limits);
    if (!publicKey.ok) return publicKey;
    const signature = await this.#signTwice(hash, bytes, limits);
    if (!signature.ok) return signature;
    if (await verifySignature(publicKey.value, bytes, signature.value, this.#dependencies.verifier)) return signature;
    return err({
      code: "badSignature",
      message: `${this.name} answered with a signature that does not hold under ${key}`,
      retryable: false,
    });
  }

  close(): Promise<void> {
    this.#dependencies.transport.close();
    return Promise.resolve();
  }

  async #publicKeyOf(
    key: KeyId,
    hash: PublicKeyHash,
    limits: () => RemoteCallOptions,
  ): Promise<Result<PublicKey, SignFailure>> {
    const known = this.#publicKeys.get(key);
    if (known !== undefined) return ok(known);
    const answer = await this.#dependencies.transport.publicKey(hash, limits());
    if (!answer.ok) return answer;
    const isKey = equalPublicKeyHashes(hashPublicKey(answer.value), hash) && isSameKey(key, answer.value);
    if (!isKey)
      return err({
        code: "badSignature",
        message: `${this.name} answered with another key than ${key}`,
        retryable: false,
      });
    this.#publicKeys.set(key, answer.value);
    return answer;
  }

  async #signTwice(
    key: PublicKeyHash,
    bytes: Uint8Array,
    limits: () => RemoteCallOptions,
  ): Promise<Result<Uint8Array, SignFailure>> {
    const authentication = await this.#authenticate(key, bytes);
    const { transport, logger } = this.#dependencies;
    return askTwice(() => transport.sign({ key, bytes, authentication }, limits()), { signer: this.name, logger });
  }

  async #authenticate(key: PublicKeyHash, bytes: Uint8Array): Promise<Signature | null> {
    const { authenticate } = this.#dependencies;
    return authenticate === undefined ? null : authenticate(encodeAuthenticationPayload(key, bytes));
  }
}

function isSameKey(key: KeyId, publicKey: PublicKey): boolean {
  return (
    key.startsWith("tz") || (schemeOfKey(key) === publicKey.scheme && publicKeyHexFromBytes(publicKey.bytes) === key)
  );
}
