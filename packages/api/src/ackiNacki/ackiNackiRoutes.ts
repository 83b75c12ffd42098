import { BocView, writeBag } from "@sealwright/execution";
import { Type } from "typebox";
import { ApiRefusal } from "../errors/apiRefusal.js";
import { requestSignal } from "../http/requestSignal.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { validatorCompiler } from "../server/validatorCompiler.js";
import { ACCOUNT_DOCS, ENTRY_DOC, KEEPERS_DOCS, messagesDocs, READINESS_DOCS, SEQNO_DOCS } from "./ackiNackiDocs.js";
import { graphqlRoute } from "./graphqlRoute.js";
import { MESSAGE_PATHS } from "./ackiNackiError.js";
import { base64 } from "../ton/base64.js";
import { NO_DAPP_ID, readAccountId, readDappId } from "./messageEntry.js";
import { sendMessages, type SendOptions } from "./sendMessages.js";

/** Entries of one request; more than one is answered with one answer each. */
const ENTRIES_MAX = 100;
const ENTRIES = Type.Array(Type.Unknown(), { minItems: 1, maxItems: ENTRIES_MAX });

const NAME_OF_PATH = {
  "/v2/messages": "ackiNackiMessages",
  "/bm/v2/messages": "ackiNackiMessagesBm",
  "/bk/v2/messages": "ackiNackiMessagesBk",
} as const satisfies Record<(typeof MESSAGE_PATHS)[number], string>;

/**
 * The part of Acki Nacki's HTTP interface that its SDK sends messages and reads accounts with, so that its clients work
 * unchanged. Not there on networks of another engine.
 * @param messageWay for messages whose sender does not say which keeper may take them
 */
export function ackiNackiRoutes(app: ApiInstance, context: ApiContext, messageWay: SendOptions["producer"]): void {
  const { backend, limits, waits, clock, closing, logger } = context;
  const { ton, ackiNacki } = backend;
  if (ton === null || ackiNacki === null) return;

  for (const path of MESSAGE_PATHS)
    app.post(
      path,
      {
        // An entry that is none is refused by itself: of the body only how many there are is looked at here.
        validatorCompiler: (route) =>
          validatorCompiler(route.httpPart === "body" ? { ...route, schema: ENTRIES } : route),
        schema: {
          ...messagesDocs(NAME_OF_PATH[path]),
          querystring: Type.Object({
            wait: Type.Optional(Type.Enum(["included", "final"])),
            producer: Type.Optional(Type.Enum(["any", "only"])),
            timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.waitMsMax })),
          }),
          body: Type.Unsafe<readonly unknown[]>(Type.Array(ENTRY_DOC, { minItems: 1, maxItems: ENTRIES_MAX })),
        },
      },
      async ({ body, query }, reply) => {
        const { wait: wanted = "final", producer = messageWay, timeoutMs = limits.waitMsDefault } = query;
        const sending = { backend, ton, ackiNacki, waits, nowMs: () => clock.nowMs(), logger };
        const signal = requestSignal(reply, closing);
        const answers = await sendMessages(sending, body, { wanted, timeoutMs, producer, signal });
        // Existing clients send one and read one; errors are in the answer, where they look for them.
        return reply.code(200).send(answers.length === 1 ? answers[0] : answers);
      },
    );

  app.get(
    "/v2/account",
    {
      schema: {
        ...ACCOUNT_DOCS,
        querystring: Type.Object({
          account_id: Type.String({ maxLength: 160 }),
          dapp_id: Type.Optional(Type.String({ maxLength: 66 })),
        }),
      },
    },
    async ({ query }) => {
      const account = readAccountId(query.account_id);
      const dappId = readDappId(query.dapp_id ?? NO_DAPP_ID);
      if (account === null) throw new ApiRefusal("badRequest", "account_id: 64 hex digits");
      if (dappId === null) throw new ApiRefusal("badRequest", "dapp_id: 64 hex digits");
      const record = await backend.account(account, "final");
      if (record === null) throw new ApiRefusal("unavailable", "this node holds no state of that account's thread yet");
      if (record.state === null) throw new ApiRefusal("unknownAccount", `no account ${account}`);
      const answer = await backend.block({ type: "id", blockId: record.block.blockId });
      return {
        boc: accountBoc(record.state.value),
        account_id: account,
        dapp_id: dappId,
        state_timestamp: answer.type === "block" ? answer.record.block.header.timeMs : null,
      };
    },
  );

  graphqlRoute(app, context);

  app.get("/v2/bk_set", { schema: KEEPERS_DOCS }, () => ({
    seq_no: 0,
    bk_set: backend.keepers().map(({ keeperId, index, publicKey }) => ({
      signer_index: index,
      node_id: keeperId,
      pubkey: Buffer.from(publicKey).toString("hex"),
    })),
  }));

  app.get("/v2/default_thread_seqno", { schema: SEQNO_DOCS }, () => ({
    last_seq_no: Number(backend.threads()[0]?.final?.height ?? 0n),
  }));

  app.get("/v2/readiness", { schema: READINESS_DOCS }, async (_request, reply) => {
    const checks = await backend.readiness();
    const ready = checks.every(({ ok }) => ok);
    return reply
      .code(ready ? 200 : 503)
      .send({ ready, failed: checks.filter(({ ok }) => !ok).map(({ name }) => name) });
  });
}

/** The account inside what a thread's state holds of it, as the SDK decodes it. */
function accountBoc(shardAccount: Uint8Array): string {
  const bag = new BocView(shardAccount);
  return base64(writeBag(bag, bag.refs(bag.root)[0]!));
}
