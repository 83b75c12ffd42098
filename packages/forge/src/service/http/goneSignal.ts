import type { FastifyReply } from "fastify";

/** Aborted when the asker has left: nothing goes on waiting for it; what is being signed keeps its mark. */
export function goneSignalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return gone.signal;
}
