import { beginCell, type Builder, type Cell, serializeTuple } from "@ton/core";
import { assert } from "@sealwright/types";
import { writeCell } from "./bagOfCells.js";
import { BocView, type CellSlice } from "./bocView.js";
import { writeBag } from "./writeBag.js";

/** How a method ended. */
export interface MethodEnd {
  readonly type: "done";
  readonly exitCode: number;
  readonly gasUsed: bigint;
  /** Bag of cells of a serialized stack. */
  readonly stack: Uint8Array;
}

/** More than a frame and a method in it can use together: nothing of the contract runs in the frame itself. */
export const FRAME_GAS = 10_000_000n;
const OUT_OF_GAS = -14;

/**
 * Code that runs a contract's code within a limit of gas, and leaves what that left, its exit code and its gas on top.
 * The machine's own limit for methods is none: whoever says ACCEPT runs without end.
 *
 * In a machine inside the machine (RUNVM) the limit holds whatever is accepted. What runs there cannot tell: the same
 * stack, data and registers, the contract's own code as that of c3 and of MYCODE, gas counted from nothing.
 */
export function frameOf(code: Cell, gasMax: bigint): Cell {
  const frame = beginCell().storeUint(OPCODE.depth, 8).storeUint(OPCODE.pushRefSlice, 8);
  frame.storeUint(OPCODE.pushData, 16).storeUint(OPCODE.pushRegisters, 16);
  // The code as the tenth of the contract's parameters, which are the first of the registers.
  frame
    .storeUint(OPCODE.dup, 8)
    .storeUint(OPCODE.index | 0, 16)
    .storeUint(OPCODE.pushRef, 8);
  frame.storeUint(OPCODE.setIndex | 10, 16).storeUint(OPCODE.setIndex | 0, 16);
  pushInteger(frame, gasMax);
  pushInteger(frame, gasMax);
  frame.storeUint(OPCODE.runVm, 12).storeUint(RUN_MODE, 12);
  // Data as the method left it, which nobody keeps.
  frame.storeUint(OPCODE.nip, 8);
  return frame.storeRef(code).storeRef(code).endCell();
}

const OPCODE = {
  dup: 0x20,
  nip: 0x31,
  depth: 0x68,
  index: 0x6f10,
  setIndex: 0x6f50,
  pushInteger: 0x82,
  pushRef: 0x88,
  pushRefSlice: 0x89,
  runVm: 0xdb4,
  pushData: 0xed44,
  pushRegisters: 0xed47,
} as const;

/** With the code in c3, given data, a limit of gas, given registers, a limit that ACCEPT cannot pass, gas of its own. */
const RUN_MODE = 1 + 4 + 8 + 16 + 64 + 128;

function pushInteger(code: Builder, value: bigint): void {
  code
    .storeUint(OPCODE.pushInteger, 8)
    .storeUint(1, 5)
    .storeInt(value, 8 + 19);
}

/** @param framed how the frame ended */
export function withoutFrame(
  framed: { readonly exitCode: number; readonly gasUsed: bigint; readonly stack: string },
  gasMax: bigint,
): MethodEnd {
  const bytes = new Uint8Array(Buffer.from(framed.stack, "base64"));
  const gasUsed = (used: bigint): bigint => (used < gasMax ? used : gasMax);
  // The code is none that could be run at all.
  if (framed.exitCode !== 0)
    return { type: "done", exitCode: framed.exitCode, gasUsed: gasUsed(framed.gasUsed), stack: bytes };
  const boc = new BocView(bytes);
  const top = boc.slice(boc.root);
  const depth = top.uint(8 * DEPTH_BYTES) - 2;
  const gas = smallInteger(top);
  const below = boc.slice(top.ref());
  const exitCode = Number(smallInteger(below));
  // Not read as cells: what the method left may be many, and hashing them takes longer than running it.
  const { raw, refs } = boc.part(below.ref());
  const head = [raw[0]!, raw[1]! + 2 * DEPTH_BYTES, depth >> 16, (depth >> 8) & 0xff, depth & 0xff];
  const stack = writeBag(boc, { raw: Uint8Array.of(...head, ...raw.subarray(2)), refs });
  return { type: "done", exitCode, gasUsed: gasUsed(gas), stack };
}

/** As one ends whose gas is over. */
export function outOfGas(gasMax: bigint): MethodEnd {
  const stack = writeCell(serializeTuple([{ type: "int", value: gasMax }]));
  return { type: "done", exitCode: OUT_OF_GAS, gasUsed: gasMax, stack };
}

/** Of a serialized stack, before its top. */
const DEPTH_BYTES = 3;
const SMALL_INTEGER = 0x01;

function smallInteger(item: CellSlice): bigint {
  assert(item.uint(8) === SMALL_INTEGER, "the frame leaves small numbers");
  return BigInt.asIntN(64, item.big(64));
}
