import type { TLSSocket } from "node:tls";
import type { Clock } from "@sealwright/types";
import { encodeFrame, FRAME_HEADER_BYTES, type FrameKind, writeFrameHeader } from "./frame.js";
import { type FrameFault, FrameReader } from "./frameReader.js";
import { HELLO_BYTES_MAX } from "./hello.js";
import { TIMED_PONGS_PROTOCOL } from "./pong.js";

/** Who gets what arrives; handed over from the handshake to the connection without losing a frame. */
export interface FramedSocketOwner {
  frame(kind: number, payload: Uint8Array): void;
  /** The stream makes no sense any more; the owner drops the socket. */
  fault(fault: FrameFault): void;
  /** The socket is gone; not called after `drop`. */
  closed(how: "peerClosed" | "socketFailed"): void;
  /** All that was written has left. */
  drained(): void;
}

/** Frames are gathered into one write until they reach this. */
const BATCH_BYTES = 64 * 1024;
/** A frame over this closes its batch and is written without being copied. */
const COPIED_FRAME_BYTES_MAX = BATCH_BYTES;

/** A TLS socket that speaks frames. Starts with the small frames of the handshake allowed only. */
export class FramedSocket {
  owner: FramedSocketOwner;
  /** Monotonic time of the last byte that arrived. */
  lastHeardMs: number;
  readonly #reader = new FrameReader(HELLO_BYTES_MAX);
  #isDropped = false;
  #hasFailed = false;

  constructor(
    readonly socket: TLSSocket,
    clock: Clock,
    owner: FramedSocketOwner,
  ) {
    this.owner = owner;
    this.lastHeardMs = clock.monotonicMs();
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.lastHeardMs = clock.monotonicMs();
      this.#read(chunk);
    });
    socket.on("error", () => (this.#hasFailed = true));
    socket.on("drain", () => this.owner.drained());
    socket.on("close", () => {
      if (this.#isDropped) return;
      this.#isDropped = true;
      this.owner.closed(this.#hasFailed ? "socketFailed" : "peerClosed");
    });
  }

  get isDropped(): boolean {
    return this.#isDropped;
  }

  /** Whether both ends said in the handshake that their pongs tell the time. */
  get hasTimedPongs(): boolean {
    return this.socket.alpnProtocol === TIMED_PONGS_PROTOCOL;
  }

  /** Bytes written that have not left this process. */
  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  allowFrames(payloadBytesMax: number): void {
    this.#reader.payloadBytesMax = payloadBytesMax;
  }

  writeFrame(kind: FrameKind, payload: Uint8Array): void {
    if (!this.#isDropped) this.socket.write(encodeFrame(kind, payload));
  }

  /** Writes frames from `next` until it has no more, or `unsentBytesMax` wait in the socket. @returns payload bytes */
  writeFrames(kind: FrameKind, next: () => Uint8Array | undefined, unsentBytesMax: number): number {
    let payloadBytes = 0;
    let batch: Uint8Array[] = [];
    let batchBytes = 0;
    this.socket.cork();
    while (this.unsentBytes + batchBytes < unsentBytesMax) {
      const frame = next();
      if (frame === undefined) break;
      payloadBytes += frame.length;
      batch.push(frame);
      batchBytes += FRAME_HEADER_BYTES + frame.length;
      if (batchBytes < BATCH_BYTES) continue;
      this.#writeBatch(kind, batch);
      batch = [];
      batchBytes = 0;
    }
    this.#writeBatch(kind, batch);
    this.socket.uncork();
    return payloadBytes;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Ends at once; the owner hears nothing more. */
  drop(): void {
    this.#isDropped = true;
    this.socket.destroy();
  }

  /** Lets what is written leave, then ends; the owner hears nothing more. The caller drops it when that takes too long. */
  finish(onClosed: () => void): void {
    this.#isDropped = true;
    this.socket.once("close", onClosed);
    if (this.socket.destroyed) return onClosed();
    this.socket.resume();
    this.socket.destroySoon();
  }

  /** One buffer for all frames, but for a large last one, which is written without being copied. */
  #writeBatch(kind: FrameKind, frames: readonly Uint8Array[]): void {
    const last = frames.at(-1);
    if (last === undefined) return;
    const isLastApart = last.length > COPIED_FRAME_BYTES_MAX;
    let bytes = 0;
    for (const frame of frames) bytes += FRAME_HEADER_BYTES + frame.length;
    const buffer = Buffer.allocUnsafe(isLastApart ? bytes - last.length : bytes);
    let offset = 0;
    for (const frame of frames) {
      writeFrameHeader(buffer, offset, kind, frame.length);
      offset += FRAME_HEADER_BYTES;
      if (isLastApart && frame === last) break;
      buffer.set(frame, offset);
      offset += frame.length;
    }
    this.socket.write(buffer);
    if (isLastApart) this.socket.write(last);
  }

  #read(chunk: Buffer): void {
    if (this.#isDropped) return;
    const fault = this.#reader.push(chunk, (kind, payload) => {
      this.owner.frame(kind, payload);
      return !this.#isDropped;
    });
    if (fault !== null) this.owner.fault(fault);
  }
}
