import type { ThreadRules } from "@sealwright/consensus";
import type { Height, KeeperId, RankedBlock, SnapshotManifest } from "@sealwright/types";

/** Of which thread, by which rules. */
export interface SnapshotSyncConfig {
  readonly rules: ThreadRules;
  /** Asked again, of another keeper if there is one, after this long. */
  readonly retryMs: number;
}

/** What one keeper showed. */
export interface ShownSnapshots {
  readonly manifests: ReadonlyMap<string, SnapshotManifest>;
  /** Which block it holds for final at the height that was asked for. */
  readonly finalAt: { readonly height: Height; readonly blockId: string } | null;
}

export interface ChunkRequest {
  readonly peer: KeeperId;
  readonly askedAtMs: number;
}

/** A download under way. */
export interface SnapshotDownload {
  readonly manifest: SnapshotManifest;
  /** `snapshotContentHash` of the manifest. */
  readonly content: string;
  /** Chunks that are not here yet. */
  readonly missing: ReadonlySet<number>;
  readonly asked: ReadonlyMap<number, ChunkRequest>;
  /** Handed to the disk and not on it yet. */
  readonly storing: ReadonlySet<number>;
}

/** How far a download is. */
export type SnapshotPhase =
  | { readonly type: "idle" }
  /** f + 1 keepers show it; its proof's signatures are being checked. */
  | { readonly type: "checking"; readonly manifest: SnapshotManifest; readonly content: string }
  | { readonly type: "fetching"; readonly download: SnapshotDownload }
  /** Its state root is being computed. */
  | { readonly type: "verifying"; readonly manifest: SnapshotManifest }
  /** All of it is here and right: it is adopted with the next start. */
  | { readonly type: "verified"; readonly manifest: SnapshotManifest; readonly votedFinal: boolean };

/** All that a download knows; plain data. */
export interface SnapshotSyncState {
  readonly config: SnapshotSyncConfig;
  readonly phase: SnapshotPhase;
  readonly shown: ReadonlyMap<KeeperId, ShownSnapshots>;
  /** Keepers whose chunk did not have its hash. */
  readonly liars: ReadonlySet<KeeperId>;
  /** This keeper's last vote when it fell behind. */
  readonly voted: RankedBlock | null;
  readonly askedAtMs: number | null;
  /** When this keeper last said that it needs one, wherever it stands. */
  readonly wantedAtMs: number | null;
}

/** Who is less far behind catches up by blocks. */
export const SNAPSHOT_GAIN_MIN = 200n;
/** A snapshot stays wanted for so many times `retryMs`. */
export const WANTED_FOR_RETRIES = 10;
/** Chunks asked for at a time. */
export const CHUNKS_ASKED_MAX = 4;

/** Nothing offered, nothing fetched. */
export function initialSnapshotSync(config: SnapshotSyncConfig): SnapshotSyncState {
  const phase = { type: "idle" } as const;
  return { config, phase, shown: new Map(), liars: new Set(), voted: null, askedAtMs: null, wantedAtMs: null };
}

/** Chunks here and chunks in all, while something is fetched. */
export function snapshotProgress({ phase }: SnapshotSyncState): { readonly done: number; readonly of: number } | null {
  if (phase.type === "idle" || phase.type === "checking") return null;
  const manifest = phase.type === "fetching" ? phase.download.manifest : phase.manifest;
  const of = manifest.chunkHashes.length;
  return { done: phase.type === "fetching" ? of - phase.download.missing.size : of, of };
}
