import {
  encodeAuthenticationPayload,
  hashPublicKey,
  parsePublicKeyHash,
  type PublicKey,
  type PublicKeyHash,
  type Signature,
} from "@sealwright/tezos";
import { unwrap } from "@sealwright/types";
import { schemeOfKey, type TezosKeyHash } from "../../keyId.js";
import { verifySignature } from "../../signers/verifySignature.js";
import type { ServiceContext } from "../http/serviceContext.js";
import { signForAsker } from "../http/signForAsker.js";
import type { ServiceKey } from "../keys/serviceKey.js";
import { readPayload } from "../payload/readPayload.js";
import { keyStopped, ServiceRefusal, unknownKey } from "../serviceRefusal.js";
import { withAdvice } from "../whatToDo.js";

/** BLS signs from this generation of signature schemes on, under proof of possession. */
const BLS_VERSION_MIN = 2;
export const SIGNING_VERSION_MAX = 3;
const HOW_TO_AUTHENTICATE =
  "with one of this service's authorized keys, sign 0x04, 0x01, the tagged hash of the key that is asked, and these very bytes (of a proof of possession: the 48 bytes of the public key that it signs); send that as `authentication`";

/** What an asker gave to say who it is. */
export type GivenAuthentication = Signature | "none" | "unreadable";

/** One request for a signature, however it came. */
export interface OctezSignRequest {
  readonly keyHash: string;
  /** Magic byte, chain id and payload. */
  readonly bytes: Uint8Array;
  readonly authentication: GivenAuthentication;
  /** Generation of signature schemes; null: the newest. */
  readonly version: number | null;
}

/** One request for a proof of possession. */
export interface PossessionRequest {
  readonly keyHash: string;
  /** Another BLS public key to sign instead of the key's own; null: its own. */
  readonly signed: PublicKey | null;
  readonly authentication: GivenAuthentication;
}

/** What the remote signer protocol of Octez promises, whatever connection carries it. Refusals are thrown. */
export class OctezSigner {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** @param gone aborted when the asker has left @throws ServiceRefusal */
  async sign(request: OctezSignRequest, gone: AbortSignal): Promise<Signature> {
    const { metrics, clock } = this.#context;
    const startMs = clock.monotonicMs();
    const { bytes, version } = request;
    if (bytes.length === 0)
      throw new ServiceRefusal("empty", "there is nothing to sign: send magic byte, chain id and payload");
    const { key, hash } = this.#keyOf(request.keyHash);
    await this.#authenticate(hash, bytes, request.authentication);
    if (version !== null && schemeOfKey(hash) === "bls" && version < BLS_VERSION_MIN)
      throw new ServiceRefusal(
        "unsupportedVersion",
        `tz4 keys sign from version ${BLS_VERSION_MIN} on: ask for that one, or leave \`version\` away`,
      );
    const payload = readPayload(bytes, key);
    const { signature, repeated } = await signForAsker(this.#context, key, payload, gone);
    metrics.signed("octez", payload.kind, repeated, (clock.monotonicMs() - startMs) / 1_000);
    return { scheme: schemeOfKey(hash), bytes: signature };
  }

  /** @throws ServiceRefusal */
  async publicKey(keyHash: string, gone: AbortSignal): Promise<PublicKey> {
    const publicKey = await this.#keyOf(keyHash).key.publicKey(gone);
    if (publicKey.ok) return publicKey.value;
    const { code, message } = publicKey.error;
    throw new ServiceRefusal(code, withAdvice(code, message));
  }

  /** @returns null when nobody has to say who asks */
  authorizedKeys(): readonly PublicKeyHash[] | null {
    const { authentication } = this.#context.config();
    return authentication === null ? null : authentication.authorizedKeys.map(hashPublicKey);
  }

  /** @throws ServiceRefusal */
  knownKeys(): readonly PublicKeyHash[] {
    if (!this.#context.config().policy.listKnownKeys)
      throw new ServiceRefusal(
        "notAllowed",
        "List known keys request not allowed. If it shall be, set `policy.listKnownKeys` and reload",
      );
    const known = this.#context.keys.keys.filter((key) => key.protocols.has("octez"));
    return known.flatMap(({ hash }) => (hash === null ? [] : [unwrap(parsePublicKeyHash(hash))]));
  }

  /** @param gone aborted when the asker has left @throws ServiceRefusal */
  async provePossession(request: PossessionRequest, gone: AbortSignal): Promise<Signature> {
    const { metrics, clock } = this.#context;
    const startMs = clock.monotonicMs();
    const { key, hash } = this.#keyOf(request.keyHash);
    if (!key.enabled) throw keyStopped(key.name);
    if (key.blsKey === null || key.provePossession === null)
      throw new ServiceRefusal(
        "wrongFormForKey",
        "only a tz4 key in this process proves its possession: ask the signer that holds the key",
      );
    const own = Buffer.from(key.blsKey, "hex");
    const signed = request.signed?.bytes ?? own;
    await this.#authenticate(hash, signed, request.authentication);
    const kind = own.equals(signed) ? "possession" : "foreignPossession";
    checkPossessionAllowed(key, kind);
    const proof = await key.provePossession(signed, gone);
    if (!proof.ok) throw new ServiceRefusal(proof.error.code, withAdvice(proof.error.code, proof.error.message));
    // A reload may have stopped the key while it waited.
    const now = this.#context.keys.now(key);
    if (now === null) throw unknownKey(key.name);
    if (!now.enabled) throw keyStopped(key.name);
    checkPossessionAllowed(now, kind);
    metrics.signed("octez", kind, false, (clock.monotonicMs() - startMs) / 1_000);
    return { scheme: "bls", bytes: proof.value };
  }

  #keyOf(keyHash: string): { readonly key: ServiceKey; readonly hash: TezosKeyHash } {
    const key = this.#context.keys.byHash(keyHash);
    if (key !== null && key.hash !== null) return { key, hash: key.hash };
    throw unknownKey(keyHash.slice(0, 60));
  }

  /** Any of the authorized keys may sign the request; the signature covers no time, so watermarks and TLS matter still. */
  async #authenticate(hash: TezosKeyHash, bytes: Uint8Array, given: GivenAuthentication): Promise<void> {
    const { config, verifier } = this.#context;
    const { authentication } = config();
    if (authentication === null) return;
    if (given === "none")
      throw new ServiceRefusal(
        "authenticationMissing",
        `missing authentication signature field: ${HOW_TO_AUTHENTICATE}`,
      );
    if (given !== "unreadable") {
      const signed = encodeAuthenticationPayload(unwrap(parsePublicKeyHash(hash)), bytes);
      for (const authorized of authentication.authorizedKeys) {
        if (given.scheme !== "generic" && given.scheme !== authorized.scheme) continue;
        if (await verifySignature(authorized, signed, given.bytes, verifier)) return;
      }
    }
    throw new ServiceRefusal("authenticationInvalid", `invalid authentication signature: ${HOW_TO_AUTHENTICATE}`);
  }
}

/**
 * Octez' words come first: its clients know them. A proof for another public key is a share of a common key's proof, and
 * also what turns a key that was made from this one into a rogue key: it has a permission of its own.
 */
function checkPossessionAllowed(key: ServiceKey, kind: "possession" | "foreignPossession"): void {
  if (!key.allow.has(kind))
    throw new ServiceRefusal(
      "notAllowed",
      kind === "possession"
        ? "Request to prove possession is not allowed. If it shall be, add `possession` to the key's `allow` and reload"
        : "Request to prove possession is not allowed for another public key than the key's own: leave bls_pk away; only if this key is one of several behind a common one, add `foreignPossession` to its `allow` and reload",
    );
}
