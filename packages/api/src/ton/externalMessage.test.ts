import { Address, beginCell, Cell } from "@ton/core";
import { describe, expect, it } from "vitest";
import { readMessageEntry } from "../ackiNacki/messageEntry.js";
import { readExternalMessage } from "./externalMessage.js";

const DEST = new Address(0, Buffer.alloc(32, 7));
const BODY = beginCell().storeUint(42, 32).endCell();

/** A dictionary with 2^levels keys, of a cell a level. */
function sharedForks(levels: number): Cell {
  let cell = beginCell().storeUint(0, 2).storeUint(0, 8).endCell();
  for (let i = 0; i < levels; i++) cell = beginCell().storeUint(0, 2).storeRef(cell).storeRef(cell).endCell();
  return cell;
}

function messageWithInit(inCell: boolean): Cell {
  const init = beginCell().storeUint(0, 2).storeMaybeRef(Cell.EMPTY).storeMaybeRef(null);
  init.storeMaybeRef(sharedForks(250));
  const message = beginCell().storeUint(0b10, 2).storeAddress(null).storeAddress(DEST).storeCoins(0).storeBit(true);
  if (inCell) message.storeBit(true).storeRef(init);
  else message.storeBit(false).storeBuilder(init);
  return message.storeBit(true).storeRef(BODY).endCell();
}

describe("an external message", () => {
  it("[I12] whose init is a graph of shared cells is read in microseconds", () => {
    for (const inCell of [true, false]) {
      const message = messageWithInit(inCell);
      const { dest, body } = readExternalMessage(message);
      expect(dest.equals(DEST)).toBe(true);
      expect(body.equals(BODY)).toBe(true);
      expect(readMessageEntry({ body: message.toBoc().toString("base64") })).toMatchObject({
        ok: true,
        value: { account: DEST.hash.toString("hex") },
      });
    }
  });

  it("[I12] that is none is refused", () => {
    for (const cell of [Cell.EMPTY, BODY, beginCell().storeUint(0b10, 2).endCell()])
      expect(() => readExternalMessage(cell)).toThrow();
  });
});
