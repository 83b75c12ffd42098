import { type TSchema, Type } from "typebox";
import { SUBMIT_REFUSAL_CODES } from "../backend/message.js";
import { refusalsIn } from "../http/answers.js";
import type { ApiErrorCode } from "../errors/apiErrors.js";

const TonErrorSchema = Type.Object({
  ok: Type.Literal(false),
  error: Type.String(),
  code: Type.Integer({ description: "the HTTP status" }),
});

const EchoSchema = { jsonrpc: Type.Literal("2.0"), id: Type.Union([Type.String(), Type.Number(), Type.Null()]) };

interface MethodDoc {
  readonly summary: string;
  /** By name; a `?` at the end: may be left out. */
  readonly params: Readonly<Record<string, string>>;
  /** Besides those of every method. */
  readonly refusals?: readonly ApiErrorCode[];
}

const ADDRESS = "of an account in workchain 0, raw or friendly";
const PLACE = { "workchain?": "-1 unless told", "shard?": "decimal" } as const;
const LOCATE = { source: ADDRESS, destination: ADDRESS, created_lt: "logical time of the message" } as const;
const STATE: readonly ApiErrorCode[] = ["unavailable"];
/** What the methods of TON's interface are for and what they take, for people. */
export const TON_METHOD_DOCS: Readonly<Record<string, MethodDoc>> = {
  getMasterchainInfo: { summary: "The newest final block of the default thread", params: {} },
  getConsensusBlock: { summary: "The newest final block that all agree on", params: {} },
  shards: { summary: "The other threads at the time of a block", params: { seqno: "of a masterchain block" } },
  lookupBlock: {
    summary: "A block by seqno, or by time",
    params: { ...PLACE, "seqno?": "its height", "unixtime?": "of the first block made then or later" },
  },
  getBlockTransactions: {
    summary: "The transactions of a block, page by page",
    params: {
      ...PLACE,
      seqno: "of the block",
      "count?": "40 unless told",
      "after_lt?": "of the last one seen",
      "after_hash?": "of the last one seen, or its account",
    },
  },
  getAddressInformation: { summary: "An account", params: { address: ADDRESS }, refusals: STATE },
  getAddressBalance: { summary: "An account's balance", params: { address: ADDRESS }, refusals: STATE },
  getAddressState: { summary: "An account's state", params: { address: ADDRESS }, refusals: STATE },
  getWalletInformation: { summary: "An account as a wallet", params: { address: ADDRESS }, refusals: STATE },
  runGetMethod: {
    summary: "Run a contract's get-method",
    params: { address: ADDRESS, method: "name or number", "stack?": 'such as [["num", "0x5"]]' },
    refusals: STATE,
  },
  sendBoc: { summary: "Send a message", params: { boc: "base64 of a bag of cells" }, refusals: SUBMIT_REFUSAL_CODES },
  sendBocReturnHash: {
    summary: "Send a message, and hear its hashes",
    params: { boc: "base64 of a bag of cells" },
    refusals: SUBMIT_REFUSAL_CODES,
  },
  estimateFee: {
    summary: "What a message would cost",
    params: {
      address: ADDRESS,
      "body?": "base64 of a bag of cells",
      "init_code?": "base64 of a bag of cells",
      "init_data?": "base64 of a bag of cells",
      "ignore_chksig?": "true unless told",
    },
    refusals: ["messageTooLarge", "computeSkipped", "unavailable"],
  },
  getTransactions: {
    summary: "An account's transactions, newest first",
    params: {
      address: ADDRESS,
      "limit?": "10 unless told",
      "lt?": "of the transaction to begin with",
      "hash?": "of the same, hex or base64",
      "to_lt?": "only later ones",
      "archival?": "ignored",
    },
  },
  tryLocateResultTx: { summary: "The transaction that took a message", params: LOCATE },
  tryLocateTx: { summary: "As tryLocateResultTx", params: LOCATE },
  tryLocateSourceTx: { summary: "The transaction that sent a message", params: LOCATE },
};

/** Of any method: what is asked for is not kept, or cannot be. */
const OF_ALL: readonly ApiErrorCode[] = ["badRequest", "unknownBlock", "notAdmissible"];
const OF_BODIES: readonly ApiErrorCode[] = ["bodyTooLarge", "unsupportedMediaType"];

/** The schema of a method's route, for people: what it takes is checked by the method itself. */
export function tonMethodSchema(method: string, by: "get" | "post"): object {
  const { summary, params, refusals = [] } = TON_METHOD_DOCS[method]!;
  const fields = Object.entries(params).map(([key, description]): [string, TSchema] => {
    const schema = by === "get" ? Type.String({ description }) : Type.Unknown({ description });
    return key.endsWith("?") ? [key.slice(0, -1), Type.Optional(schema)] : [key, schema];
  });
  const input = Type.Object(Object.fromEntries(fields));
  return {
    operationId: by === "get" ? method : `${method}ByPost`,
    tags: ["ton"],
    summary,
    ...(by === "get" ? { querystring: input } : { body: input }),
    response: {
      200: answered({}),
      ...refused(TonErrorSchema, [...OF_ALL, ...(by === "get" ? [] : OF_BODIES), ...refusals]),
    },
  };
}

/** The half of JSON-RPC's schema that is read by people. */
export function jsonRpcDocs(): object {
  const all = Object.values(TON_METHOD_DOCS).flatMap(({ refusals = [] }) => refusals);
  const shape = Type.Object({ ...TonErrorSchema.properties, ...EchoSchema });
  return {
    operationId: "jsonRpc",
    tags: ["ton"],
    summary: "Every method of TON's interface, by JSON-RPC",
    description: `One request, no batches. Methods: ${Object.keys(TON_METHOD_DOCS).join(", ")}.`,
    response: { 200: answered(EchoSchema), ...refused(shape, [...OF_ALL, ...OF_BODIES, ...all]) },
  };
}

/** TON's refusals have a number and a text, so what each status means is said in words. */
const MEANINGS: Readonly<Record<string, string>> = {
  "400": "no request, or no message",
  "404": "not there, or not kept here",
  "409": "the contract took such a message already, or not yet",
  "413": "too large",
  "415": "no JSON",
  "422": "a parameter that cannot be, or the contract refuses",
  "429": "too many requests, or no room: see Retry-After",
  "500": "this node failed",
  "503": "not at this moment, or the node stops: see Retry-After",
};

function refused(shape: TSchema, codes: readonly ApiErrorCode[]): Record<string, TSchema> {
  const statuses = Object.keys(refusalsIn(shape, ...codes));
  return Object.fromEntries(statuses.map((status) => [status, { ...shape, description: MEANINGS[status]! }]));
}

function answered(echo: Readonly<Record<string, TSchema>>): TSchema {
  const schema = Type.Object({ ok: Type.Literal(true), result: Type.Unknown(), ...echo });
  return { ...schema, description: "The result, as TON's tools read it." };
}
