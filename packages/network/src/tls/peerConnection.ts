import type { Clock } from "@sealwright/types";
import { ReceiveWindow } from "../receiveWindow.js";
import type { DisconnectReason, SendPriority } from "../transport.js";
import { ClockOffset } from "./clockOffset.js";
import { FRAME_KIND, PING_BYTES } from "./frame.js";
import type { FramedSocket, FramedSocketOwner } from "./framedSocket.js";
import type { FrameFault } from "./frameReader.js";
import { decodeTimedPong, encodeTimedPong } from "./pong.js";
import { SendQueue } from "./sendQueue.js";
import type { TlsTransportLimits } from "./tlsLimits.js";

export interface PeerConnectionDependencies {
  readonly clock: Clock;
  /** One frame of the peer. @returns a promise to hold the peer back by */
  readonly message: (frame: Uint8Array) => Promise<unknown> | undefined;
  /** Called once, also for `end` and `close`. */
  readonly ended: (reason: DisconnectReason) => void;
}

/**
 * Written to the socket but not sent: deep enough to keep the line busy between two drains, shallow enough for a
 * consensus frame not to wait long behind bulk that can no longer be overtaken.
 */
const UNSENT_BYTES_MAX = 512 * 1024;

/** A live, authenticated connection to one peer. */
export class PeerConnection implements FramedSocketOwner {
  bytesIn = 0;
  bytesOut = 0;
  roundTripMs: number | null = null;
  readonly #framed: FramedSocket;
  readonly #limits: TlsTransportLimits;
  readonly #deps: PeerConnectionDependencies;
  readonly #queue: SendQueue;
  readonly #window: ReceiveWindow;
  readonly #clockOffset = new ClockOffset();
  #isFlushDue = false;
  #isPingDue = false;
  /** The last ping not yet answered; an older one is not worth an answer, so a flood of pings takes no memory. */
  #pongDue: Uint8Array | null = null;

  constructor(framed: FramedSocket, limits: TlsTransportLimits, dependencies: PeerConnectionDependencies) {
    this.#framed = framed;
    this.#limits = limits;
    this.#deps = dependencies;
    this.#queue = new SendQueue(limits.queueBytesMax);
    this.#window = new ReceiveWindow(limits.receiveWindowBytes, () => this.#readOn());
    framed.owner = this;
    framed.allowFrames(limits.frameBytesMax);
  }

  /** The peer's clock minus ours; null where the peer does not tell its time, or not yet. */
  get clockOffsetMs(): number | null {
    return this.#clockOffset.offsetMs;
  }

  get queuedBytes(): number {
    return this.#queue.bytes + this.#framed.unsentBytes;
  }

  /** @returns false when the queue of this priority is full */
  send(frame: Uint8Array, priority: SendPriority): boolean {
    if (!this.#queue.push(frame, priority)) return false;
    this.#flushSoon();
    return true;
  }

  /**
   * Pings, and ends a connection that has fallen silent.
   * @param canJudge false when this node itself stood still, so that silence says nothing about the peer
   */
  beat(canJudge: boolean): void {
    const silentMs = this.#deps.clock.monotonicMs() - this.#framed.lastHeardMs;
    // While we do not read, hearing nothing is our own doing; the ping still tells the peer that we are alive.
    if (canJudge && this.#window.isOpen && silentMs > this.#limits.deadAfterMs) return this.end("silent");
    this.#isPingDue = true;
    this.#flushSoon();
  }

  /** Ends at once. What is queued is forgotten. */
  end(reason: DisconnectReason): void {
    if (this.#framed.isDropped) return;
    this.#framed.drop();
    this.#deps.ended(reason);
  }

  /** Ends after what the socket has taken is sent, or after `closeTimeoutMs`. */
  close(): Promise<void> {
    if (this.#framed.isDropped) return Promise.resolve();
    this.#flush();
    return new Promise((resolve) => {
      const deadline = this.#deps.clock.setTimer(this.#limits.closeTimeoutMs, () => this.#framed.drop());
      this.#framed.finish(() => {
        deadline.cancel();
        resolve();
      });
      this.#deps.ended("closing");
    });
  }

  frame(kind: number, payload: Uint8Array): void {
    switch (kind) {
      case FRAME_KIND.message:
        return this.#received(payload);
      case FRAME_KIND.ping:
        if (payload.length !== PING_BYTES) return this.end("malformedFrame");
        this.#pongDue = payload;
        return this.#flushSoon();
      case FRAME_KIND.pong:
        return this.#ponged(payload);
      default:
        return this.end("malformedFrame");
    }
  }

  fault(fault: FrameFault): void {
    this.end(fault);
  }

  closed(how: "peerClosed" | "socketFailed"): void {
    this.#deps.ended(how);
  }

  drained(): void {
    this.#flushSoon();
  }

  #ponged(payload: Uint8Array): void {
    if (!this.#framed.hasTimedPongs) {
      if (payload.length !== PING_BYTES) return this.end("malformedFrame");
      this.roundTripMs = this.#elapsedMs(payload);
      return;
    }
    const pong = decodeTimedPong(payload);
    if (pong === null) return this.end("malformedFrame");
    this.roundTripMs = this.#elapsedMs(pong.echo);
    const nowMs = this.#deps.clock.nowMs();
    this.#clockOffset.note({ peerMs: pong.timeMs, nowMs, roundTripMs: this.roundTripMs });
  }

  #pong(echo: Uint8Array): Uint8Array {
    return this.#framed.hasTimedPongs ? encodeTimedPong({ echo, timeMs: this.#deps.clock.nowMs() }) : echo;
  }

  #received(payload: Uint8Array): void {
    this.bytesIn += payload.length;
    // Not the reader's Buffer, whose `slice` and `toString` are not those of the Uint8Array that listeners are promised.
    const frame = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
    const pending = this.#deps.message(frame);
    if (pending === undefined) return;
    this.#window.hold(payload.length, pending);
    if (!this.#window.isOpen) this.#framed.pause();
  }

  #readOn(): void {
    if (this.#framed.isDropped) return;
    this.#framed.lastHeardMs = this.#deps.clock.monotonicMs();
    this.#framed.resume();
  }

  /** All that is sent in one go of the event loop leaves in one write. */
  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    // When the socket is full, `drained` comes back here.
    if (this.#framed.isDropped || this.#framed.unsentBytes >= UNSENT_BYTES_MAX) return;
    if (this.#pongDue !== null) this.#framed.writeFrame(FRAME_KIND.pong, this.#pong(this.#pongDue));
    if (this.#isPingDue) this.#framed.writeFrame(FRAME_KIND.ping, u32(this.#nowUs()));
    this.#pongDue = null;
    this.#isPingDue = false;
    this.bytesOut += this.#framed.writeFrames(FRAME_KIND.message, () => this.#queue.shift(), UNSENT_BYTES_MAX);
  }

  /** Since the ping of this echo. */
  #elapsedMs(echo: Uint8Array): number {
    return ((this.#nowUs() - readU32(echo)) >>> 0) / 1_000;
  }

  /** Microseconds, wrapping at 2^32: the peer echoes them, so no list of pings under way is needed. */
  #nowUs(): number {
    return Math.floor(this.#deps.clock.monotonicMs() * 1_000) >>> 0;
  }
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(PING_BYTES);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function readU32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}
