/**
 * On the wire: u32 length of what follows, u8 kind, payload. Big-endian. The kinds of the handshake are refused after
 * it, and the others before.
 */
export const FRAME_KIND = { hello: 0, refusal: 1, ping: 2, pong: 3, message: 4 } as const;

export type FrameKind = (typeof FRAME_KIND)[keyof typeof FRAME_KIND];

export const FRAME_HEADER_BYTES = 5;
export const PING_BYTES = 4;

/** Writes the header of a frame with `payloadBytes` of payload. */
export function writeFrameHeader(target: Buffer, offset: number, kind: FrameKind, payloadBytes: number): void {
  target.writeUInt32BE(payloadBytes + 1, offset);
  target.writeUInt8(kind, offset + 4);
}

export function encodeFrame(kind: FrameKind, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(frame, 0, kind, payload.length);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}
