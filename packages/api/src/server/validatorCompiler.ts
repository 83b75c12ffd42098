import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";

/**
 * Compiles schemas once at start. Paths and queries are text and are converted to the numbers they spell; bodies are
 * taken as they are, and unknown fields are refused where a schema says so, never dropped in silence.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (input: unknown) => {
    // Most requests name texts only; converting walks the whole schema, and costs more than all else of a small answer.
    if (compiled.Check(input)) return { value: input };
    const value = httpPart === "body" ? input : Value.Convert(schema, input);
    if (compiled.Check(value)) return { value };
    const error = compiled.Errors(value).find((one) => one.keyword !== "boolean");
    return { error: [{ ...error, message: describe(error) }] as never };
  };
};

interface Problem {
  readonly message?: string;
  readonly params?: object;
}

function describe(problem: Problem | undefined): string {
  const params = (problem?.params ?? {}) as Readonly<Record<string, unknown>>;
  if (Array.isArray(params["allowedValues"])) return `must be one of ${params["allowedValues"].join(", ")}`;
  if (Array.isArray(params["additionalProperties"]))
    return `has an unknown field: ${params["additionalProperties"].join(", ")}`;
  return problem?.message ?? "is not valid";
}
