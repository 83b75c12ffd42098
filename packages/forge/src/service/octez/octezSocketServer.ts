import { assertNever, type Clock, err, type Logger, ok, type Result, type Timer } from "@sealwright/types";
import { chmod, lstat, unlink } from "node:fs/promises";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import type { ServiceProtocol, SocketAddress } from "../config/serviceConfig.js";
import { type ListenError, listenErrorOf } from "../http/listenError.js";
import { logRefusal } from "../http/logRefusal.js";
import { DRAINING_TEXT, ServiceRefusal } from "../serviceRefusal.js";
import {
  authorizedKeysAnswer,
  booleanAnswer,
  decodeOctezRequest,
  errorAnswer,
  FRAME_LENGTH_BYTES,
  keyHashesAnswer,
  type OctezSocketRequest,
  publicKeyAnswer,
  signatureAnswer,
} from "./octezFrame.js";
import type { OctezSigner } from "./octezSigner.js";

export type OctezListenAddress = SocketAddress | { readonly path: string };

export interface OctezSocketServerDependencies {
  readonly signer: OctezSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isDraining: () => boolean;
  /** A request for a signature or a proof got none. */
  readonly onRefused: (protocol: ServiceProtocol, code: string) => void;
}

const CONNECTIONS_MAX = 256;
/** A client that has asked nothing for this long is let go; it connects again when it needs to. */
const IDLE_MS_MAX = 120_000;
/** From the first byte of a frame to its last. */
const FRAME_MS_MAX = 8_000;

/**
 * The signer protocol of Octez over TCP or a unix socket: frames, one request at a time on each connection, answers in
 * order. A refusal is an answer and leaves the connection open; bytes that are no request get an answer and end it.
 */
export class OctezSocketServer {
  readonly #address: OctezListenAddress;
  readonly #parts: OctezSocketServerDependencies;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  constructor(address: OctezListenAddress, dependencies: OctezSocketServerDependencies) {
    this.#address = address;
    this.#parts = dependencies;
    this.#server = createServer((socket) => this.#onConnection(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** A unix socket that nobody serves any more is replaced; only its owner may use the new one. */
  async listen(): Promise<Result<void, ListenError>> {
    try {
      await this.#listenOnce().catch(async (error: unknown) => {
        if (!("path" in this.#address) || !(await isAbandoned(error, this.#address.path))) throw error;
        await unlink(this.#address.path);
        await this.#listenOnce();
      });
      if ("path" in this.#address) await chmod(this.#address.path, 0o600);
      return ok(undefined);
    } catch (cause) {
      return err(listenErrorOf(cause, describe(this.#address)));
    }
  }

  /** `tcp://host:port` or `unix:path`, as a client's key names it. */
  get url(): string {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") return bound === null ? "" : `unix:${bound}`;
    const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
    return `tcp://${host}:${bound.port}`;
  }

  /** Resolves when no request is under way, at the latest after this long. */
  async quiet(waitMsMax: number): Promise<void> {
    const busy = [...this.#connections].map((connection) => connection.quiet());
    let timer: Timer | null = null;
    const late = new Promise<void>((resolve) => (timer = this.#parts.clock.setTimer(waitMsMax, resolve)));
    await Promise.race([Promise.all(busy), late]);
    (timer as Timer | null)?.cancel();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    await closed;
  }

  #listenOnce(): Promise<void> {
    const options: ListenOptions = "path" in this.#address ? { path: this.#address.path } : this.#address;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(options, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  #onConnection(socket: Socket): void {
    const connection = new Connection(socket, this.#parts);
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
  }
}

/** One client. Reading stops while its request is answered, so it cannot make more wait than its socket holds. */
class Connection {
  readonly #socket: Socket;
  readonly #parts: OctezSocketServerDependencies;
  readonly #gone = new AbortController();
  #received: Buffer = Buffer.alloc(0);
  #timer: Timer | null = null;
  #answering: Promise<void> | null = null;

  constructor(socket: Socket, parts: OctezSocketServerDependencies) {
    this.#socket = socket;
    this.#parts = parts;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#timer?.cancel();
      this.#gone.abort();
    });
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#endAfter(IDLE_MS_MAX);
  }

  async quiet(): Promise<void> {
    while (this.#answering !== null) await this.#answering;
  }

  end(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    // A frame has its whole time from its first byte on: who sends it byte by byte gains nothing.
    if (this.#received.length === 0) this.#endAfter(FRAME_MS_MAX);
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#next();
  }

  #next(): void {
    if (this.#answering !== null || this.#socket.destroyed) return;
    const body = this.#takeFrame();
    if (body === null) {
      this.#socket.resume();
      return;
    }
    this.#timer?.cancel();
    this.#socket.pause();
    this.#answering = this.#answer(body).then(() => {
      this.#answering = null;
      this.#endAfter(this.#received.length > 0 ? FRAME_MS_MAX : IDLE_MS_MAX);
      this.#next();
    });
  }

  #takeFrame(): Uint8Array | null {
    if (this.#received.length < FRAME_LENGTH_BYTES) return null;
    const end = FRAME_LENGTH_BYTES + this.#received.readUInt16BE(0);
    if (this.#received.length < end) return null;
    const body = new Uint8Array(this.#received.subarray(FRAME_LENGTH_BYTES, end));
    this.#received = this.#received.subarray(end);
    return body;
  }

  async #answer(body: Uint8Array): Promise<void> {
    const request = decodeOctezRequest(body);
    if (!request.ok) {
      this.#parts.onRefused("octez", "undecodable");
      // Where the next frame begins is anybody's guess.
      this.#socket.end(errorAnswer(`undecodable: not a request of the signer protocol: ${request.error.reason}`));
      return;
    }
    const answer = await this.#answerTo(request.value).catch((error: unknown) => this.#refuse(request.value, error));
    if (!this.#socket.destroyed && !this.#socket.write(answer)) await this.#drained();
    if (this.#parts.isDraining()) this.#socket.end();
  }

  /** A client that asks and does not read is answered no more, and let go in the end. */
  #drained(): Promise<void> {
    this.#endAfter(IDLE_MS_MAX);
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off("drain", done).off("close", done);
        resolve();
      };
      this.#socket.on("drain", done).on("close", done);
    });
  }

  async #answerTo(asked: OctezSocketRequest): Promise<Uint8Array> {
    const { signer, isDraining } = this.#parts;
    if (isDraining()) throw new ServiceRefusal("draining", DRAINING_TEXT);
    switch (asked.type) {
      case "sign":
        return signatureAnswer(await signer.sign(asked.request, this.#gone.signal));
      case "publicKey":
        return publicKeyAnswer(await signer.publicKey(asked.keyHash, this.#gone.signal));
      case "authorizedKeys":
        return authorizedKeysAnswer(signer.authorizedKeys());
      case "knownKeys":
        return keyHashesAnswer(signer.knownKeys());
      case "provePossession":
        return signatureAnswer(await signer.provePossession(asked.request, this.#gone.signal));
      case "supportsDeterministicNonces":
        return booleanAnswer(false);
      case "deterministicNonce":
        throw new ServiceRefusal(
          "notAllowed",
          "deterministic nonces are not made here: let the baker draw random ones",
        );
      default:
        return assertNever(asked);
    }
  }

  #refuse(asked: OctezSocketRequest, error: unknown): Uint8Array {
    const refusal =
      error instanceof ServiceRefusal
        ? error
        : new ServiceRefusal("internal", "the service failed to answer: read its log");
    logRefusal(this.#parts.logger, `socket ${asked.type}`, refusal, error);
    if (asked.type === "sign" || asked.type === "provePossession") this.#parts.onRefused("octez", refusal.code);
    // The words by which clients of this protocol know a refusal that is final.
    const what = refusal.refusal === null ? "" : "watermark validation failed: ";
    return errorAnswer(`${refusal.code}: ${what}${refusal.message}`);
  }

  #endAfter(waitMs: number): void {
    this.#timer?.cancel();
    if (this.#socket.destroyed) return;
    this.#timer = this.#parts.clock.setTimer(waitMs, () => this.#socket.destroy());
  }
}

/** Left by a process that was killed: there is a socket, and nobody answers at it. */
async function isAbandoned(error: unknown, path: string): Promise<boolean> {
  if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") return false;
  // What is no socket belongs to somebody, whatever connecting to it says.
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (cause: NodeJS.ErrnoException) => resolve(cause.code === "ECONNREFUSED"));
  });
}

function describe(address: OctezListenAddress): string {
  return "path" in address ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
