import { Type } from "typebox";
import { evidenceJson, EvidenceListSchema, keeperJson, KeeperListSchema } from "../json/keeperJson.js";
import { networkJson, NetworkSchema } from "../json/networkJson.js";
import type { ApiContext, ApiInstance } from "../server/apiContext.js";
import { answer, refusals } from "./answers.js";
import { query } from "./query.js";

const EVIDENCE_DEFAULT = 100;
const EVIDENCE_MAX = 1_000;

/** The network itself, who keeps it, and who broke its rules. */
export function networkRoutes(app: ApiInstance, { backend, clock }: ApiContext): void {
  app.get(
    "/v1/network",
    {
      schema: {
        operationId: "network",
        tags: ["network"],
        summary: "Which network this is, and what it allows",
        response: { 200: answer(NetworkSchema, "The network."), ...refusals() },
      },
    },
    () => networkJson(backend.network(), clock.nowMs()),
  );
  app.get(
    "/v1/keepers",
    {
      schema: {
        operationId: "keepers",
        tags: ["network"],
        summary: "The BK set as this keeper sees it",
        response: { 200: answer(KeeperListSchema, "In order of their place in the set."), ...refusals() },
      },
    },
    () => ({ keepers: backend.keepers().map(keeperJson) }),
  );
  app.get(
    "/v1/evidence",
    {
      schema: {
        operationId: "evidence",
        tags: ["network"],
        summary: "Proofs that keepers broke a rule",
        querystring: query({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: EVIDENCE_MAX, default: EVIDENCE_DEFAULT })),
        }),
        response: { 200: answer(EvidenceListSchema, "Newest first."), ...refusals("badRequest") },
      },
    },
    async (request) => ({
      evidence: (await backend.evidence(request.query.limit ?? EVIDENCE_DEFAULT)).map(evidenceJson),
    }),
  );
}
