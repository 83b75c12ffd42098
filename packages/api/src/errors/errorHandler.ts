import { drainBody, type Logger } from "@sealwright/types";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ackiNackiErrorOf, isForMessages, refusedAnswer } from "../ackiNacki/ackiNackiError.js";
import { type ErrorAnswerJson, errorJson } from "../json/errorJson.js";
import { isForTon, tonRefusalJson } from "../ton/tonError.js";
import { ApiRefusal } from "./apiRefusal.js";

/** Of a body that is too large, so much is read before the answer; who sends more may find the connection closed. */
const DRAINED_BYTES_MAX = 16 * 1024 * 1024;

/** Every error of the API leaves through here, so that no answer ever holds a stack or a word of our insides. */
export function createErrorHandler(logger: Logger) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const refusal = error instanceof ApiRefusal ? error : refusalOf(error as FastifyError);
    if (refusal.code === "internal") {
      const route = request.routeOptions.url ?? "unknown";
      logger.log("error", "api.requestFailed", { method: request.method, route, error });
    }
    if (refusal.code === "bodyTooLarge") await drainBody(request.raw, DRAINED_BYTES_MAX);
    sendRefusal(reply, refusal);
    return reply;
  };
}

export function sendRefusal(reply: FastifyReply, refusal: ApiRefusal): void {
  const retryAfter = refusal.retryAfterSeconds;
  if (retryAfter !== null) void reply.header("retry-after", String(retryAfter));
  const { statusCode: status } = refusal;
  void reply.code(status).type("application/json; charset=utf-8").send(bodyOf(reply.request, refusal));
}

/** In the shape that the clients of the route read. */
function bodyOf({ url, body, routeOptions }: FastifyRequest, refusal: ApiRefusal): object {
  if (isForTon(url)) return tonRefusalJson(url, body, refusal.statusCode, refusal.message);
  // Where the URL is malformed there is no route.
  if (isForMessages((routeOptions as typeof routeOptions | undefined)?.url))
    return refusedAnswer(null, ackiNackiErrorOf(refusal));
  return errorAnswer(refusal);
}

export function errorAnswer(refusal: ApiRefusal): ErrorAnswerJson {
  return { error: errorJson(refusal.code, refusal.message, refusal.details) };
}

/** What fastify refuses before a handler runs, in our words. */
function refusalOf(error: FastifyError): ApiRefusal {
  const invalid = error.validation?.[0];
  if (invalid !== undefined) {
    const field = `${error.validationContext ?? "request"}${invalid.instancePath}`;
    const problem = invalid.message ?? "is not valid";
    return new ApiRefusal("badRequest", `${field} ${problem}`, { details: { field, problem } });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ApiRefusal("bodyTooLarge", "the body is larger than this node takes");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new ApiRefusal("unsupportedMediaType", "this route does not take that content type");
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return new ApiRefusal("badRequest", "the body is not valid JSON");
    default:
      return isClientFault(error)
        ? new ApiRefusal("badRequest", "the request is malformed")
        : new ApiRefusal("internal", "this node failed to answer; its log says why");
  }
}

function isClientFault(error: FastifyError): boolean {
  return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
}
