import { connect } from "node:tls";
import { type Clock, err, type KeeperId, ok, type Result, toHex } from "@sealwright/types";
import type { DisconnectReason } from "../transport.js";
import { FRAME_KIND } from "./frame.js";
import { FramedSocket } from "./framedSocket.js";
import { checkHello, decodeRefusal, encodeHello } from "./hello.js";
import { type Identity, provenKey } from "./identity.js";
import { TIMED_PONGS_PROTOCOL } from "./pong.js";

/** A keeper as the genesis document lists it, and where it listens. */
export interface TransportPeer {
  readonly id: KeeperId;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly host: string;
  readonly port: number;
}

export interface DialOptions {
  readonly peer: TransportPeer;
  readonly identity: Identity;
  readonly timeoutMs: number;
}

/**
 * One attempt to reach a peer: connects, proves both keys, exchanges greetings.
 * @param done called once, never before `dial` returns, and never after `cancel`. On success the socket's owner is to be
 * replaced before `done` returns, since frames may follow at once
 */
export function dial(
  { peer, identity, timeoutMs }: DialOptions,
  clock: Clock,
  done: (outcome: Result<FramedSocket, DisconnectReason>) => void,
): { cancel(): void } {
  const socket = connect({
    host: peer.host,
    port: peer.port,
    secureContext: identity.secureContext,
    ALPNProtocols: [TIMED_PONGS_PROTOCOL],
    // There is no authority: `provenKey` is compared with the one key that this keeper may have.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  const framed = new FramedSocket(socket, clock, {
    frame: (kind, payload) => answered(kind, payload),
    fault: (fault) => finish(err(fault)),
    closed: () => finish(err("socketFailed")),
    drained: () => undefined,
  });
  const deadline = clock.setTimer(timeoutMs, () => finish(err("handshakeTimeout")));

  socket.once("secureConnect", () => {
    if (provenKey(socket) !== toHex(peer.publicKey)) return finish(err("wrongKey"));
    framed.writeFrame(FRAME_KIND.hello, encodeHello(identity));
  });

  function answered(kind: number, payload: Uint8Array): void {
    if (kind === FRAME_KIND.hello) {
      const refused = checkHello(payload, { networkId: identity.networkId, keeper: peer.id });
      return finish(refused === null ? ok(framed) : err({ refused }));
    }
    const refused = kind === FRAME_KIND.refusal ? decodeRefusal(payload) : null;
    finish(err(refused === null ? "malformedFrame" : { refused }));
  }

  let isOver = false;
  function finish(outcome: Result<FramedSocket, DisconnectReason>): void {
    if (isOver) return;
    isOver = true;
    deadline.cancel();
    if (!outcome.ok) framed.drop();
    done(outcome);
  }

  return {
    cancel: () => {
      isOver = true;
      deadline.cancel();
      framed.drop();
    },
  };
}
