import {
  DEFAULT_SETTINGS,
  type Genesis,
  type GenesisKeeper,
  genesisThreads,
  keeperIdOf,
  KeeperSet,
  networkIdOf,
} from "@sealwright/consensus";
import { BlsSecretKey, InlineCrypto, provePossession } from "@sealwright/crypto";
import { createInlineExecution, ledgerExecutor } from "@sealwright/execution";
import { LocalBlsSigner, publicKeyHexFromBytes, startForgeWorker } from "@sealwright/forge";
import { MemoryWatermarkStore } from "@sealwright/forge/testing";
import { type MemoryNetwork, memoryNetwork } from "@sealwright/network/testing";
import { type Keeper, openKeeper, Opening } from "@sealwright/node";
import { memoryNodeStore } from "@sealwright/store";
import { type Clock, type Logger, type Random, sha256, unwrap } from "@sealwright/types";

export interface KeepersOptions {
  readonly keepers: number;
  readonly accounts: Genesis["accounts"];
}

export interface KeepersWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Something that guards safety failed in one of them. */
  readonly fail: (error: unknown) => void;
}

/** Whole keepers, wired as in a process, over ports that are handed in; leaving an `await using` block closes them. */
export interface Keepers extends AsyncDisposable {
  readonly genesis: Genesis;
  readonly keepers: readonly Keeper[];
  /** Cut it, slow it down, heal it. */
  readonly network: MemoryNetwork;
}

interface Member {
  readonly secret: Uint8Array;
  readonly keeper: GenesisKeeper;
}

/** A network of the ledger in memory: put a port of your own in the place of any of these. */
export async function openKeepers(options: KeepersOptions, world: KeepersWorld): Promise<Keepers> {
  const members = Array.from({ length: options.keepers }, () => createMember(world.random));
  const genesis: Genesis = {
    name: "in one process",
    createdAtMs: world.clock.nowMs(),
    executor: "ledger",
    transferFee: 1n,
    threadCount: 1,
    settings: DEFAULT_SETTINGS,
    keepers: members.map(({ keeper }) => keeper),
    accounts: options.accounts,
  };
  const network = memoryNetwork({ keepers: genesis.keepers.map(({ id }) => id), link: { latencyMs: 1 } }, world);
  const opening = new Opening();
  const keepers: Keeper[] = [];
  for (const member of members) keepers.push(await openMember(member, genesis, { ...world, network }, opening));
  for (const keeper of keepers) await keeper.start(opening);
  return { genesis, keepers, network, [Symbol.asyncDispose]: () => opening.undo() };
}

function createMember(random: Random): Member {
  const key = unwrap(BlsSecretKey.fromKeygen(random.bytes(32)));
  const blsPublicKey = key.publicKey();
  // Nobody proves a transport key in memory; each only has to be another one.
  const transportPublicKey = sha256(blsPublicKey);
  const proofOfPossession = provePossession(key);
  return {
    secret: key.toBytes(),
    keeper: { id: keeperIdOf(blsPublicKey), blsPublicKey, transportPublicKey, proofOfPossession },
  };
}

async function openMember(
  { secret, keeper: { id: self, blsPublicKey } }: Member,
  genesis: Genesis,
  world: KeepersWorld & { readonly network: MemoryNetwork },
  opening: Opening,
): Promise<Keeper> {
  const { clock, logger, fail } = world;
  const networkId = networkIdOf(genesis);
  const table = genesisThreads(genesis, networkId);
  const keepers = unwrap(KeeperSet.create(genesis.keepers));

  const store = await memoryNodeStore({ networkId, keeperId: self });
  opening.opened(() => store.close());
  const crypto = new InlineCrypto({ signerKeys: [secret] });
  const signers = [new LocalBlsSigner({ keys: [publicKeyHexFromBytes(blsPublicKey)] }, { service: crypto })];
  const watermarks = new MemoryWatermarkStore();
  const forge = unwrap(await startForgeWorker({}, { signers, watermarks, clock, logger }));
  opening.opened(() => forge.shutdown());
  const transport = world.network.transport(self);
  const executor = ledgerExecutor({ networkId, transferFee: genesis.transferFee });

  const opened = await openKeeper(
    { genesis, networkId, keepers, table, self, blsPublicKey },
    {
      ...{ clock, logger, store, forge, crypto, transport, fail },
      openExecution: (threadId) => createInlineExecution({ threadId, threadsTable: table }, { executor, clock }),
      apiUrls: new Map(),
      slashing: null,
      restart: () => fail(new Error("in memory no keeper is ever so far behind that it needs a snapshot")),
    },
    opening,
  );
  unwrap(await transport.start());
  opening.opened(() => transport.close());
  return unwrap(opened);
}
