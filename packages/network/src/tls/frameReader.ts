import { FRAME_HEADER_BYTES } from "./frame.js";

export type FrameFault = "oversizedFrame" | "malformedFrame";

/** @returns false to stop reading: the connection is over */
export type FrameSink = (kind: number, payload: Uint8Array) => boolean;

/**
 * Cuts a byte stream into frames. A frame inside one chunk is handed on as a view of it; one that spans chunks is put
 * together in a buffer of exactly its size, taken only after the announced length was found allowed.
 */
export class FrameReader {
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #body: { readonly kind: number; readonly bytes: Buffer; filled: number } | undefined;

  /** @param payloadBytesMax may be changed between frames: small before authentication, the network's limit after */
  constructor(public payloadBytesMax: number) {}

  /** @returns a fault after which the stream makes no sense any more, or null */
  push(chunk: Buffer, sink: FrameSink): FrameFault | null {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#body !== undefined) {
        offset += this.#fillBody(chunk, offset);
        if (!this.#passOn(sink)) return null;
        continue;
      }
      const start = this.#readHeader(chunk, offset);
      if (start < 0) return null;
      const payloadBytes = this.#header.readUInt32BE(0) - 1;
      if (payloadBytes < 0) return "malformedFrame";
      if (payloadBytes > this.payloadBytesMax) return "oversizedFrame";
      const kind = this.#header[4]!;
      const end = start + payloadBytes;
      if (end <= chunk.length) {
        offset = end;
        if (!sink(kind, chunk.subarray(start, end))) return null;
      } else {
        // Untouched pages cost nothing, so a peer that announces much and sends little occupies little.
        this.#body = { kind, bytes: Buffer.allocUnsafeSlow(payloadBytes), filled: 0 };
        offset = start + this.#fillBody(chunk, start);
      }
    }
    return null;
  }

  /** @returns where the payload starts, or -1 when the header is not complete yet */
  #readHeader(chunk: Buffer, offset: number): number {
    const copied = chunk.copy(
      this.#header,
      this.#headerFilled,
      offset,
      offset + FRAME_HEADER_BYTES - this.#headerFilled,
    );
    this.#headerFilled += copied;
    if (this.#headerFilled < FRAME_HEADER_BYTES) return -1;
    this.#headerFilled = 0;
    return offset + copied;
  }

  #fillBody(chunk: Buffer, offset: number): number {
    const body = this.#body!;
    const copied = chunk.copy(body.bytes, body.filled, offset);
    body.filled += copied;
    return copied;
  }

  #passOn(sink: FrameSink): boolean {
    const body = this.#body!;
    if (body.filled < body.bytes.length) return true;
    this.#body = undefined;
    return sink(body.kind, body.bytes);
  }
}
