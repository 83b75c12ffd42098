import type { FastifyServerOptions } from "fastify";
import { validatorCompiler } from "./validatorCompiler.js";

/** Views build answers field by field, so a schema need not filter them, and the engine's own serializer is the fastest. */
export function serializerCompiler(): (data: unknown) => string {
  return (data) => JSON.stringify(data);
}

/**
 * Ours, named before a server is made: it would make a validator and a serializer of its own ready, which nobody asks, and
 * that is most of what making it takes.
 */
export const schemaController: NonNullable<FastifyServerOptions["schemaController"]> = {
  compilersFactory: {
    // That type is the one of the validator which it comes with.
    buildValidator: () => validatorCompiler as never,
    buildSerializer: () => serializerCompiler,
  },
};
