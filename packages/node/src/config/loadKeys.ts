import { type BlsSecretKey, decryptKeystore, type KeystoreError } from "@sealwright/crypto";
import { assertNever, err, ok, type Result } from "@sealwright/types";
import type { KeyFileError, NodeKeyError } from "./keyFileError.js";
import type { KeyPaths } from "./nodeConfig.js";
import { readSecretFile } from "./secretFile.js";
import { readTransportKeyFile } from "./transportKeyFile.js";

/** A keeper's opened keys. Print nothing of them. */
export interface NodeKeys {
  readonly blsSecretKey: BlsSecretKey;
  /** 32 bytes. */
  readonly transportSeed: Uint8Array;
  /** Of that seed. */
  readonly transportPublicKey: Uint8Array;
}

/** Opens a keeper's keys. Takes about a second for a well-guarded BLS key. */
export async function loadKeys(paths: KeyPaths): Promise<Result<NodeKeys, NodeKeyError>> {
  const transport = await loadTransportKey(paths);
  if (!transport.ok) return transport;
  const password = await readSecretFile(paths.passwordFile);
  if (!password.ok) return err({ field: "keys.passwordFile", ...password.error });
  const keystore = await readSecretFile(paths.bls);
  if (!keystore.ok) return err({ field: "keys.bls", ...keystore.error });
  const key = await decryptKeystore(keystore.value, password.value.split(/\r?\n/, 1)[0] ?? "");
  if (!key.ok) return err({ field: "keys.bls", ...keystoreFault(paths, key.error) });
  return ok({ blsSecretKey: key.value, ...transport.value });
}

/** All that a keeper whose BLS key is elsewhere has of its own. */
export async function loadTransportKey({
  transport: path,
}: Pick<KeyPaths, "transport">): Promise<Result<Pick<NodeKeys, "transportSeed" | "transportPublicKey">, NodeKeyError>> {
  const key = await readTransportKeyFile(path);
  if (!key.ok) return err({ field: "keys.transport", ...key.error });
  const { seed: transportSeed, publicKey: transportPublicKey } = key.value;
  return ok({ transportSeed, transportPublicKey });
}

function keystoreFault({ bls: path, passwordFile }: KeyPaths, error: KeystoreError): KeyFileError {
  switch (error.code) {
    case "wrongPassword":
      return {
        code: "wrongPassword",
        path,
        message: `the first line of 'keys.passwordFile' (${passwordFile}) does not open it`,
      };
    case "badKeystore":
      return { code: "badKeyFile", path, message: `not an EIP-2335 key file: ${error.path} ${error.message}` };
    case "unsupportedKdf":
      return {
        code: "badKeyFile",
        path,
        message: `stretches its password with ${error.kdf}; known are scrypt and pbkdf2`,
      };
    case "limitExceeded":
      return {
        code: "badKeyFile",
        path,
        message: `${error.path} is ${error.value}, at most ${error.valueMax} is allowed`,
      };
    default:
      return assertNever(error);
  }
}
