import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Which sockets of a server still owe an answer. Node's own `closeIdleConnections` leaves those alone that never sent a
 * request, as browsers and HTTP clients open them ahead, and a server would wait for them until they time out.
 *
 * A socket whose client takes none of the bytes that wait for it for `stallMsMax` is cut off: it holds the answer, and
 * one of the server's connections. One that only waits for its answer has no such bytes.
 */
export class Connections {
  /** Requests under way by socket. */
  readonly #busy = new Map<Socket, number>();
  #isClosing = false;

  constructor(server: Server, stallMsMax: number) {
    server.timeout = stallMsMax;
    server.on("timeout", (socket: Socket) => {
      // One that never asked has the time that headers have.
      const isWaiting = (this.#busy.get(socket) ?? 0) > 0 || socket.bytesRead === 0;
      if (!isWaiting || socket.writableLength > 0) socket.destroy();
    });
    server.on("connection", (socket: Socket) => this.#onConnection(socket));
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#count(request.socket, 1);
      response.once("close", () => this.#count(request.socket, -1));
    });
  }

  /** Closes what owes nothing now, and everything else once it has answered. */
  closeWhenIdle(): void {
    this.#isClosing = true;
    for (const [socket, requests] of this.#busy) if (requests === 0) socket.destroy();
  }

  #onConnection(socket: Socket): void {
    if (this.#isClosing) return void socket.destroy();
    this.#busy.set(socket, 0);
    socket.once("close", () => this.#busy.delete(socket));
  }

  #count(socket: Socket, by: 1 | -1): void {
    const requests = (this.#busy.get(socket) ?? 0) + by;
    if (this.#busy.has(socket)) this.#busy.set(socket, requests);
    // `end`, not `destroy`: the answer may still be on its way.
    if (this.#isClosing && requests === 0) socket.end();
  }
}
