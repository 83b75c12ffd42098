import { beginCell, Cell, Dictionary } from "@ton/core";
import { defaultConfig } from "@ton/sandbox";
import { expect, it } from "vitest";
import { TVM_CONFIG } from "./tvmConfig.js";

const PARAMETERS = [Dictionary.Keys.Int(32), Dictionary.Values.Cell()] as const;
/** Validators, elections, bridges and wallets' suspensions: nothing that executes a message looks at them. */
const LEFT_OUT = [32, 33, 34, 35, 36, 37, 44, 45, 71, 72, 73, 74, 75, 76, 77, 78, 79, -71, -999];
const GAS_PRICES = 21;
const SIZE_LIMITS = 43;

it("is a constant of the network: another one would be another network", () => {
  expect(Cell.fromBase64(TVM_CONFIG).hash().toString("hex")).toBe(
    "b21f73ca4d97f0bffa4c46d9d659733ae4916e42014631959cba7d6013d8aafd",
  );
});

it("is the main network's without what only validators need, and with limits of our own", () => {
  const ours = Dictionary.loadDirect(...PARAMETERS, Cell.fromBase64(TVM_CONFIG));
  const theirs = Dictionary.loadDirect(...PARAMETERS, Cell.fromBase64(defaultConfig));
  for (const parameter of LEFT_OUT) theirs.delete(parameter);
  for (const parameter of [GAS_PRICES, SIZE_LIMITS]) {
    expect(ours.get(parameter)).toBeDefined();
    ours.delete(parameter);
    theirs.delete(parameter);
  }
  const cellOf = (parameters: typeof ours): string =>
    beginCell().storeDictDirect(parameters).endCell().hash().toString("hex");
  expect(cellOf(ours)).toBe(cellOf(theirs));
});
