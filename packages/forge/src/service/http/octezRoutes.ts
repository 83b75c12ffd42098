import {
  encodeAuthenticationPayload,
  formatPublicKey,
  formatPublicKeyHash,
  formatSignature,
  hashPublicKey,
  parsePublicKey,
  parsePublicKeyHash,
  parseSignature,
  type PublicKeyHash,
} from "@sealwright/tezos";
import { fromHex, unwrap } from "@sealwright/types";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { schemeOfKey } from "../../keyId.js";
import { verifySignature } from "../../signers/verifySignature.js";
import type { ServiceKey } from "../keys/serviceKey.js";
import { readPayload } from "../payload/readPayload.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { jsonBody } from "./jsonBody.js";
import type { ServiceContext } from "./serviceContext.js";
import { signForAsker } from "./signForAsker.js";

/** Generations of signature schemes; BLS signs from 2 on, under proof of possession. */
const VERSIONS: ReadonlySet<string> = new Set(["0", "1", "2", "3"]);
const BLS_VERSION_MIN = 2;

type KeyRequest = FastifyRequest<{ Params: { readonly pkh: string }; Querystring: Readonly<Record<string, unknown>> }>;

/** The remote signer protocol of Octez, as bakers and Taquito speak it. */
export function octezRoutes(app: FastifyInstance, context: ServiceContext): void {
  app.get("/keys/:pkh", async (request: KeyRequest) => {
    const key = keyOf(context, request);
    const publicKey = await key.publicKey(new AbortController().signal);
    if (!publicKey.ok) throw new ServiceRefusal(publicKey.error.code, publicKey.error.message);
    return { public_key: formatPublicKey(publicKey.value) };
  });
  app.post("/keys/:pkh", (request: KeyRequest, reply) => sign(context, request, reply));
  app.get("/authorized_keys", () => {
    const { authentication } = context.config();
    if (authentication === null) return {};
    return { authorized_keys: authentication.authorizedKeys.map((key) => formatPublicKeyHash(hashPublicKey(key))) };
  });
  app.get("/known_keys", () => {
    if (!context.config().policy.listKnownKeys)
      throw new ServiceRefusal("notAllowed", "List known keys request not allowed.");
    const known = context.keys.keys.filter((key) => key.protocols.has("octez"));
    return { known_keys: known.flatMap(({ hash }) => (hash === null ? [] : [hash])) };
  });
  app.get("/bls_prove_possession/:pkh", (request: KeyRequest) => {
    return { bls_prove_possession: provePossession(keyOf(context, request), request.query["bls_pk"]) };
  });
}

async function sign(context: ServiceContext, request: KeyRequest, reply: FastifyReply): Promise<object> {
  const { metrics, clock } = context;
  const startMs = clock.monotonicMs();
  const bytes = payloadBytes(jsonBody(request.body));
  const key = keyOf(context, request);
  await authenticate(context, key, bytes, request.query["authentication"]);
  checkVersion(key, request.query["version"]);
  const payload = readPayload(bytes, key);
  const { signature, repeated } = await signForAsker(context, key, payload, reply);
  metrics.signed("octez", payload.kind, repeated, (clock.monotonicMs() - startMs) / 1_000);
  return { signature: formatSignature({ scheme: schemeOfKey(key.hash!), bytes: signature }) };
}

function keyOf({ keys }: ServiceContext, { params }: KeyRequest): ServiceKey {
  const key = keys.byHash(params.pkh);
  if (key !== null) return key;
  throw new ServiceRefusal("unknownKey", `no key ${params.pkh.slice(0, 60)} is served here`);
}

/** A JSON text of hex digits. */
function payloadBytes(body: unknown): Uint8Array {
  if (typeof body !== "string") throw new ServiceRefusal("badJson", "the body must be one JSON text of hex digits");
  const bytes = fromHex(body.toLowerCase());
  if (bytes === null) throw new ServiceRefusal("notHex", "the body's text is not made of pairs of hex digits");
  if (bytes.length === 0) throw new ServiceRefusal("empty", "there is nothing to sign");
  return bytes;
}

/** Any of the authorized keys may sign the request; the signature covers no time, so watermarks and TLS matter still. */
async function authenticate(
  context: ServiceContext,
  key: ServiceKey,
  bytes: Uint8Array,
  given: unknown,
): Promise<void> {
  const { authentication } = context.config();
  if (authentication === null) return;
  if (given === undefined) throw new ServiceRefusal("authenticationMissing", "missing authentication signature field");
  const signature = typeof given === "string" ? parseSignature(given) : null;
  const signed = encodeAuthenticationPayload(hashOf(key), bytes);
  if (signature?.ok === true) {
    for (const authorized of authentication.authorizedKeys) {
      const { scheme } = signature.value;
      if (scheme !== "generic" && scheme !== authorized.scheme) continue;
      if (await verifySignature(authorized, signed, signature.value.bytes, context.verifier)) return;
    }
  }
  throw new ServiceRefusal("authenticationInvalid", "invalid authentication signature");
}

function hashOf(key: ServiceKey): PublicKeyHash {
  return unwrap(parsePublicKeyHash(key.hash ?? ""));
}

function checkVersion(key: ServiceKey, version: unknown): void {
  if (version === undefined) return;
  if (typeof version !== "string" || !VERSIONS.has(version))
    throw new ServiceRefusal("badQuery", "version is a number from 0 to 3");
  if (schemeOfKey(key.hash!) === "bls" && Number(version) < BLS_VERSION_MIN)
    throw new ServiceRefusal("unsupportedVersion", `tz4 keys sign from version ${BLS_VERSION_MIN} on`);
}

function provePossession(key: ServiceKey, blsPublicKey: unknown): string {
  if (!key.enabled) throw new ServiceRefusal("keyStopped", `${key.name} is stopped in the configuration`);
  if (!key.allow.has("possession"))
    throw new ServiceRefusal("notAllowed", "Request to prove possession is not allowed.");
  if (key.provePossession === null || key.blsKey === null)
    throw new ServiceRefusal("wrongFormForKey", "only a tz4 key in this process proves its possession");
  const signed = blsPublicKey === undefined ? Buffer.from(key.blsKey, "hex") : blsBytes(blsPublicKey);
  return formatSignature({ scheme: "bls", bytes: key.provePossession(signed) });
}

function blsBytes(text: unknown): Uint8Array {
  const key = typeof text === "string" ? parsePublicKey(text) : null;
  if (key?.ok === true && key.value.scheme === "bls") return key.value.bytes;
  throw new ServiceRefusal("badQuery", "bls_pk is a BLpk… public key");
}
