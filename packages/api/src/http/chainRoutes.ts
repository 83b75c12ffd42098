import { assertNever, encodeFinalityProof, limits } from "@sealwright/types";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { BlockAbsence, BlockSelector, FinalityProofAnswer } from "../backend/records.js";
import { ApiRefusal, type ErrorDetails } from "../errors/apiRefusal.js";
import { accountJson, AccountSchema } from "../json/accountJson.js";
import { blockHeadlineJson, blockJson, BlockListSchema, BlockSchema } from "../json/blockJson.js";
import { finalityProofJson, FinalityProofSchema } from "../json/finalityProofJson.js";
import { Height, Hex32, ThreadText } from "../json/scalars.js";
import { threadJson, ThreadListSchema, ThreadSchema } from "../json/threadJson.js";
import { threadTotalsJson, ThreadTotalsSchema } from "../json/threadTotalsJson.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answer, answerOrBytes, refusals } from "./answers.js";
import { acceptsBytes, accountIdOf, blockIdOfText, findThread, heightOf, threadIdOf } from "./params.js";
import { query } from "./query.js";

const ByHeight = Type.Object({ thread: ThreadText, height: Height });
const ById = Type.Object({ blockId: Hex32 });
const BLOCKS_DEFAULT = 20;

/** Threads, blocks, accounts and the proofs that need no trust in this node. */
export function chainRoutes(app: ApiInstance, context: ApiContext): void {
  threadRoutes(app, context);
  blockRoutes(app, context);
  finalityProofRoutes(app, context);
  accountRoute(app, context);
}

function threadRoutes(app: ApiInstance, { backend }: ApiContext): void {
  app.get(
    "/v1/threads",
    {
      schema: {
        operationId: "threads",
        tags: ["chain"],
        summary: "All threads and their heads",
        response: { 200: answer(ThreadListSchema, "In order of index."), ...refusals() },
      },
    },
    () => ({ threads: backend.threads().map(threadJson) }),
  );
  app.get(
    "/v1/threads/:thread",
    {
      schema: {
        operationId: "thread",
        tags: ["chain"],
        summary: "One thread",
        params: Type.Object({ thread: ThreadText }),
        response: { 200: answer(ThreadSchema, "The thread."), ...refusals("badRequest", "unknownThread") },
      },
    },
    (request) => threadJson(findThread(backend, request.params.thread)),
  );
  app.get(
    "/v1/threads/:thread/totals",
    {
      schema: {
        operationId: "totals",
        tags: ["chain"],
        summary: "The native value of a thread, after its last final block",
        description: "balances + fees + sent - received is what genesis gave to the thread's accounts, at all times.",
        params: Type.Object({ thread: ThreadText }),
        response: {
          200: answer(ThreadTotalsSchema, "The totals."),
          ...refusals("badRequest", "unknownThread", "unavailable"),
        },
      },
    },
    async (request) => threadTotalsJson(await backend.totals(threadIdOf(backend, request.params.thread))),
  );
}

function blockRoutes(app: ApiInstance, { backend }: ApiContext): void {
  app.get(
    "/v1/blocks",
    {
      schema: {
        operationId: "blocks",
        tags: ["chain"],
        summary: "Blocks of a thread, ascending",
        description:
          "Without `from` the newest. `next` is where the following page starts, null at the head. What this node has " +
          "forgotten is passed over, and so is height 0, the genesis.",
        querystring: query({
          thread: Type.Optional(ThreadText),
          from: Type.Optional(Height),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.BLOCKS_PER_RESPONSE_MAX, default: BLOCKS_DEFAULT }),
          ),
        }),
        response: { 200: answer(BlockListSchema, "Headlines."), ...refusals("badRequest", "unknownThread") },
      },
    },
    async (request) => {
      const { thread = "0", from, limit = BLOCKS_DEFAULT } = request.query;
      const threadId = threadIdOf(backend, thread);
      const blocks = await backend.blocks({ threadId, from: from === undefined ? null : heightOf(from), limit });
      const last = blocks[blocks.length - 1];
      const isFull = from !== undefined && blocks.length === limit && last !== undefined;
      return { blocks: blocks.map(blockHeadlineJson), next: isFull ? String(last.header.height + 1n) : null };
    },
  );
  const sendBlock = async (request: FastifyRequest, reply: FastifyReply, selector: BlockSelector) => {
    const found = await backend.block(selector);
    if (found.type !== "block") throw absent(found, selector);
    const { record } = found;
    if (!acceptsBytes(request)) return reply.send(blockJson(record));
    return reply.type("application/octet-stream").send(record.block.bytes);
  };
  const schema = {
    tags: ["chain"],
    response: { 200: answerOrBytes(BlockSchema, "The block, or its sealed encoding."), ...refusals(...BLOCK_REFUSALS) },
  };
  app.get(
    "/v1/blocks/:blockId",
    { schema: { ...schema, operationId: "blockById", summary: "A block by its id", params: ById } },
    (request, reply) => sendBlock(request, reply, { type: "id", blockId: blockIdOfText(request.params.blockId) }),
  );
  app.get(
    "/v1/blocks/:thread/:height",
    { schema: { ...schema, operationId: "blockByHeight", summary: "A block by its height", params: ByHeight } },
    (request, reply) => {
      const { thread, height } = request.params;
      const threadId = threadIdOf(backend, thread);
      return sendBlock(request, reply, { type: "height", threadId, height: heightOf(height) });
    },
  );
}

function finalityProofRoutes(app: ApiInstance, { backend }: ApiContext): void {
  const sendProof = async (request: FastifyRequest, reply: FastifyReply, selector: BlockSelector) => {
    const proof = proofOf(await backend.finalityProof(selector), selector);
    if (!acceptsBytes(request)) return reply.send(finalityProofJson(proof));
    return reply.type("application/octet-stream").send(encodeFinalityProof(proof));
  };
  const schema = {
    tags: ["chain"],
    description: "A client that knows the BK set checks it alone (protocol F2).",
    response: {
      200: answerOrBytes(FinalityProofSchema, "The proof, or its encoding."),
      ...refusals(...BLOCK_REFUSALS, "notFinal"),
    },
  };
  app.get(
    "/v1/finality-proof/:blockId",
    { schema: { ...schema, operationId: "finalityProofById", summary: "Proof that a block is final", params: ById } },
    (request, reply) => sendProof(request, reply, { type: "id", blockId: blockIdOfText(request.params.blockId) }),
  );
  app.get(
    "/v1/finality-proof/:thread/:height",
    {
      schema: {
        ...schema,
        operationId: "finalityProofByHeight",
        summary: "Proof that the block at a height is final",
        params: ByHeight,
      },
    },
    (request, reply) => {
      const { thread, height } = request.params;
      const threadId = threadIdOf(backend, thread);
      return sendProof(request, reply, { type: "height", threadId, height: heightOf(height) });
    },
  );
}

function accountRoute(app: ApiInstance, { backend }: ApiContext): void {
  app.get(
    "/v1/accounts/:accountId",
    {
      schema: {
        operationId: "account",
        tags: ["chain"],
        summary: "An account with its proof",
        description: "An account that does not exist is answered with `exists: false` and a proof of its absence.",
        params: Type.Object({ accountId: Hex32 }),
        querystring: query({
          view: Type.Optional(Type.Enum(["final", "head"], { description: "After which block; final unless told." })),
        }),
        response: {
          200: answer(AccountSchema, "The account."),
          ...refusals("badRequest", "unknownAccount", "unavailable"),
        },
      },
    },
    async (request) => {
      const accountId = accountIdOf(request.params.accountId);
      const account = await backend.account(accountId, request.query.view ?? "final");
      if (account === null) {
        const reason = "this node holds no state of that account's thread yet";
        throw new ApiRefusal("unknownAccount", reason, { details: { accountId } });
      }
      return accountJson(account);
    },
  );
}

const BLOCK_REFUSALS = ["badRequest", "unknownThread", "unknownBlock", "genesisBlock", "pruned"] as const;

function proofOf(answered: FinalityProofAnswer, selector: BlockSelector) {
  switch (answered.type) {
    case "proof":
      return answered.proof;
    case "notFinal":
      throw new ApiRefusal("notFinal", "the block is not final", { details: { status: answered.status } });
    case "unknownBlock":
    case "pruned":
    case "genesisBlock":
      throw absent(answered, selector);
    default:
      return assertNever(answered);
  }
}

function absent(absence: BlockAbsence, selector: BlockSelector): ApiRefusal {
  switch (absence.type) {
    case "unknownBlock":
      return new ApiRefusal("unknownBlock", "this node does not know that block", { details: detailsOf(selector) });
    case "pruned":
      return new ApiRefusal("pruned", "this node has forgotten a block that old", { details: detailsOf(selector) });
    case "genesisBlock": {
      const { threadId, blockId } = absence;
      const reason =
        "the thread begins there: its genesis follows from the genesis document and is final without a proof; nobody made it";
      return new ApiRefusal("genesisBlock", reason, { details: { threadId, height: "0", blockId } });
    }
    default:
      return assertNever(absence);
  }
}

function detailsOf(selector: BlockSelector): ErrorDetails {
  if (selector.type === "id") return { blockId: selector.blockId };
  return { threadId: selector.threadId, height: String(selector.height) };
}
