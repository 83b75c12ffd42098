import { stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { CryptoService } from "@sealwright/crypto";
import {
  FileWatermarkStore,
  type ForgeWorker,
  LocalBlsSigner,
  MARKS_LOG_NAME,
  publicKeyHexFromBytes,
  startForgeWorker,
  type WatermarkStore,
} from "@sealwright/forge";
import type { NodeStore } from "@sealwright/store";
import { type Clock, err, type Logger, ok, type Result, type Term, type ThreadId } from "@sealwright/types";
import type { NodeConfig } from "./config/index.js";
import type { PublicIdentity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";
import type { Opening } from "./opening.js";
import { raiseWatermarks } from "./raiseWatermarks.js";

export interface OpenedForge {
  readonly forge: ForgeWorker;
  readonly watermarks: WatermarkStore;
  /** The lowest term in which the key votes, per thread. */
  readonly votesFrom: ReadonlyMap<ThreadId, Term>;
}

/** An operator makes this file to start without the watermarks that are lost; a start takes it away again. */
const LOSS_ACCEPTED_NAME = "accept-lost-watermarks";

/** The forge with its watermarks; it signs with the keeper's key, which `service` holds on its workers. */
export async function openForge(
  { dataDir }: Pick<NodeConfig, "dataDir">,
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
  const acceptedPath = join(dataDir, LOSS_ACCEPTED_NAME);
  const isAccepted = await exists(acceptedPath);
  // Looked at before they are opened, which makes them: the next start must find them missing, too.
  if (!isAccepted && (await hasVoted(identity, world.store)) && !(await exists(join(directory, MARKS_LOG_NAME))))
    return err(watermarksMissing(directory, acceptedPath));
  const opened = await FileWatermarkStore.open({ directory }, world);
  if (!opened.ok) return err({ code: opened.error.code, message: opened.error.message });
  const watermarks = opened.value;
  opening.opened(() => watermarks.close());

  const key = publicKeyHexFromBytes(identity.blsPublicKey);
  const signers = [new LocalBlsSigner({ keys: [key] }, world)];
  const forge = await startForgeWorker({}, { signers, watermarks, ...world });
  if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message });
  opening.opened(() => forge.value.shutdown());

  const isCut = isAccepted || watermarks.report.tornBytes > 0;
  const raising = identity.table.map(async ({ threadId }) => {
    const scope = { chain: "sealwright", networkId: identity.networkId, threadId, key } as const;
    const from = await raiseWatermarks(scope, { watermarks, repository: world.store.repository }, { isCut });
    return { threadId, from };
  });
  const votesFrom = new Map<ThreadId, Term>();
  for (const { threadId, from } of await Promise.all(raising)) {
    if (!from.ok) return err({ code: from.error.code, message: from.error.message });
    votesFrom.set(threadId, from.value);
  }
  if (isAccepted) await unlink(acceptedPath);
  return ok({ forge: forge.value, watermarks, votesFrom });
}

/** The vote state goes to disk with a vote, and the watermarks were made before the first one. */
async function hasVoted({ table }: PublicIdentity, { repository }: Pick<NodeStore, "repository">): Promise<boolean> {
  for (const { threadId } of table) {
    if ((await repository.voteState(threadId)) !== null || (await repository.lastSealed(threadId)) !== null)
      return true;
  }
  return false;
}

function watermarksMissing(directory: string, acceptedPath: string): StartNodeError {
  const what = `the watermarks in ${directory} are gone, though this keeper's store says that its key has signed`;
  const todo = `bring the folder back as it was when the keeper stopped, never an older copy; if it is lost and nothing else ever signed with this key, make an empty file ${acceptedPath}: the keeper then votes from a later term on`;
  return { code: "watermarksMissing", message: `${what}; ${todo}` };
}

/** What is there and cannot be looked at is not missing: whoever opens it says what is wrong. */
function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== "ENOENT",
  );
}
