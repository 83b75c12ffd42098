import { join } from "node:path";
import type { CryptoService } from "@sealwright/crypto";
import {
  FileWatermarkStore,
  type ForgeWorker,
  type OpenWatermarksError,
  publicKeyHexFromBytes,
  startForgeWorker,
  type WatermarkStore,
} from "@sealwright/forge";
import type { NodeStore } from "@sealwright/store";
import { type Clock, err, type Logger, ok, type Result, type Term, type ThreadId } from "@sealwright/types";
import type { NodeConfig } from "./config/index.js";
import { fileSystemFault } from "./fileSystemFault.js";
import type { PublicIdentity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";
import { LostMemory } from "./lostMemory.js";
import type { Opening } from "./opening.js";
import { type KeeperSigner, openSigner } from "./openSigner.js";
import { raiseWatermarks } from "./raiseWatermarks.js";

export interface OpenedForge {
  readonly forge: ForgeWorker;
  readonly watermarks: WatermarkStore;
  /** Whether a signer elsewhere would sign now, and if not why; null: the key is in this process. */
  readonly probeSigner: KeeperSigner["probe"];
  /** The lowest term in which the key votes, per thread. */
  readonly votesFrom: ReadonlyMap<ThreadId, Term>;
}

/**
 * The forge with its watermarks; it signs with the keeper's key, which `service` holds on its workers, or a signing
 * service elsewhere. Such a service has watermarks of its own: these here are kept all the same, for whoever signs.
 */
export async function openForge(
  { dataDir, signer: remote }: Pick<NodeConfig, "dataDir" | "signer">,
  identity: PublicIdentity,
  world: {
    readonly service: CryptoService;
    readonly store: Pick<NodeStore, "repository">;
    readonly clock: Clock;
    readonly logger: Logger;
  },
  opening: Opening,
): Promise<Result<OpenedForge, StartNodeError>> {
  const directory = join(dataDir, "watermarks");
  const memory = new LostMemory(dataDir, identity, world.store);
  const allowed = await memory.beforeWatermarks();
  if (!allowed.ok) return allowed;
  const opened = await FileWatermarkStore.open({ directory }, { ...world, beforeCut: () => memory.noteCut() });
  if (!opened.ok) return err(explained(opened.error, dataDir));
  const watermarks = opened.value;
  opening.opened(() => watermarks.close());
  opening.throwIfAborted();

  const key = publicKeyHexFromBytes(identity.blsPublicKey);
  const sound = await memory.ofStore(watermarks, key);
  if (!sound.ok) return sound;
  const signing = await openSigner(remote, identity.blsPublicKey, world);
  if (!signing.ok) return signing;
  const { signer, probe } = signing.value;
  opening.opened(() => signer.close?.() ?? Promise.resolve());
  const forge = await startForgeWorker({}, { signers: [signer], watermarks, ...world });
  if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message });
  opening.opened(() => forge.value.shutdown());
  opening.throwIfAborted();

  const { repository } = world.store;
  const votesFrom = await raiseWatermarks(identity, { watermarks, repository }, { isCut: await memory.isCut() });
  if (!votesFrom.ok) return err({ code: votesFrom.error.code, message: votesFrom.error.message });
  await memory.forgetLoss();
  return ok({ forge: forge.value, watermarks, probeSigner: probe, votesFrom: votesFrom.value });
}

/** The watermarks say best what is wrong with them, and the disk what is wrong with it. */
function explained(error: OpenWatermarksError, dataDir: string): StartNodeError {
  const fault = "cause" in error ? fileSystemFault(error.cause, dataDir) : null;
  return fault?.code === "diskFull" ? fault : { code: error.code, message: error.message };
}
