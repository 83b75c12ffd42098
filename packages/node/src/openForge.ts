import { join } from "node:path";
import { CryptoPool } from "@sealwright/crypto";
import {
  FileWatermarkStore,
  type ForgeWorker,
  LocalBlsSigner,
  publicKeyHexFromBytes,
  startForgeWorker,
} from "@sealwright/forge";
import { type Clock, err, type Logger, ok, type Result } from "@sealwright/types";
import type { NodeConfig } from "./config/index.js";
import type { Identity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";
import type { Opening } from "./opening.js";

/** The forge with the keeper's key and its watermarks; it signs on a pool of its own, so checks never delay it. */
export async function openForge(
  config: NodeConfig,
  identity: Identity,
  world: { readonly clock: Clock; readonly logger: Logger },
  opening: Opening,
): Promise<Result<ForgeWorker, StartNodeError>> {
  const watermarks = await FileWatermarkStore.open({ directory: join(config.dataDir, "watermarks") }, world);
  if (!watermarks.ok) return err({ code: watermarks.error.code, message: watermarks.error.message });
  opening.opened(() => watermarks.value.close());
  const service = new CryptoPool({ signerKeys: [identity.keys.blsSecretKey.toBytes()] }, { logger: world.logger });
  opening.opened(() => service[Symbol.asyncDispose]());
  const signer = new LocalBlsSigner({ keys: [publicKeyHexFromBytes(identity.blsPublicKey)] }, { service });
  const forge = await startForgeWorker({}, { signers: [signer], watermarks: watermarks.value, ...world });
  if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message });
  opening.opened(() => forge.value.shutdown());
  return ok(forge.value);
}
