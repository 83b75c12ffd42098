import {
  formatPublicKey,
  formatSignature,
  readPublicKeyHash,
  formatPublicKeyHash,
  writePublicKey,
} from "@sealwright/tezos";
import { ByteReader, ByteWriter } from "@sealwright/types";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSocketServer, type Server, type Socket } from "node:net";
import { writeErrorTrace } from "../service/octez/errorTrace.js";
import type { LocalTezosKey } from "../signers/localTezosKey.js";

/** How a fake remote signer answers from now on. */
export type RemoteBehaviour =
  | { readonly type: "signs" }
  /** An Octez error trace with this text. */
  | { readonly type: "refuses"; readonly message: string }
  | { readonly type: "answers"; readonly status: number; readonly body: string }
  | { readonly type: "hangs" }
  /** Drops this many connections in the middle of a request, then signs. */
  | { readonly type: "drops"; readonly times: number }
  /** Signs other bytes than it was given. */
  | { readonly type: "lies" };

type SignRaw = (bytes: Uint8Array) => Promise<Uint8Array>;

/** A signer of the Octez protocol with one key, over HTTP or a socket, for tests on loopback. */
export class FakeOctezSigner {
  behaviour: RemoteBehaviour = { type: "signs" };
  /** Takes connections and requests, and answers nothing at all, not even which key it has. */
  isMute = false;
  /** Query strings of HTTP sign requests, in order. */
  readonly queries: URLSearchParams[] = [];
  connections = 0;
  requests = 0;
  readonly #key: LocalTezosKey;
  readonly #sign: SignRaw;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(kind: "http" | "socket", key: LocalTezosKey, sign: SignRaw) {
    this.#key = key;
    this.#sign = sign;
    this.#server =
      kind === "http"
        ? createHttpServer((request, response) => void this.#onHttp(request, response))
        : createSocketServer((socket) => this.#onSocket(socket));
    this.#server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** @param path of a unix socket; a free TCP port of loopback without it */
  async listen(path?: string): Promise<number> {
    await new Promise<void>((resolve) => {
      if (path === undefined) this.#server.listen(0, "127.0.0.1", resolve);
      else this.#server.listen(path, resolve);
    });
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #onHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "", "http://fake");
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (this.isMute) return;
    if (url.pathname !== `/keys/${this.#key.id}`) return answer(404, "");
    if (request.method === "GET") return answer(200, { public_key: formatPublicKey(this.#key.publicKey) });
    this.queries.push(url.searchParams);
    const decided = this.#decide(() => request.socket.destroy());
    if (decided === null) return;
    if (typeof decided === "string") return answer(500, [{ kind: "temporary", id: "failure", msg: decided }]);
    if (decided.type === "answers") return answer(decided.status, decided.body);
    const bytes = Buffer.from(JSON.parse(Buffer.concat(chunks).toString("utf8")) as string, "hex");
    const signature = await this.#signAs(decided, bytes);
    answer(200, { signature: formatSignature({ scheme: this.#key.publicKey.scheme, bytes: signature }) });
  }

  #onSocket(socket: Socket): void {
    let received = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const body = new Uint8Array(received.subarray(2));
      received = Buffer.alloc(0);
      void this.#answerFrame(socket, body);
    });
  }

  async #answerFrame(socket: Socket, body: Uint8Array): Promise<void> {
    const reader = new ByteReader(body);
    const send = (answer: ByteWriter): void => {
      const bytes = answer.finish();
      socket.write(new ByteWriter().u16(bytes.length).fixed(bytes, bytes.length).finish());
    };
    if (this.isMute) return;
    const tag = reader.u8();
    // Everybody may ask.
    if (tag === 2) return send(new ByteWriter().u8(0).u8(0));
    const known = formatPublicKeyHash(readKey(reader)) === this.#key.id;
    if (!known) return send(errorAnswer("unknown key"));
    if (tag === 1) {
      const answer = new ByteWriter().u8(0);
      writePublicKey(answer, this.#key.publicKey);
      return send(answer);
    }
    const decided = this.#decide(() => socket.destroy());
    if (decided === null) return;
    const text = typeof decided === "string" ? decided : decided.type === "answers" ? decided.body : null;
    if (text !== null) return send(errorAnswer(text));
    const signature = await this.#signAs(decided as RemoteBehaviour, reader.bytes(65_000));
    send(new ByteWriter().u8(0).fixed(signature, signature.length));
  }

  /** @returns null when there will be no answer, a text for a refusal */
  #decide(drop: () => void): RemoteBehaviour | string | null {
    this.requests += 1;
    const behaviour = this.behaviour;
    if (behaviour.type === "hangs") return null;
    if (behaviour.type === "refuses") return behaviour.message;
    if (behaviour.type !== "drops") return behaviour;
    this.behaviour = behaviour.times > 1 ? { type: "drops", times: behaviour.times - 1 } : { type: "signs" };
    drop();
    return null;
  }

  #signAs(behaviour: RemoteBehaviour, bytes: Uint8Array): Promise<Uint8Array> {
    return this.#sign(behaviour.type === "lies" ? Uint8Array.of(1, 2, 3) : bytes);
  }
}

function errorAnswer(text: string): ByteWriter {
  const answer = new ByteWriter().u8(1);
  writeErrorTrace(answer, text);
  return answer;
}

/** Key hashes of newer schemes have a mark before them and a version behind them. */
function readKey(reader: ByteReader): ReturnType<typeof readPublicKeyHash> {
  const first = reader.u8();
  if (first !== 3) {
    const bytes = reader.fixed(20);
    return readPublicKeyHash(new ByteReader(Uint8Array.of(first, ...bytes)));
  }
  const hash = readPublicKeyHash(reader);
  reader.u8();
  return hash;
}
