import { decryptKeystore, type KeystoreError } from "@sealwright/crypto";
import { blsSecretKeyFromBigEndian } from "@sealwright/tezos";
import { assertNever, err, ok, type Result, sha256Hex } from "@sealwright/types";
import { type LocalTezosKey, localTezosKey, type OpenKeyError, openTezosKey } from "../../signers/localTezosKey.js";
import type { AuthenticateConfig, KeyConfig, KeySource, PasswordSource } from "../config/serviceConfig.js";
import type { KeyError } from "./keyError.js";
import { type Environment, readKeyText, readPassword } from "./readKeyText.js";

type KeystoreSource = Extract<KeySource, { kind: "keystore" }>;
export type LocalSource = Extract<KeySource, { kind: "secret" | "secretFile" | "keystore" }>;

/**
 * Opens keys that live in this process. What was opened once is not opened again while text and password are the same:
 * a reload of a thousand keystores must not take a thousand seconds.
 */
export class KeyOpener {
  readonly #env: Environment;
  /** By a digest of text and password. */
  #opened = new Map<string, LocalTezosKey>();
  #next = new Map<string, LocalTezosKey>();

  constructor({ env }: { readonly env: Environment }) {
    this.#env = env;
  }

  /** Keys that nobody asked for since the last call are forgotten. */
  forgetUnused(): void {
    this.#opened = this.#next;
    this.#next = new Map();
  }

  async open({ path }: Pick<KeyConfig, "path">, source: LocalSource): Promise<Result<LocalTezosKey, KeyError>> {
    const text =
      source.kind === "secret" ? ok(source.secret) : await readKeyText(source.path, path, "keyFileUnreadable");
    if (!text.ok) return text;
    const password = await this.#passwordOf(source.password, path);
    if (!password.ok) return password;
    const id = sha256Hex(new TextEncoder().encode(JSON.stringify([source.kind, text.value, password.value])));
    const known = this.#opened.get(id) ?? this.#next.get(id);
    const opened = known === undefined ? await openText(source, path, text.value, password.value) : ok(known);
    if (opened.ok) this.#next.set(id, opened.value);
    return opened;
  }

  /** The key that says to another signer who asks. */
  openAuthenticator(
    path: string,
    { secretFile, password }: AuthenticateConfig,
  ): Promise<Result<LocalTezosKey, KeyError>> {
    return this.open({ path }, { kind: "secretFile", path: secretFile, password });
  }

  #passwordOf(source: PasswordSource | null, path: string): Promise<Result<string | null, KeyError>> {
    return source === null ? Promise.resolve(ok(null)) : readPassword(source, path, this.#env);
  }
}

async function openText(
  source: LocalSource,
  path: string,
  text: string,
  password: string | null,
): Promise<Result<LocalTezosKey, KeyError>> {
  if (source.kind === "keystore") return openKeystore(source, path, text, password ?? "");
  const opened = await openTezosKey(text.trim(), password ?? undefined);
  return opened.ok ? opened : err(secretFault(source.password, path, opened.error));
}

async function openKeystore(
  source: KeystoreSource,
  path: string,
  text: string,
  password: string,
): Promise<Result<LocalTezosKey, KeyError>> {
  const opened = await decryptKeystore(text, password);
  if (!opened.ok) return err(keystoreFault(source, path, opened.error));
  const key = localTezosKey(blsSecretKeyFromBigEndian(opened.value.toBytes()));
  return key.ok ? key : err(secretFault(source.password, path, key.error));
}

/** @param source where the password that does not fit came from */
function wrongPassword(what: string, source: PasswordSource | null, path: string): KeyError {
  const place = source?.kind === "file" ? `the first line of ${source.path}` : `the variable ${source?.name ?? ""}`;
  const message = `the password does not open ${what}: correct ${place}, or name the key that it belongs to`;
  return { code: "wrongPassword", path, message };
}

function keystoreFault({ path: file, password }: KeystoreSource, path: string, error: KeystoreError): KeyError {
  switch (error.code) {
    case "wrongPassword":
      return wrongPassword(file, password, path);
    case "badKeystore":
      return { code: "badKeyFile", path, message: `${file} is no EIP-2335 key file: ${error.path} ${error.message}` };
    case "unsupportedKdf":
      return { code: "badKeyFile", path, message: `${file} uses ${error.kdf}; known are scrypt and pbkdf2` };
    case "limitExceeded":
      return {
        code: "badKeyFile",
        path,
        message: `${file}: ${error.path} is ${error.value}, at most ${error.valueMax}`,
      };
    default:
      return assertNever(error);
  }
}

/** Never with the text, which may be most of a secret. */
function secretFault(password: PasswordSource | null, path: string, error: OpenKeyError): KeyError {
  const badSecret = (message: string): KeyError => ({ code: "badSecret", path, message });
  switch (error.code) {
    case "wrongPassword":
      return wrongPassword("the key", password, path);
    case "passwordNeeded":
      return { code: "passwordMissing", path, message: "an encrypted key needs passwordFile or passwordEnv" };
    case "unsupportedScheme":
      return { code: "unsupportedScheme", path, message: `keys of ${error.scheme} do not sign here` };
    case "unknownKeyForm":
      return badSecret('before the key stands "unencrypted:", "encrypted:" or nothing');
    case "badSecretKey":
      return badSecret("the number is no secret key of its curve");
    case "badCharacter":
      return badSecret(
        `not a secret key: character ${error.index + 1} of the key itself stands in no such key; copy it again, whole and without quotes or blanks`,
      );
    case "badChecksum":
      return badSecret(
        "not a secret key: its checksum is wrong, so a character is missing or changed; copy it again, whole",
      );
    case "badLength":
      return badSecret(`not a secret key: ${error.chars} characters are too few or too many; copy it again, whole`);
    case "unknownPrefix":
      return badSecret(`not a secret key: it begins like nothing that Tezos knows; ${SECRET_PREFIXES}`);
    case "unexpectedKind":
      return badSecret(`not a secret key: it is a ${error.actual}; ${SECRET_PREFIXES}`);
    default:
      return assertNever(error);
  }
}

const SECRET_PREFIXES =
  "a secret key begins with edsk, spsk, p2sk or BLsk, an encrypted one with edesk, spesk, p2esk or BLesk";
