import { err, ok, type Result } from "@sealwright/types";
import { createSecureContext } from "node:tls";
import type { ClientTlsConfig, ServerTlsConfig } from "../config/serviceConfig.js";
import type { KeyError } from "../keys/keyError.js";
import { readKeyText } from "../keys/readKeyText.js";

/** PEM texts, as node:tls takes them. */
export interface TlsTexts {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** What a server listens with. @param path of the `tls` in the configuration */
export function readServerTls(config: ServerTlsConfig, path: string): Promise<Result<TlsTexts, KeyError>> {
  return readTls({ cert: config.cert, key: config.key, ca: config.clientCa }, path, "clientCa");
}

/** What is shown to a signer elsewhere, and who is believed there. @param path of the `tls` in the configuration */
export function readClientTls(config: ClientTlsConfig, path: string): Promise<Result<TlsTexts, KeyError>> {
  const { client, ca } = config;
  return readTls({ cert: client?.cert ?? null, key: client?.key ?? null, ca }, path, "ca");
}

interface TlsPaths {
  readonly cert: string | null;
  readonly key: string | null;
  readonly ca: string | null;
}

async function readTls(files: TlsPaths, path: string, caName: string): Promise<Result<TlsTexts, KeyError>> {
  const texts: { cert?: string; key?: string; ca?: string } = {};
  for (const part of ["cert", "key", "ca"] as const) {
    const file = files[part];
    if (file === null) continue;
    const text = await readKeyText(file, `${path}.${part === "ca" ? caName : part}`, "keyFileUnreadable");
    if (!text.ok) return text;
    texts[part] = text.value;
  }
  const reason = tlsFault(texts);
  return reason === null ? ok(texts) : err({ code: "badCertificate", path, message: reason });
}

/** Tried now, so that a wrong file is a reason not to start instead of a connection that fails later. */
function tlsFault(texts: TlsTexts): string | null {
  try {
    createSecureContext(texts);
    return null;
  } catch (cause) {
    return `these files make no certificate with its key (PEM is wanted): ${(cause as Error).message}`;
  }
}
