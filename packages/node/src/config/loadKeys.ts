import { type BlsSecretKey, decryptKeystore, type KeystoreError } from "@sealwright/crypto";
import { assertNever, err, ok, type Result } from "@sealwright/types";
import type { KeyFileError } from "./keyFileError.js";
import type { KeyPaths } from "./nodeConfig.js";
import { readSecretFile } from "./secretFile.js";
import { readTransportKeyFile } from "./transportKeyFile.js";

export interface NodeKeys {
  readonly blsSecretKey: BlsSecretKey;
  /** 32 bytes. */
  readonly transportSeed: Uint8Array;
}

/** Opens a keeper's keys. Takes about a second for a well-guarded BLS key. */
export async function loadKeys(paths: KeyPaths): Promise<Result<NodeKeys, KeyFileError>> {
  const transport = await readTransportKeyFile(paths.transport);
  if (!transport.ok) return transport;
  const password = await readSecretFile(paths.passwordFile);
  if (!password.ok) return password;
  const keystore = await readSecretFile(paths.bls);
  if (!keystore.ok) return keystore;
  const key = await decryptKeystore(keystore.value, password.value.split(/\r?\n/, 1)[0] ?? "");
  if (!key.ok) return err(keystoreFault(paths, key.error));
  return ok({ blsSecretKey: key.value, transportSeed: transport.value.seed });
}

function keystoreFault({ bls: path, passwordFile }: KeyPaths, error: KeystoreError): KeyFileError {
  switch (error.code) {
    case "wrongPassword":
      return { code: "wrongPassword", path, message: `the first line of ${passwordFile} does not open it` };
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
