import {
  blsModeAttestation,
  blsModePreattestation,
  decodeBlockHeader,
  decodeInlinedOperation,
  decodeOperation,
  decodeProtocolFitness,
  decodeSignedBlockHeader,
  decodeSignedOperation,
  decodeSigningPayload,
  encodeBlockHeader,
  encodeInlinedOperation,
  encodeOperation,
  encodeProtocolFitness,
  encodeSignedBlockHeader,
  encodeSignedOperation,
  encodeSigningPayload,
  formatSignature,
  formatText,
  identifyText,
  type Operation,
  operationToJson,
  parseFitness,
  parseOperationJson,
  round,
  type Signature,
  slot,
  voteSigningPayload,
} from "@sealwright/tezos";
import { SAMPLE_CHAIN_ID, sampleAttestation, sampleBlockHeader, samplePreattestation } from "@sealwright/tezos/testing";
import { unwrap } from "@sealwright/types";
import type { FuzzTarget } from "../fuzzTarget.js";
import { jsonOf, textOf } from "./texts.js";

/** What Tezos' nodes and signers send. */
export function tezosTargets(): readonly FuzzTarget[] {
  const header = sampleBlockHeader();
  const headers = [
    header,
    { ...header, seedNonceHash: new Uint8Array(32) as NonNullable<typeof header.seedNonceHash> },
  ];
  const [preattestation, attestation] = [samplePreattestation(), sampleAttestation()];
  const signed = operations().flatMap((operation) =>
    [null, ...SIGNATURES].map((signature) => ({ operation, signature })),
  );
  const bare = [...operations(), blsModePreattestation(preattestation), blsModeAttestation(attestation)];
  const fitness = unwrap(parseFitness(header.fitness));
  return [
    { name: "tezosOperation", decode: (bytes) => decodeOperation(bytes).ok, seeds: bare.map(encodeOperation) },
    {
      name: "tezosSignedOperation",
      decode: (bytes) => decodeSignedOperation(bytes).ok,
      seeds: signed.map(encodeSignedOperation),
    },
    {
      name: "tezosInlinedOperation",
      decode: (bytes) => decodeInlinedOperation(bytes).ok,
      seeds: signed.map(encodeInlinedOperation),
    },
    {
      name: "tezosBlockHeader",
      decode: (bytes) => {
        const decoded = decodeBlockHeader(bytes);
        return decoded.ok && parseFitness(decoded.value.fitness).ok;
      },
      seeds: headers.map(encodeBlockHeader),
    },
    {
      name: "tezosSignedHeader",
      decode: (bytes) => decodeSignedBlockHeader(bytes).ok,
      seeds: headers.flatMap((each) =>
        [null, ...SIGNATURES].map((signature) => encodeSignedBlockHeader({ header: each, signature })),
      ),
    },
    {
      name: "tezosFitness",
      decode: (bytes) => decodeProtocolFitness(bytes).ok,
      seeds: [fitness, { ...fitness, round: round(4), lockedRound: round(2) }].map(encodeProtocolFitness),
    },
    {
      name: "tezosSigningPayload",
      decode: (bytes) => decodeSigningPayload(bytes).ok,
      seeds: [
        { type: "block" as const, chainId: SAMPLE_CHAIN_ID, header },
        ...(["bls", "ed25519"] as const).flatMap((scheme) =>
          [preattestation, attestation].map((vote) => voteSigningPayload(scheme, SAMPLE_CHAIN_ID, vote)),
        ),
        { type: "operation" as const, operation: { branch: attestation.branch, contents: Uint8Array.of(0x6b, 1) } },
      ].map(encodeSigningPayload),
    },
    {
      name: "tezosOperationJson",
      decode: (bytes) => parseOperationJson(jsonOf(bytes)).ok,
      seeds: bare.map((operation) => Buffer.from(JSON.stringify(operationToJson(operation)))),
    },
    {
      name: "tezosText",
      decode: (bytes) => identifyText(textOf(bytes)).ok,
      seeds: [...SIGNATURES.map(formatSignature), formatText("chainId", SAMPLE_CHAIN_ID)].map((text) =>
        Buffer.from(text),
      ),
    },
  ];
}

const SIGNATURES: readonly Signature[] = [
  { scheme: "generic", bytes: new Uint8Array(64).fill(1) },
  { scheme: "bls", bytes: new Uint8Array(96).fill(2) },
  { scheme: "mldsa44", bytes: new Uint8Array(2_420).fill(3) },
];

function operations(): readonly Operation[] {
  const attestation = sampleAttestation();
  const { branch, level, round: at, payloadHash } = attestation;
  const target = { branch, level, round: at, payloadHash };
  return [
    samplePreattestation(),
    attestation,
    sampleAttestation({}, 77n),
    { kind: "preattestationsAggregate", ...target, committee: [slot(1), slot(9)] },
    {
      kind: "attestationsAggregate",
      ...target,
      committee: [
        { slot: slot(2), dalAttestation: null },
        { slot: slot(3), dalAttestation: 5n },
      ],
    },
    { kind: "seedNonceRevelation", branch, level, nonce: new Uint8Array(32).fill(9) },
  ];
}
