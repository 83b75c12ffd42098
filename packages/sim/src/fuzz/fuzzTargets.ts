import { decodeMessageBatch, parseEventCursor } from "@sealwright/api";
import { decodeBlockFacts, genesisToJson, parseGenesis } from "@sealwright/consensus";
import { decodeAccountProof, parseLedgerMessage } from "@sealwright/execution";
import {
  decodeAccusation,
  decodeBlockHeader,
  decodeEvidence,
  decodeFinalityProof,
  decodeSealedBlock,
  decodeSealedHeader,
  decodeStateUpdate,
  decodeVoteState,
  decodeWireMessage,
  encodeBlockHeader,
  type NetworkId,
} from "@sealwright/types";
import type { SimGenesis } from "../world/simGenesis.js";

/** Something that takes bytes from outside and may never throw, whatever they are. */
export interface FuzzTarget {
  readonly name: string;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** Every decoder that meets bytes of others. */
export function fuzzTargets(networkId: NetworkId): readonly FuzzTarget[] {
  return [
    { name: "wireMessage", decode: decodeWireMessage },
    { name: "sealedBlock", decode: decodeSealedBlock },
    { name: "sealedHeader", decode: decodeSealedHeader },
    { name: "blockHeader", decode: decodeBlockHeader },
    { name: "finalityProof", decode: decodeFinalityProof },
    { name: "evidence", decode: decodeEvidence },
    { name: "accusation", decode: decodeAccusation },
    { name: "stateUpdate", decode: decodeStateUpdate },
    { name: "voteState", decode: decodeVoteState },
    { name: "blockFacts", decode: decodeBlockFacts },
    { name: "accountProof", decode: decodeAccountProof },
    { name: "ledgerMessage", decode: (bytes) => parseLedgerMessage(networkId, bytes) },
    { name: "messageBatch", decode: (bytes) => decodeMessageBatch(bytes) },
    { name: "eventCursor", decode: (bytes) => parseEventCursor(text(bytes)) },
    {
      name: "genesisDocument",
      decode: (bytes) => {
        const json = jsonOf(text(bytes));
        return json === undefined ? null : parseGenesis(json, () => true);
      },
    },
  ];
}

/** @returns undefined for what is no JSON: that is refused before our code sees it */
function jsonOf(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** Well-formed inputs to begin with: what a network really sends, and its parts. */
export function firstInputs({ genesis, blocks }: SimGenesis, frames: readonly Uint8Array[]): Uint8Array[] {
  const sealed = frames.flatMap((frame) => {
    const message = decodeWireMessage(frame);
    if (!message.ok || message.value.type !== "candidate") return [];
    const block = decodeSealedBlock(message.value.block);
    return block.ok ? [block.value] : [];
  });
  return [
    ...frames,
    ...[...blocks, ...sealed].flatMap(({ bytes, header, body }) => [
      bytes,
      encodeBlockHeader(header),
      body.stateUpdate,
      ...body.externals,
    ]),
    Buffer.from(JSON.stringify(genesisToJson(genesis))),
  ];
}
