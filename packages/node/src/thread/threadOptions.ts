import type { ProtocolSettings, ThreadRules } from "@sealwright/consensus";
import type { PublicKeyHex } from "@sealwright/forge";
import type { KeeperId, SignerIndex, ThreadsTable } from "@sealwright/types";

/** What one thread of one node is told to be. */
export interface ThreadOptions {
  readonly rules: ThreadRules;
  readonly settings: ProtocolSettings;
  readonly threadsTable: ThreadsTable;
  readonly self: KeeperId;
  /** Null for an observer. */
  readonly signer: SignerIndex | null;
  readonly key: PublicKeyHex;
}
