import {
  type ChainId,
  type DecodedSigningPayload,
  decodeSigningPayload,
  formatText,
  schemeSigns,
  type SigningPayloadError,
} from "@sealwright/tezos";
import { assertNever } from "@sealwright/types";
import { schemeOfKey, type TezosKeyHash } from "../../keyId.js";
import type { ForgeRequest } from "../../requests/forgeRequest.js";
import type { SealwrightRequest } from "../../requests/sealwrightRequest.js";
import type { AllowedKind } from "../config/serviceConfig.js";
import type { ServiceKey } from "../keys/serviceKey.js";
import { ServiceRefusal } from "../serviceRefusal.js";
import { readSealwrightPayload, sealwrightKindOf } from "./readSealwrightPayload.js";

/** What a key is asked to sign, understood. */
export interface ReadPayload {
  readonly request: ForgeRequest;
  readonly kind: AllowedKind;
  /** In the chain's own words; null where the bytes name none. */
  readonly chain: string | null;
}

/** An operation's branch binds its chain; the request's field is not part of what is signed. */
const NO_CHAIN = new Uint8Array(4) as ChainId;

/**
 * Reads the bytes that the Octez signer protocol carries: Tezos' own, or our chain's for a BLS key.
 * @throws ServiceRefusal for everything that does not decode exactly
 */
export function readPayload(bytes: Uint8Array, key: ServiceKey): ReadPayload {
  const { hash } = key;
  if (hash === null)
    throw new ServiceRefusal(
      "wrongFormForKey",
      "this key signs objects of Ethereum only: ask for it over the protocol of Web3Signer",
    );
  const ours = sealwrightKindOf(bytes);
  if (ours === null) return readTezos(bytes, hash);
  if (key.blsKey === null)
    throw new ServiceRefusal(
      "wrongFormForKey",
      "only a BLS key signs for this chain: if this is a tz4 key at another signer, write its `publicKey` beside its `remote`",
    );
  const read = readSealwrightPayload(bytes, ours, key.blsKey);
  if ("fault" in read) throw undecodable(read.fault);
  return { request: read.request, kind: kindOfSealwright(read.request), chain: read.request.networkId };
}

function readTezos(bytes: Uint8Array, key: TezosKeyHash): ReadPayload {
  const decoded = decodeSigningPayload(bytes);
  if (!decoded.ok) throw payloadRefusal(decoded.error);
  const payload = decoded.value;
  if (!schemeSigns(schemeOfKey(key), payload))
    throw new ServiceRefusal(
      "wrongFormForKey",
      "tz4 keys sign votes without a slot, and no other keys do: encode the vote for this kind of key",
    );
  const chain = payload.type === "operation" ? null : formatText("chainId", payload.chainId);
  return { ...tezosRequestOf(payload, key), chain };
}

function tezosRequestOf(payload: DecodedSigningPayload, key: TezosKeyHash): Pick<ReadPayload, "request" | "kind"> {
  switch (payload.type) {
    case "block": {
      const { chainId, header } = payload;
      return { kind: "block", request: { kind: "tezosBlock", key, chainId, block: { header } } };
    }
    case "preattestation": {
      const { chainId, operation: vote } = payload;
      return { kind: "preattestation", request: { kind: "tezosPreattestation", key, chainId, vote } };
    }
    case "attestation": {
      const { chainId, operation: vote } = payload;
      return { kind: "attestation", request: { kind: "tezosAttestation", key, chainId, vote } };
    }
    case "operation":
      return {
        kind: "generic",
        request: { kind: "tezosOperation", key, chainId: NO_CHAIN, operation: payload.operation },
      };
    default:
      return assertNever(payload);
  }
}

function kindOfSealwright(request: SealwrightRequest): AllowedKind {
  switch (request.kind) {
    case "candidateBlock":
      return "block";
    case "attestation":
    case "lock":
      return request.kind;
    case "ack":
    case "nack":
    case "yield":
    case "ticket":
      return "statement";
    default:
      return assertNever(request);
  }
}

function payloadRefusal(error: SigningPayloadError): ServiceRefusal {
  switch (error.code) {
    case "empty":
      return new ServiceRefusal("empty", "there is nothing to sign: send magic byte, chain id and payload");
    case "unknownWatermark": {
      const byte = error.watermark.toString(16).padStart(2, "0");
      return new ServiceRefusal(
        "wrongMagicByte",
        `magic byte 0x${byte} is not allowed: put 0x11 before a block, 0x12 before a preattestation, 0x13 before an attestation, 0x03 before any other operation`,
      );
    }
    case "watermarkMismatch": {
      const byte = error.watermark.toString(16).padStart(2, "0");
      return new ServiceRefusal(
        "wrongMagicByte",
        `magic byte 0x${byte} stands before an object of kind ${error.kind}, which has another: send each object with its own`,
      );
    }
    case "decodeError":
      return undecodable(error.reason, error.offset);
    case "fitnessLevelMismatch":
    case "notFitness":
    case "payloadRoundAboveRound":
    case "roundNotAboveLockedRound":
      return new ServiceRefusal(
        "undecodable",
        `the block's fitness and header do not agree (${error.code}): send the header as the chain's own node made it`,
      );
    default:
      return assertNever(error);
  }
}

/** The two faults that attackers and broken clients send most have a name of their own. */
function undecodable(fault: string, offset?: number): ServiceRefusal {
  const where = offset === undefined ? "" : ` at byte ${offset}`;
  if (fault.endsWith("are left over"))
    return new ServiceRefusal(
      "trailingBytes",
      `bytes follow where the object ends${where}: send one whole object and nothing after it`,
    );
  if (fault.startsWith("a negative number"))
    return new ServiceRefusal(
      "negativeNumber",
      `the number that ends${where} is negative, and levels and rounds are not: send the object with its true level and round`,
    );
  return new ServiceRefusal(
    "undecodable",
    `the bytes do not read${where}: ${fault}; send an object that is whole, in the encoding of the chain's present protocol`,
  );
}
