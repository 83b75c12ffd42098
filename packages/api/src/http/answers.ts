import type { TSchema } from "typebox";
import { type ApiErrorCode, API_ERRORS } from "../errors/apiErrors.js";
import { ErrorAnswerSchema } from "../json/errorJson.js";

/** The error half of a route's `response` schema: every code that it may answer with, by status. */
export function refusals(...codes: readonly ApiErrorCode[]): Record<string, TSchema> {
  const byStatus = new Map<number, ApiErrorCode[]>();
  for (const code of [...codes, "rateLimited", "internal"] as const) {
    const { status } = API_ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus].map(([status, names]) => {
    return [String(status), { ...ErrorAnswerSchema, description: names.join(", ") }] as const;
  });
  return Object.fromEntries(answers);
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
