import type { BlockHeadlineJson, SealwrightClient } from "@sealwright/api/client";
import { genesisThreads } from "@sealwright/consensus";
import { verifyPossession } from "@sealwright/crypto";
import { networkEngine } from "@sealwright/node";
import { assertNever, fromHex, toHex } from "@sealwright/types";
import { inParallel } from "../inParallel.js";
import type { LoadWork } from "../load/loadPlan.js";
import type { Devnet } from "../network/devnet.js";
import { type DevnetFolder, LOAD_WALLETS, readGenesis, TEST_FEE } from "../network/devnetFolder.js";
import { loadWallets, seqnoOfWallet } from "../wallets/wallet.js";
import type { Checks } from "./checks.js";
import { auditContracts, type ContractGenesis } from "./contractAudit.js";
import { finalChainsOf } from "./finalChains.js";
import { auditLedger, readBaseline } from "./ledgerAudit.js";

/** What a run knows of the money before it begins, in the terms of the network's engine. */
export interface Books {
  /** Transfers among funded accounts, half of them across threads. */
  readonly work: LoadWork;
  /**
   * Keeps the books a second time from the final blocks.
   * @param blocks per thread
   * @param clients nodes that have all of them
   * @returns whether the blocks were all there: of a network whose first ones are pruned the money is not counted
   */
  audit(
    blocks: readonly (readonly BlockHeadlineJson[])[],
    checks: Checks,
    clients: readonly SealwrightClient[],
  ): Promise<boolean>;
}

const READS_AT_ONCE = 16;

/** Reads where everything stands. Nothing may be under way. */
export function openBooks(devnet: Devnet): Promise<Books> {
  const { funded } = devnet.folder;
  switch (funded.type) {
    case "ledger":
      return ledgerBooks(devnet);
    case "tvm":
      return contractBooks(devnet, funded.loadSeed);
    default:
      return assertNever(funded);
  }
}

async function ledgerBooks({ accounts, clients, networkId }: Devnet): Promise<Books> {
  const baseline = await readBaseline(accounts, clients);
  const senders = accounts.map(({ id, thread, seed }) => {
    return { id, thread, seed, nonce: String(baseline.nonces.get(id) ?? 0n) };
  });
  return {
    work: { type: "transfers", accounts: senders, amount: "1" },
    audit: (blocks, checks, upToDate) =>
      auditLedger(blocks, baseline, checks, { clients: upToDate, networkId, transferFee: TEST_FEE }),
  };
}

async function contractBooks({ clients, folder }: Devnet, loadSeed: Uint8Array): Promise<Books> {
  const genesis = await contractGenesis(folder);
  const seqnos = await inParallel(loadWallets(loadSeed, LOAD_WALLETS), READS_AT_ONCE, async ({ id }, i) => {
    const { value } = await clients[i % clients.length]!.account(id);
    return seqnoOfWallet("v4R2", value === null ? null : fromHex(value));
  });
  const { threads } = folder.parameters;
  return {
    work: { type: "wallets", seed: toHex(loadSeed), threads, seqnos, amount: "1000000" },
    audit: async (blocks, checks, [upToDate]) =>
      // No node has all of these blocks: that is told elsewhere, and leaves nobody to ask.
      upToDate !== undefined && auditContracts(blocks, checks, finalChainsOf(upToDate), { genesis }),
  };
}

async function contractGenesis({ dir, networkId }: DevnetFolder): Promise<ContractGenesis> {
  const genesis = await readGenesis(dir, verifyPossession);
  const table = genesisThreads(genesis, networkId);
  const engine = networkEngine(genesis, networkId);
  return { table, entries: new Map(table.map(({ threadId }) => [threadId, engine.genesisEntries(threadId, table)])) };
}
