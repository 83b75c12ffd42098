import { type AccountId, sha256, type ThreadId, threadsTableHash, unixMs, unwrap } from "@sealwright/types";
import type { BlockFacts } from "../blockFacts.js";
import {
  type Genesis,
  genesisBlock,
  genesisFacts,
  type GenesisKeeper,
  genesisThreads,
  networkIdOf,
} from "../genesis.js";
import { keeperIdOf, KeeperSet } from "../keeperSet.js";
import { DEFAULT_SETTINGS } from "../protocolSettings.js";
import type { ThreadRules } from "../threadRules.js";

export const TEST_GENESIS_TIME_MS = unixMs(1_700_000_000_000);

/** A network's genesis and what every check of its first thread needs. */
export interface TestNetwork {
  readonly genesis: Genesis;
  readonly rules: ThreadRules;
  readonly root: BlockFacts;
}

/** A keeper whose keys are hashes: good wherever no signature is checked. */
export function unsignedKeeper(index: number): GenesisKeeper {
  const digest = sha256(Buffer.from(`keeper ${index}`));
  const blsPublicKey = new Uint8Array(48);
  blsPublicKey.set(digest);
  return {
    id: keeperIdOf(blsPublicKey),
    blsPublicKey,
    transportPublicKey: sha256(digest),
    proofOfPossession: new Uint8Array(96),
  };
}

/**
 * A one-thread network of `keepers`, or of that many keepers that cannot sign.
 * @example const { rules, root } = createTestNetwork(4);
 */
export function createTestNetwork(keepers: number | readonly GenesisKeeper[]): TestNetwork {
  const members = typeof keepers === "number" ? Array.from({ length: keepers }, (_, i) => unsignedKeeper(i)) : keepers;
  const genesis: Genesis = {
    name: "test",
    createdAtMs: TEST_GENESIS_TIME_MS,
    executor: "ledger",
    transferFee: 1n,
    threadCount: 1,
    settings: DEFAULT_SETTINGS,
    keepers: members,
    accounts: [{ id: "0a".repeat(32) as AccountId, balance: 1_000n }],
  };
  const networkId = networkIdOf(genesis);
  const table = genesisThreads(genesis, networkId);
  const threadId: ThreadId = table[0]!.threadId;
  const block = genesisBlock(genesis, threadId, new Uint8Array(32));
  const rules: ThreadRules = {
    networkId,
    threadId,
    seed: block.id,
    keepers: unwrap(KeeperSet.create(members)),
    threadsTableHash: threadsTableHash(table),
  };
  return { genesis, rules, root: genesisFacts(block) };
}
