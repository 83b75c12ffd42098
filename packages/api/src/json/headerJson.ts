import { type BlockHeader, toHex } from "@sealwright/types";
import { type Static, Type } from "typebox";
import { Decimal, Hex32, ThreadIdText, UnixMs } from "./scalars.js";

export const HeaderSchema = Type.Object({
  threadId: ThreadIdText,
  parentId: Hex32,
  height: Decimal,
  seqNo: Decimal,
  term: Decimal,
  round: Decimal,
  producer: Hex32,
  selector: Type.Object({ seed: Hex32, index: Type.Integer() }),
  timeMs: UnixMs,
  randomness: Type.Object({ ancestorId: Hex32, distance: Type.Integer() }),
  gasUsed: Decimal,
  stateRoot: Hex32,
  roots: Type.Record(Type.String(), Hex32),
});
/** A `BlockHeader`: all that the block id commits to. */
export type HeaderJson = Static<typeof HeaderSchema>;

export function headerJson(header: BlockHeader): HeaderJson {
  return {
    threadId: header.threadId,
    parentId: header.parentId,
    height: String(header.height),
    seqNo: String(header.seqNo),
    term: String(header.term),
    round: String(header.round),
    producer: header.producer,
    selector: { ...header.selector },
    timeMs: header.timeMs,
    randomness: { ...header.randomness },
    gasUsed: String(header.gasUsed),
    stateRoot: toHex(header.stateRoot),
    roots: Object.fromEntries(Object.entries(header.roots).map(([name, root]) => [name, toHex(root as Uint8Array)])),
  };
}
