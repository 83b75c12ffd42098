import { type Static, Type } from "typebox";
import { API_ERROR_CODES, API_ERRORS, type ApiErrorCode } from "../errors/apiErrors.js";
import type { ErrorDetails } from "../errors/apiRefusal.js";

export const ErrorSchema = Type.Object({
  code: Type.Enum(API_ERROR_CODES),
  message: Type.String(),
  retryable: Type.Boolean({ description: "The same request may succeed later." }),
  details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});
/** A refusal. `code` is for programs, `message` for people and may change. */
export type ErrorJson = Static<typeof ErrorSchema>;

/** The body of every answer with a status of 400 or above. */
export const ErrorAnswerSchema = Type.Object({ error: ErrorSchema });
/** Body of every answer with a status of 400 or above under `/v1`. */
export type ErrorAnswerJson = Static<typeof ErrorAnswerSchema>;

export function errorJson(code: ApiErrorCode, message: string, details?: ErrorDetails): ErrorJson {
  const json = { code, message, retryable: API_ERRORS[code].retryable };
  return details === undefined ? json : { ...json, details };
}
