import { type Logger, type Result, silentLogger, unwrap } from "@sealwright/types";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseServiceConfig } from "../service/config/parseServiceConfig.js";
import { createForgeService, type ForgeService, type ForgeServiceError } from "../service/forgeService.js";
import { realClock } from "./realClock.js";

/** Published test keys; nobody's money. */
export const TEST_SECRETS = {
  ed: "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh",
  sp: "unencrypted:spsk1sheno8Jt8FoBEoamFoNBxUEpjEggNNpepTFc8cEoJBA9QjDJq",
  p2: "unencrypted:p2sk3KN4pCCJigciQSJQEhKCiBFYqYwS4pyCG22hnhaYAZY3h8AGjN",
  bls: "unencrypted:BLsk1hKAHyGqY9qRbgoSVnjiSmDWpKGjFF3WNQ7BaiaMUA6RMA6Pfq",
} as const;

export interface Answer {
  readonly status: number;
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown;
}

/** A folder with a configuration, and the services that were started from it. */
export class ServiceFolder implements AsyncDisposable {
  readonly #services: ForgeService[] = [];

  private constructor(readonly dir: string) {}

  static async make(): Promise<ServiceFolder> {
    return new ServiceFolder(await mkdtemp(join(tmpdir(), "forge-service-")));
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text);
  }

  /** Writes forge.yaml: any free port, marks in a file, and what is given. */
  async configure(more: object): Promise<void> {
    const config = { listen: { http: "127.0.0.1:0" }, watermarks: { kind: "file", dir: "./marks" }, ...more };
    await this.write("forge.yaml", JSON.stringify(config));
  }

  async start(
    env: Readonly<Record<string, string>> = {},
    logger: Logger = silentLogger,
  ): Promise<Result<ForgeService, ForgeServiceError>> {
    const readConfig = async () => parseServiceConfig(await readFile(this.path("forge.yaml"), "utf8"), this.dir);
    const config = unwrap(await readConfig());
    const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
    const started = await createForgeService(config, { clock: realClock, random, logger, env, readConfig });
    if (started.ok) this.#services.push(started.value);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { headers }));
}

/** @param body text as it is, anything else as JSON */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): Promise<Answer> {
  return answerOf(await fetch(url, { method: "POST", headers, body: body as string }));
}

/** Asks for a signature of the Octez protocol. */
export function askToSign(service: ForgeService, key: string, bytes: Uint8Array, query = ""): Promise<Answer> {
  return post(`${service.url}/keys/${key}${query}`, JSON.stringify(Buffer.from(bytes).toString("hex")));
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text };
}
