import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { type Clock, err, type KeeperId, type Logger, ok, type Result } from "@sealwright/types";
import type { RefusalCode, TransportStartError } from "../transport.js";
import { FRAME_KIND } from "./frame.js";
import { FramedSocket } from "./framedSocket.js";
import { checkHello, encodeHello, encodeRefusal } from "./hello.js";
import { type Identity, provenKey } from "./identity.js";
import { TIMED_PONGS_PROTOCOL } from "./pong.js";
import { connectionKey, type ConnectionKey, Unproven, type UnprovenLimits } from "./unproven.js";

/** Where other keepers connect to. */
export interface ListenAddress {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

export interface AcceptorOptions {
  readonly listen: ListenAddress;
  readonly identity: Identity;
  readonly limits: UnprovenLimits;
}

export interface AcceptorDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whose transport key this is; undefined for a stranger's. */
  readonly ownerOf: (publicKeyHex: string) => KeeperId | undefined;
  /** Why a known keeper may not connect now, or null. */
  readonly objection: (peer: KeeperId) => RefusalCode | null;
  /** Called after the greetings; the socket's owner is to be replaced before this returns. */
  readonly accepted: (peer: KeeperId, framed: FramedSocket) => void;
}

/** The listening side: takes connections, lets only known keepers of this network through, and drops all else. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #deps: AcceptorDependencies;
  readonly #unproven: Unproven;
  readonly #tcp: Server;
  /** Never listens itself: it is handed connections that passed the bounds on unproven ones. */
  readonly #tls: TlsServer;

  constructor(options: AcceptorOptions, dependencies: AcceptorDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#unproven = new Unproven(options.limits, dependencies.clock);
    const { tlsOptions } = options.identity;
    const ALPNProtocols = [TIMED_PONGS_PROTOCOL];
    this.#tls = createTlsServer({ ...tlsOptions, ALPNProtocols, requestCert: true, rejectUnauthorized: false });
    this.#tls.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#tls.on("secureConnection", (socket) => this.#secured(socket));
    this.#tcp = createTcpServer({ noDelay: true }, (socket) => this.#admit(socket));
  }

  /** @returns where it listens, with the port that the operating system chose if it was asked to */
  listen(): Promise<Result<ListenAddress, TransportStartError>> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve) => {
      this.#tcp.once("error", (error) => resolve(err(startError(error, this.#options.listen))));
      this.#tcp.once("close", () => resolve(err({ code: "listenFailed", cause: "closed while starting" })));
      this.#tcp.listen({ host, port }, () => {
        this.#tcp.removeAllListeners("error");
        // Out of file handles, for one: known peers stay connected, and the next attempt may find room.
        this.#tcp.on("error", (error) =>
          this.#deps.logger.log("error", "network.acceptFailed", { error: error.message }),
        );
        const address = this.#tcp.address();
        resolve(ok({ host, port: typeof address === "object" && address !== null ? address.port : port }));
      });
    });
  }

  /** Stops listening and drops what is unproven; accepted connections belong to others. Resolves when all are gone. */
  close(): Promise<void> {
    this.#unproven.dropAll();
    return new Promise((resolve) => void this.#tcp.close(() => resolve()));
  }

  #admit(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (this.#unproven.admit(socket)) this.#tls.emit("connection", socket);
    else socket.destroy();
  }

  #secured(socket: TLSSocket): void {
    const provenHex = provenKey(socket);
    const peer = provenHex === null ? undefined : this.#deps.ownerOf(provenHex);
    const key = connectionKey(socket);
    const giveUp = (): void => {
      this.#unproven.release(key);
      framed.drop();
    };
    const framed = new FramedSocket(socket, this.#deps.clock, {
      frame: (kind, payload) => (kind === FRAME_KIND.hello ? this.#greeted(framed, key, peer, payload) : giveUp()),
      fault: giveUp,
      closed: () => this.#unproven.release(key),
      drained: () => undefined,
    });
  }

  #greeted(framed: FramedSocket, key: ConnectionKey, peer: KeeperId | undefined, payload: Uint8Array): void {
    if (peer === undefined) return this.#refuse(framed, key, "unknownKeeper");
    const { identity } = this.#options;
    const expected = { networkId: identity.networkId, keeper: peer };
    const refusal = checkHello(payload, expected) ?? this.#deps.objection(peer);
    if (refusal !== null) return this.#refuse(framed, key, refusal, peer);
    this.#unproven.release(key);
    framed.writeFrame(FRAME_KIND.hello, encodeHello(identity));
    this.#deps.accepted(peer, framed);
  }

  /** The connection stays counted as unproven, with its deadline, until the refusal has left. */
  #refuse(framed: FramedSocket, key: ConnectionKey, code: RefusalCode, peer?: KeeperId): void {
    this.#deps.logger.log("warn", "network.refused", { refusal: code, peer, address: framed.socket.remoteAddress });
    framed.writeFrame(FRAME_KIND.refusal, encodeRefusal(code));
    framed.finish(() => this.#unproven.release(key));
  }
}

const START_ERROR_CODES: Readonly<Record<string, "portTaken" | "noPermission" | "badAddress">> = {
  EADDRINUSE: "portTaken",
  EACCES: "noPermission",
  EPERM: "noPermission",
  EADDRNOTAVAIL: "badAddress",
  ENOTFOUND: "badAddress",
  EAI_AGAIN: "badAddress",
};

function startError(error: NodeJS.ErrnoException, { host, port }: ListenAddress): TransportStartError {
  const code = START_ERROR_CODES[error.code ?? ""];
  return code === undefined ? { code: "listenFailed", cause: error } : { code, host, port };
}
