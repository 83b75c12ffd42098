import {
  type BlockId,
  DEFAULT_THREAD_ID,
  type EnvelopeHash,
  height,
  type NetworkId,
  round,
  sha256Hex,
  term,
  unwrap,
} from "@sealwright/types";
import { parsePublicKeyHex, type PublicKeyHex } from "../keyId.js";
import type { SealwrightRequest } from "../requests/sealwrightRequest.js";
import type { Rank } from "../watermarks/rank.js";

export const TEST_NETWORK: NetworkId = sha256Hex(Buffer.from("test network")) as NetworkId;

/** A made-up key name; no secret belongs to it. */
export function testKey(number: number): PublicKeyHex {
  const half = sha256Hex(Buffer.from(`key ${number}`));
  return unwrap(parsePublicKeyHex((half + half).slice(0, 96)));
}

export function testBlockId(name: string | number): BlockId {
  return sha256Hex(Buffer.from(`block ${name}`)) as BlockId;
}

type RequestOf<Kind extends SealwrightRequest["kind"]> = Extract<SealwrightRequest, { kind: Kind }>;

/** An attestation request of the default thread; `block` names its block. */
export function attestationRequest(
  key: PublicKeyHex,
  at: {
    readonly term: number;
    readonly height: number;
    readonly block: string;
    readonly target?: "primary" | "fallback";
    readonly highestQcRank?: Rank;
  },
): RequestOf<"attestation"> {
  const blockId = testBlockId(at.block);
  const attestation = {
    threadId: DEFAULT_THREAD_ID,
    term: term(at.term),
    height: height(at.height),
    blockId,
    envelopeHash: sha256Hex(Buffer.from(`envelope of ${at.block}`)) as EnvelopeHash,
    target: at.target ?? "primary",
  };
  const request = { kind: "attestation", key, networkId: TEST_NETWORK, attestation } as const;
  return at.highestQcRank === undefined ? request : { ...request, highestQcRank: at.highestQcRank };
}

export function blockRequest(
  key: PublicKeyHex,
  at: { readonly term: number; readonly height: number; readonly block: string; readonly round?: number },
): RequestOf<"candidateBlock"> {
  const claim = {
    threadId: DEFAULT_THREAD_ID,
    term: term(at.term),
    height: height(at.height),
    round: round(at.round ?? 0),
    blockId: testBlockId(at.block),
  };
  return { kind: "candidateBlock", key, networkId: TEST_NETWORK, claim };
}

export function lockRequest(
  key: PublicKeyHex,
  at: { readonly term: number; readonly qcTerm: number; readonly qcHeight: number; readonly qcBlock: string },
): RequestOf<"lock"> {
  const lock = {
    threadId: DEFAULT_THREAD_ID,
    term: term(at.term),
    qcTerm: term(at.qcTerm),
    qcHeight: height(at.qcHeight),
    qcBlockId: testBlockId(at.qcBlock),
  };
  return { kind: "lock", key, networkId: TEST_NETWORK, lock };
}

/** One request of each kind of our own chain, in the order of their kinds. */
export function requestsOfEachKind(key: PublicKeyHex): readonly SealwrightRequest[] {
  const { attestation } = attestationRequest(key, { term: 1, height: 2, block: "v" });
  const { threadId, term, blockId, envelopeHash } = attestation;
  const verdict = { threadId, blockId, envelopeHash };
  const asked = { key, networkId: TEST_NETWORK };
  return [
    blockRequest(key, { term: 1, height: 7, block: "a", round: 2 }),
    attestationRequest(key, { term: 1, height: 7, block: "a", target: "fallback" }),
    lockRequest(key, { term: 3, qcTerm: 2, qcHeight: 9, qcBlock: "q" }),
    { kind: "ack", ...asked, verdict },
    { kind: "nack", ...asked, verdict: { ...verdict, reason: 9 } },
    { kind: "yield", ...asked, threadId, term },
    { kind: "ticket", ...asked, blockId },
  ];
}
