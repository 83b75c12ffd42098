import { assert, type KeeperId, type NetworkId, sha256Hex } from "@sealwright/types";
import { encodeFrame, FRAME_KIND } from "../tls/frame.js";
import { type FrameFault, FrameReader } from "../tls/frameReader.js";
import { checkHello, decodeRefusal, encodeHello, encodeRefusal } from "../tls/hello.js";

/** Something that reads bytes of strangers and may never throw. */
interface WireReader {
  readonly name: string;
  /** @returns whether the bytes read as what they should be */
  readonly decode: (bytes: Uint8Array) => boolean;
  /** Well-formed inputs. */
  readonly seeds: readonly Uint8Array[];
}

const HELLO = {
  networkId: sha256Hex(Buffer.from("a network")) as NetworkId,
  keeper: sha256Hex(Buffer.from("a keeper")) as KeeperId,
};
const PAYLOAD_BYTES_MAX = 1_024;

/** All of this package that reads what comes from a socket, for fuzzing. */
export function networkReaders(): readonly WireReader[] {
  const refusals = (["unknownKeeper", "wrongNetwork", "banned"] as const).map(encodeRefusal);
  const frames = Object.values(FRAME_KIND).map((kind) => encodeFrame(kind, new Uint8Array(kind * 20).fill(kind)));
  return [
    { name: "tlsHello", decode: (bytes) => checkHello(bytes, HELLO) === null, seeds: [encodeHello(HELLO)] },
    { name: "tlsRefusal", decode: (bytes) => decodeRefusal(bytes) !== null, seeds: refusals },
    {
      name: "tlsFrames",
      decode: readsFrames,
      // The first byte says in what pieces the rest arrives.
      seeds: [1, 7, 255].map((piece) => Buffer.concat([Uint8Array.of(piece), ...frames])),
    },
  ];
}

interface FramesRead {
  readonly frames: readonly string[];
  readonly fault: FrameFault | null;
}

/** In whatever pieces a stream arrives, it holds the same frames. */
function readsFrames(bytes: Uint8Array): boolean {
  const stream = Buffer.from(bytes.subarray(1));
  const whole = readInPieces(stream, stream.length);
  const pieces = readInPieces(stream, bytes[0] ?? 0);
  assert(whole.fault === pieces.fault, `${whole.fault} in one piece, ${pieces.fault} in several`);
  assert(whole.frames.join() === pieces.frames.join(), "the pieces in which a stream arrives change its frames");
  return whole.fault === null && whole.frames.length > 0;
}

function readInPieces(stream: Buffer, pieceBytes: number): FramesRead {
  const reader = new FrameReader(PAYLOAD_BYTES_MAX);
  const frames: string[] = [];
  const step = Math.max(1, pieceBytes);
  for (let at = 0; at < stream.length; at += step) {
    const fault = reader.push(stream.subarray(at, at + step), (kind, payload) => {
      assert(payload.length <= PAYLOAD_BYTES_MAX, "a payload is as long as it may be");
      frames.push(`${kind}:${Buffer.from(payload).toString("hex")}`);
      return true;
    });
    if (fault !== null) return { frames, fault };
  }
  return { frames, fault: null };
}
