import type { TSchema } from "typebox";
import { type ApiErrorCode, API_ERRORS } from "../errors/apiErrors.js";
import { ErrorAnswerSchema } from "../json/errorJson.js";

/** What every route may answer with that is counted against its client, and that ends when the node stops. */
const ALWAYS: readonly ApiErrorCode[] = ["rateLimited", "internal", "shuttingDown"];

/** The error half of a route's `response` schema: every code that it may answer with, by status. */
export function refusals(...codes: readonly ApiErrorCode[]): Record<string, TSchema> {
  return refusalsIn(ErrorAnswerSchema, ...codes);
}

/** As `refusals`, in the shape that the clients of another interface read. */
export function refusalsIn(shape: TSchema, ...codes: readonly ApiErrorCode[]): Record<string, TSchema> {
  return byStatus([...new Set([...codes, ...ALWAYS])], shape);
}

/** Of routes that are asked all the time, also while the node stops: they are never limited. */
export function healthRefusals(): Record<string, TSchema> {
  return byStatus(["internal"], ErrorAnswerSchema);
}

function byStatus(codes: readonly ApiErrorCode[], shape: TSchema): Record<string, TSchema> {
  const named = new Map<number, ApiErrorCode[]>();
  for (const code of codes) {
    const { status } = API_ERRORS[code];
    named.set(status, [...(named.get(status) ?? []), code]);
  }
  const answers = [...named].map(([status, names]) => [String(status), { ...shape, description: names.join(", ") }]);
  return Object.fromEntries(answers) as Record<string, TSchema>;
}

/** One JSON answer with its meaning, for the documentation. */
export function answer<T extends TSchema>(schema: T, description: string): T {
  return { ...schema, description };
}

/** An answer in JSON or, when the client accepts application/octet-stream, in our own binary encoding. */
export function answerOrBytes(schema: TSchema, description: string) {
  return {
    description,
    content: { "application/json": { schema }, "application/octet-stream": { schema: {} } },
  };
}

/** An answer that is not JSON. */
export function answerOf(contentType: string, schema: TSchema, description: string) {
  return { description, content: { [contentType]: { schema } } };
}
