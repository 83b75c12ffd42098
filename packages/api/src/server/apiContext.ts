import type { Clock, Logger } from "@sealwright/types";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type { MessageWaits } from "../messages/messageWaits.js";
import type { ApiLimits } from "./apiLimits.js";

/** A fastify scope whose handlers know the types of what the schemas let in. */
export type ApiInstance = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What the routes share. */
export interface ApiContext {
  readonly limits: ApiLimits;
  readonly backend: NodeBackend;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly waits: MessageWaits;
  /** Aborts when the server stops: waits and streams end. */
  readonly closing: AbortSignal;
}
