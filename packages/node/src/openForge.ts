import { join } from "node:path";
import type { CryptoService } from "@sealwright/crypto";
import {
  FileWatermarkStore,
  type ForgeWorker,
  LocalBlsSigner,
  publicKeyHexFromBytes,
  startForgeWorker,
  type WatermarkStore,
} from "@sealwright/forge";
import { type Clock, err, type Logger, ok, type Result } from "@sealwright/types";
import type { NodeConfig } from "./config/index.js";
import type { Identity } from "./identity.js";
import type { StartNodeError } from "./nodeError.js";
import type { Opening } from "./opening.js";

export interface OpenedForge {
  readonly forge: ForgeWorker;
  readonly watermarks: WatermarkStore;
}

/** The forge with its watermarks; it signs with the keeper's key, which `service` holds on its workers. */
export async function openForge(
  config: NodeConfig,
  identity: Identity,
  world: { readonly service: CryptoService; readonly clock: Clock; readonly logger: Logger },
  opening: Opening,
): Promise<Result<OpenedForge, StartNodeError>> {
  const watermarks = await FileWatermarkStore.open({ directory: join(config.dataDir, "watermarks") }, world);
  if (!watermarks.ok) return err({ code: watermarks.error.code, message: watermarks.error.message });
  opening.opened(() => watermarks.value.close());
  const signer = new LocalBlsSigner({ keys: [publicKeyHexFromBytes(identity.blsPublicKey)] }, world);
  const forge = await startForgeWorker({}, { signers: [signer], watermarks: watermarks.value, ...world });
  if (!forge.ok) return err({ code: forge.error.code, message: forge.error.message });
  opening.opened(() => forge.value.shutdown());
  return ok({ forge: forge.value, watermarks: watermarks.value });
}
