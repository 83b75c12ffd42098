import {
  type BlockHash,
  type BlockHeader,
  type BlockPayloadHash,
  formatText,
  I32_MAX,
  parseFitness,
  type Round,
} from "@sealwright/tezos";

/** What a block is to be made of; `BlockPreparer` turns it into a header, which must repeat all that is said here. */
export interface BlockToBake {
  readonly level: number;
  readonly round: number;
  /** The block that it follows, and that one's round, which is part of the fitness. */
  readonly predecessor?: { readonly hash: BlockHash; readonly round: Round };
  /** Of a block that is proposed again: what it must hold, and in which round that was first proposed. */
  readonly payload?: { readonly hash: BlockPayloadHash; readonly round: Round };
  /** Pool, votes, force-apply: whatever else the preparer needs. The forge does not read it. */
  readonly details: unknown;
}

/** A place that no block has is not worth a preparation; null when there is nothing to say. */
export function bakingPlaceDefect({ level, round }: BlockToBake): string | null {
  const isPlace = [level, round].every((number) => Number.isInteger(number) && number >= 0 && number <= I32_MAX);
  return isPlace ? null : `level and round of a block to bake are whole numbers from 0 to ${I32_MAX}`;
}

/** What a prepared header says otherwise than the request, or null. Headers come with `headerDefect` checked. */
export function unaskedHeaderDefect(block: BlockToBake, header: BlockHeader): string | null {
  const fitness = parseFitness(header.fitness);
  if (!fitness.ok) return `a header's fitness does not read: ${fitness.error.code}`;
  const { predecessor, payload } = block;
  const pairs: readonly (readonly [what: string, got: number | string, asked: number | string])[] = [
    ["level", header.level, block.level],
    ["round", fitness.value.round, block.round],
    ...(predecessor === undefined
      ? []
      : ([
          ["predecessor", formatText("blockHash", header.predecessor), formatText("blockHash", predecessor.hash)],
          ["predecessor's round", fitness.value.predecessorRound, predecessor.round],
        ] as const)),
    ...(payload === undefined
      ? []
      : ([
          ["payload", formatText("blockPayloadHash", header.payloadHash), formatText("blockPayloadHash", payload.hash)],
          ["payload round", header.payloadRound, payload.round],
        ] as const)),
  ];
  const other = pairs.find(([, got, asked]) => got !== asked);
  return other === undefined ? null : `the prepared header has ${other[0]} ${other[1]} instead of ${other[2]}`;
}
