import {
  formatPublicKey,
  formatPublicKeyHash,
  formatSignature,
  parsePublicKey,
  parseSignature,
  type PublicKey,
} from "@sealwright/tezos";
import { fromHex } from "@sealwright/types";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type GivenAuthentication, type OctezSigner, SIGNING_VERSION_MAX } from "../octez/octezSigner.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { jsonBody } from "./jsonBody.js";
import { goneSignalOf } from "./goneSignal.js";

type KeyRequest = FastifyRequest<{ Params: { readonly pkh: string }; Querystring: Readonly<Record<string, unknown>> }>;

/** The remote signer protocol of Octez over HTTP, as bakers and Taquito speak it. */
export function octezRoutes(app: FastifyInstance, signer: OctezSigner): void {
  app.get("/keys/:pkh", async ({ params }: KeyRequest, reply) => {
    return { public_key: formatPublicKey(await signer.publicKey(params.pkh, goneSignalOf(reply))) };
  });
  app.post("/keys/:pkh", (request: KeyRequest, reply) => sign(signer, request, reply));
  app.get("/authorized_keys", () => {
    const keys = signer.authorizedKeys();
    return keys === null ? {} : { authorized_keys: keys.map(formatPublicKeyHash) };
  });
  app.get("/known_keys", () => ({ known_keys: signer.knownKeys().map(formatPublicKeyHash) }));
  app.get("/bls_prove_possession/:pkh", async ({ params, query }: KeyRequest, reply) => {
    const signed = blsKeyOf(query["bls_pk"]);
    const asked = { keyHash: params.pkh, signed, authentication: authenticationOf(query["authentication"]) };
    return { bls_prove_possession: formatSignature(await signer.provePossession(asked, goneSignalOf(reply))) };
  });
}

async function sign(signer: OctezSigner, request: KeyRequest, reply: FastifyReply): Promise<object> {
  const { params, query } = request;
  const bytes = payloadBytes(jsonBody(request.body, HEX_TEXT));
  const asked = {
    keyHash: params.pkh,
    bytes,
    authentication: authenticationOf(query["authentication"]),
    version: versionOf(query["version"]),
  };
  return { signature: formatSignature(await signer.sign(asked, goneSignalOf(reply))) };
}

const HEX_TEXT = 'one JSON text of hex digits in double quotes, such as "13…"';

function payloadBytes(body: unknown): Uint8Array {
  if (typeof body !== "string") throw new ServiceRefusal("badJson", `the body is JSON, but no text: send ${HEX_TEXT}`);
  const bytes = fromHex(body.toLowerCase());
  if (bytes === null)
    throw new ServiceRefusal(
      "notHex",
      "the body's text is not made of pairs of hex digits: send an even number of 0-9 and a-f, without 0x or blanks",
    );
  return bytes;
}

function authenticationOf(given: unknown): GivenAuthentication {
  if (given === undefined) return "none";
  const signature = typeof given === "string" ? parseSignature(given) : null;
  return signature?.ok === true ? signature.value : "unreadable";
}

function versionOf(text: unknown): number | null {
  if (text === undefined) return null;
  if (typeof text === "string" && /^[0-9]$/.test(text) && Number(text) <= SIGNING_VERSION_MAX) return Number(text);
  throw new ServiceRefusal(
    "badQuery",
    `version is no number from 0 to ${SIGNING_VERSION_MAX}: send one, or leave it away for the newest`,
  );
}

function blsKeyOf(text: unknown): PublicKey | null {
  if (text === undefined) return null;
  const key = typeof text === "string" ? parsePublicKey(text) : null;
  if (key?.ok === true && key.value.scheme === "bls") return key.value;
  throw new ServiceRefusal(
    "badQuery",
    "bls_pk is no BLpk… public key: send one, or leave it away to prove the key's own",
  );
}
