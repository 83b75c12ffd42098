import { beginCell, Cell } from "@ton/core";
import { unixMs } from "@sealwright/types";
import { expect, it } from "vitest";
import { createExecutor } from "../createExecutor.js";
import { GENESIS_TIME_MS, TEST_NETWORK } from "../testing/ledgerWorld.js";
import { chainWithMoney, extend } from "../testing/tvmChain.js";
import { contractOf, envelopeOf, type TestContract, TVM_TEST_BALANCE } from "../testing/tvmWorld.js";
import { BocView } from "./bocView.js";
import { viewTransaction } from "./transaction.js";
import { EXTERNAL_GAS_CREDIT } from "./tvmConfig.js";
import { TvmEmulator } from "./emulator.js";
import { tvmEngine } from "./tvmEngine.js";
import { TVM_RECEIPT } from "./tvmReceipt.js";

const emulator = await TvmEmulator.create();

/** In the words of the machine. */
const CONTRACTS: readonly (readonly [what: string, code: string])[] = [
  ["accepts", "f800"],
  ["accepts and runs without end", "f80090ea"],
  ["accepts and throws", "f800f22a"],
  ["throws before it accepts", "f22a"],
  ["never accepts and ends", "30"],
  ["runs without end and never accepts", "90ea"],
];

it("[I12] the door finds what a block finds of every message, at the gas that one has before it is accepted", () => {
  const used: number[] = [];
  const watched = Object.assign(Object.create(emulator) as TvmEmulator, {
    tryAtTheDoor: (...asked: Parameters<TvmEmulator["tryAtTheDoor"]>) => {
      const emulated = emulator.tryAtTheDoor(...asked);
      if (emulated.type === "done")
        used.push(viewTransaction(new BocView(Buffer.from(emulated.transaction, "base64"))).gasUsed);
      return emulated;
    },
    runTransaction: emulator.runTransaction.bind(emulator),
  });
  const executor = createExecutor(tvmEngine({ networkId: TEST_NETWORK }, { emulator: watched }));
  for (const [i, [what, code]] of CONTRACTS.entries()) {
    const contract: TestContract = contractOf(code, 100 + i);
    const chain = chainWithMoney(executor, [[contract, TVM_TEST_BALANCE]]);
    const message = envelopeOf(contract, beginCell().storeRef(Cell.EMPTY).endCell(), GENESIS_TIME_MS + 30_000);
    const [admitted] = executor.admit([message]);
    if (admitted?.ok !== true) throw new Error(what);
    const context = { nowMs: unixMs(GENESIS_TIME_MS), threadsTable: chain.world.threadsTable };
    const refusal = executor.precheck(chain.state, admitted.value, context);
    const { receipts } = extend(chain, [message]);
    const isAccepted = receipts[0]!.code !== TVM_RECEIPT.notAccepted;
    expect([what, refusal?.code ?? null]).toEqual([what, isAccepted ? null : "notAccepted"]);
  }
  // One that was accepted may run over its limit by one step.
  expect(used).toHaveLength(3);
  for (const gas of used) expect(gas).toBeLessThan(EXTERNAL_GAS_CREDIT + 1_000);
});
