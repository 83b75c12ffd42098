import {
  type AccountId,
  type BlockId,
  type Height,
  height,
  type MessageHash,
  type Result,
  parseAccountId,
  parseBlockId,
  parseMessageHash,
  type ThreadId,
} from "@sealwright/types";
import type { FastifyRequest } from "fastify";
import type { NodeBackend } from "../backend/nodeBackend.js";
import type { ThreadRecord } from "../backend/records.js";
import { ApiRefusal } from "../errors/apiRefusal.js";

/** Ids as the routes take them: in either case, already matched by the schema. */
export const messageHashOf = (text: string): MessageHash => parsed(parseMessageHash(text.toLowerCase()));
export const blockIdOfText = (text: string): BlockId => parsed(parseBlockId(text.toLowerCase()));
export const accountIdOf = (text: string): AccountId => parsed(parseAccountId(text.toLowerCase()));

export function heightOf(text: string): Height {
  const value = BigInt(text);
  if (value > U64_MAX) throw new ApiRefusal("badRequest", "a height fits 64 bits", { details: { height: text } });
  return height(value);
}

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** @param text index or id */
export function findThread(backend: Pick<NodeBackend, "threads">, text: string): ThreadRecord {
  const threads = backend.threads();
  const wanted = text.toLowerCase();
  const found = text.length < 68 ? threads[Number(text)] : threads.find((thread) => thread.threadId === wanted);
  if (found === undefined) {
    const details = { thread: text, threads: threads.length };
    throw new ApiRefusal("unknownThread", `this network has no thread ${text}`, { details });
  }
  return found;
}

export const threadIdOf = (backend: Pick<NodeBackend, "threads">, text: string): ThreadId =>
  findThread(backend, text).threadId;

export function acceptsBytes(request: FastifyRequest): boolean {
  return request.headers.accept?.includes("application/octet-stream") === true;
}

function parsed<T>(result: Result<T, { readonly kind: string; readonly text: string }>): T {
  if (result.ok) return result.value;
  const { kind, text } = result.error;
  throw new ApiRefusal("badRequest", `not a ${kind}`, { details: { text } });
}
