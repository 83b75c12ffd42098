import type { FastifyReply } from "fastify";

/** Aborted when the asker has left: nothing goes on waiting for it; what is being signed keeps its mark. */
export function goneSignalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // Who left before this was made closes no second time.
  if (reply.raw.destroyed) gone.abort();
  else reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
