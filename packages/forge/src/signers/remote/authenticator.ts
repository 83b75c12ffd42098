import { BlsSecretKey } from "@sealwright/crypto";
import { blsScalarBigEndian, type Signature } from "@sealwright/tezos";
import { unwrap } from "@sealwright/types";
import type { TezosKeyHash } from "../../keyId.js";
import type { LocalTezosKey } from "../localTezosKey.js";
import { LocalTezosSigner } from "../localTezosSigner.js";

/** Says to a signer who asks, where it signs only for keys that it was told of. */
export interface Authenticator {
  /** Of the key that the signer was told of. */
  readonly id: TezosKeyHash;
  sign(payload: Uint8Array): Promise<Signature>;
}

/** Takes about a millisecond of this thread with a BLS key, and far less with any other. */
export function authenticatorOf(key: LocalTezosKey): Authenticator {
  const { id, publicKey, secret } = key;
  const sign = secret.scheme === "bls" ? blsSign(blsScalarBigEndian(secret)) : noBls;
  const signer = new LocalTezosSigner({ keys: [key] }, { service: { sign: (_key, bytes) => sign(bytes) } });
  return {
    id,
    sign: async (payload) => ({ scheme: publicKey.scheme, bytes: unwrap(await signer.sign(id, payload)) }),
  };
}

function blsSign(scalar: Uint8Array): (bytes: Uint8Array) => Promise<Uint8Array> {
  const key = unwrap(BlsSecretKey.fromBytes(scalar));
  return (bytes) => Promise.resolve(key.sign(bytes));
}

function noBls(): Promise<Uint8Array> {
  return Promise.reject(new TypeError("a key of another scheme signs by itself"));
}
