import { toHex } from "@sealwright/types";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { readEthereumObject } from "../payload/readEthereumObject.js";
import { ServiceRefusal, unknownKey } from "../serviceRefusal.js";
import { goneSignalOf } from "./goneSignal.js";
import { jsonBody } from "./jsonBody.js";
import { readinessOf } from "./readiness.js";
import type { ServiceContext } from "./serviceContext.js";
import { signForAsker } from "./signForAsker.js";

type SignRequest = FastifyRequest<{ Params: { readonly publicKey: string } }>;

/** The part of Web3Signer's protocol that validators sign with. */
export function web3SignerRoutes(app: FastifyInstance, context: ServiceContext): void {
  app.get("/upcheck", (_request, reply) => reply.type("text/plain; charset=utf-8").send("OK"));
  app.get("/healthcheck", async (_request, reply) => {
    const { ready, checks } = await readinessOf(context, null);
    const status = (isOk: boolean): string => (isOk ? "UP" : "DOWN");
    return reply.code(ready ? 200 : 503).send({
      status: status(ready),
      outcome: status(ready),
      checks: checks.map(({ name, ok }) => ({ id: name, status: status(ok) })),
    });
  });
  app.get("/api/v1/eth2/publicKeys", () =>
    context.keys.keys.flatMap(({ blsKey, protocols }) =>
      blsKey !== null && protocols.has("web3signer") ? [`0x${blsKey}`] : [],
    ),
  );
  // The ceiling that an operator may set there, and an empty object is that there is none. Here keys are stopped instead.
  app.get("/api/v1/eth2/highWatermark", () => ({}));
  app.post("/api/v1/eth2/sign/:publicKey", (request: SignRequest, reply) => sign(context, request, reply));
}

async function sign(context: ServiceContext, request: SignRequest, reply: FastifyReply): Promise<unknown> {
  const { metrics, clock } = context;
  const startMs = clock.monotonicMs();
  // Its clients have no way to say who they are, so a service that wants to know does not serve them.
  if (context.config().authentication !== null)
    throw new ServiceRefusal(
      "authenticationMissing",
      "this service signs for authenticated requests only, and this protocol has no such thing: ask over the Octez protocol, or run a service without `authentication` for these keys",
    );
  const name = request.params.publicKey.replace(/^0x/, "").toLowerCase();
  const key = context.keys.byPublicKey(name);
  if (key?.blsKey == null) throw unknownKey(`0x${name.slice(0, 96)}`);
  const payload = readEthereumObject(jsonBody(request.body, 'a JSON object with "type" and "fork_info"'), key.blsKey);
  const { signature, repeated } = await signForAsker(context, key, payload, goneSignalOf(reply)).catch(asSlashing);
  metrics.signed("web3signer", payload.kind, repeated, (clock.monotonicMs() - startMs) / 1_000);
  return answerInWantedForm(request, reply, `0x${toHex(signature)}`);
}

/** That protocol has a status of its own for what a slashing rule forbids. */
function asSlashing(error: unknown): never {
  if (!(error instanceof ServiceRefusal) || error.reason !== "watermark") throw error;
  throw new ServiceRefusal("slashing", error.message, error.refusal);
}

/** Plain hex unless JSON is asked for: what validators' clients expect. */
function answerInWantedForm(request: FastifyRequest, reply: FastifyReply, signature: string): unknown {
  if (request.headers.accept?.includes("application/json") === true) return { signature };
  return reply.type("text/plain; charset=utf-8").send(signature);
}
