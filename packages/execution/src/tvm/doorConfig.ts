import { beginCell, Cell, Dictionary } from "@ton/core";
import { assert } from "@sealwright/types";
import { EXTERNAL_GAS_CREDIT, TVM_CONFIG } from "./tvmConfig.js";

const GAS_PRICES = 21;
/** A flat price with its limit and price, then a price each: two tags, three numbers. */
const GAS_LIMIT_OFFSET = 8 + 64 + 64 + 8 + 64;

/**
 * The network's configuration, in which a transaction gets no more gas than an external message before it is accepted.
 * Whether it is accepted is the same then, whatever the contract would do afterwards, and that is all that the door asks.
 * @returns base64
 */
export function doorConfig(): string {
  const parameters = Dictionary.loadDirect(
    Dictionary.Keys.Int(32),
    Dictionary.Values.Cell(),
    Cell.fromBase64(TVM_CONFIG),
  );
  const prices = parameters.get(GAS_PRICES)?.beginParse();
  assert(prices !== undefined, "the configuration has prices for gas");
  const changed = beginCell().storeBits(prices.loadBits(GAS_LIMIT_OFFSET)).storeUint(EXTERNAL_GAS_CREDIT, 64);
  prices.skip(64);
  parameters.set(GAS_PRICES, changed.storeSlice(prices).endCell());
  return beginCell().storeDictDirect(parameters).endCell().toBoc().toString("base64");
}
