import type { FastifyReply } from "fastify";

/** Aborts when the client has left or the server stops: nothing goes on working for an answer that nobody takes. */
export function requestSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  // Who left before this was made closes no second time.
  if (closing.aborted || reply.raw.destroyed) {
    abort();
    return controller.signal;
  }
  // By hand, not AbortSignal.any: under a signal as old as the process that leaks memory on Node 20.
  closing.addEventListener("abort", abort);
  reply.raw.once("close", () => {
    closing.removeEventListener("abort", abort);
    abort();
  });
  return controller.signal;
}
