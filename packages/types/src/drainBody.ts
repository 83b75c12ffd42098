import type { Readable } from "node:stream";

/**
 * Reads what is left of a request's body and forgets it. Whoever is still sending looks at no answer, and a connection
 * that is closed with bytes unread takes the answer away again.
 * @param bytesMax more than that is not read
 */
export function drainBody(request: Readable, bytesMax: number): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let leftBytes = bytesMax;
    const done = (): void => {
      request.off("data", onData).off("end", done).off("close", done).pause();
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      leftBytes -= chunk.length;
      if (leftBytes < 0) done();
    };
    request.on("data", onData).once("end", done).once("close", done);
  });
}
