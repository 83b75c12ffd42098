import { type TransportKey, transportKeyFromSeed } from "@sealwright/network";
import { err, fromHex, ok, type Result, toHex } from "@sealwright/types";
import type { KeyFileError } from "./keyFileError.js";
import { readSecretFile } from "./secretFile.js";

const KIND = "transport key";
const VERSION = 1;
const SEED_BYTES = 32;

/**
 * A transport key as a file: `{ "sealwright": "transport key", "version": 1, "publicKey": hex, "seed": hex }`.
 *
 * Not encrypted, but for its owner alone (0600), and refused otherwise. It proves who speaks on a connection and signs
 * nothing of the chain, like a server's TLS key: a password that lies beside it would protect nothing.
 */
export function transportKeyText(key: TransportKey): string {
  const json = { sealwright: KIND, version: VERSION, publicKey: toHex(key.publicKey), seed: toHex(key.seed) };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/** Reads a keeper's transport key. Whatever is wrong with the file is an answer. */
export async function readTransportKeyFile(path: string): Promise<Result<TransportKey, KeyFileError>> {
  const text = await readSecretFile(path);
  if (!text.ok) return text;
  const bad = (message: string) => err<KeyFileError>({ code: "badKeyFile", path, message });
  let json: Partial<Record<string, unknown>>;
  try {
    json = (JSON.parse(text.value) ?? {}) as Partial<Record<string, unknown>>;
  } catch {
    return bad("it is not JSON");
  }
  if (json["sealwright"] !== KIND) return bad(`"sealwright" must be ${JSON.stringify(KIND)}`);
  if (json["version"] !== VERSION) return bad(`"version" must be ${VERSION}: the file was made by another version`);
  const seed = typeof json["seed"] === "string" ? fromHex(json["seed"]) : null;
  if (seed?.length !== SEED_BYTES) return bad(`"seed" must be ${SEED_BYTES} bytes as hex digits`);
  const key = transportKeyFromSeed(seed);
  return toHex(key.publicKey) === json["publicKey"] ? ok(key) : bad('"publicKey" is not that of "seed"');
}
