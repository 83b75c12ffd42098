import { decodeSealedBlock, decodeWireMessage, type SealedBlock } from "@sealwright/types";
import { type Arbitraries, createArbitraries } from "@sealwright/types/testing";
import type { SimGenesis } from "../world/simGenesis.js";

/** fast-check itself, handed in because only tests and scripts have it. */
export type FastCheck = Parameters<typeof createArbitraries>[0];

type Sampled<Name extends keyof Arbitraries> = ReturnType<Arbitraries[Name]["generate"]>["value"];

/** What well-formed inputs are made of. */
export interface FuzzSource {
  readonly genesis: SimGenesis;
  /** What simulated keepers really sent each other. */
  readonly frames: readonly Uint8Array[];
  /** The network's first blocks, and those among the frames. */
  readonly blocks: readonly SealedBlock[];
  /** Random values of a structure, the same ones every time. */
  readonly sample: <Name extends keyof Arbitraries>(structure: Name, count: number) => readonly Sampled<Name>[];
}

const SAMPLE_SEED = 1;

export function fuzzSource(genesis: SimGenesis, frames: readonly Uint8Array[], fc: FastCheck): FuzzSource {
  const arbitraries = createArbitraries(fc);
  const sample: FuzzSource["sample"] = (structure, numRuns) => {
    const arbitrary = arbitraries[structure] as Parameters<FastCheck["sample"]>[0];
    return fc.sample(arbitrary, { seed: SAMPLE_SEED, numRuns }) as Sampled<typeof structure>[];
  };
  return { genesis, frames, blocks: [...genesis.blocks, ...frames.flatMap(blocksIn)], sample };
}

function blocksIn(frame: Uint8Array): readonly SealedBlock[] {
  const message = decodeWireMessage(frame);
  if (!message.ok || message.value.type !== "candidate") return [];
  const block = decodeSealedBlock(message.value.block);
  return block.ok ? [block.value] : [];
}
