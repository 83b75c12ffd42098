import type { CheckedProof } from "@sealwright/consensus";
import type { BlockId, Height, KeeperId, RankedBlock, SnapshotManifest } from "@sealwright/types";

/** What happens to a keeper that may need a snapshot. Times are monotonic. */
export type SnapshotSyncEvent = { readonly atMs: number } & (
  | {
      readonly type: "shown";
      readonly peer: KeeperId;
      readonly manifests: readonly SnapshotManifest[];
      readonly finalAt: { readonly height: Height; readonly blockId: BlockId } | null;
      /** Where this keeper stands. */
      readonly finalHeight: Height;
      readonly voted: RankedBlock | null;
    }
  | { readonly type: "proofChecked"; readonly content: string; readonly valid: boolean }
  | {
      readonly type: "chunkReceived";
      readonly peer: KeeperId;
      readonly height: Height;
      readonly index: number;
      readonly chunk: Uint8Array | null;
    }
  | { readonly type: "chunkStored"; readonly height: Height; readonly index: number }
  | { readonly type: "rootChecked"; readonly height: Height; readonly valid: boolean }
  /** A download that a restart broke off; nobody has shown it since. */
  | { readonly type: "resumed"; readonly manifest: SnapshotManifest; readonly stored: readonly number[] }
  /** Blocks cannot bring this keeper on, however near their end it is: any snapshot above its last final block is of use. */
  | { readonly type: "wanted"; readonly voted: RankedBlock | null }
  | { readonly type: "peerGone"; readonly peer: KeeperId }
  | { readonly type: "tick" }
);

/** What a download asks for. */
export type SnapshotSyncEffect =
  /** Of everybody. */
  | { readonly type: "askSnapshots"; readonly finalAt: Height | null }
  /** -> proofChecked */
  | { readonly type: "checkProof"; readonly content: string; readonly proof: CheckedProof }
  /** Durable before the first chunk. */
  | { readonly type: "begin"; readonly manifest: SnapshotManifest }
  | { readonly type: "askChunk"; readonly to: KeeperId; readonly height: Height; readonly index: number }
  /** -> chunkStored */
  | { readonly type: "storeChunk"; readonly height: Height; readonly index: number; readonly chunk: Uint8Array }
  /** -> rootChecked: all chunks are on disk; is the state root the header's? */
  | { readonly type: "checkRoot"; readonly manifest: SnapshotManifest }
  /** To be adopted at the next start. */
  | { readonly type: "ready"; readonly manifest: SnapshotManifest; readonly votedFinal: boolean }
  | { readonly type: "discard"; readonly manifest: SnapshotManifest; readonly reason: string }
  | { readonly type: "penalize"; readonly peer: KeeperId; readonly cause: "badSnapshot"; readonly detail: string };
