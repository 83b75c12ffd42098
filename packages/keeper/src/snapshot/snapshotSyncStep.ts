import { checkSnapshotManifest } from "@sealwright/consensus";
import {
  assertNever,
  equalBytes,
  type KeeperId,
  sha256,
  snapshotContentHash,
  type SnapshotManifest,
} from "@sealwright/types";
import type { SnapshotSyncEffect, SnapshotSyncEvent } from "./snapshotSyncEvent.js";
import {
  type ChunkRequest,
  CHUNKS_ASKED_MAX,
  SNAPSHOT_GAIN_MIN,
  type SnapshotDownload,
  type SnapshotSyncState,
  WANTED_FOR_RETRIES,
} from "./snapshotSyncState.js";

/** The state afterwards, and what is to be done, in order. */
export interface SnapshotSyncStep {
  readonly state: SnapshotSyncState;
  readonly effects: readonly SnapshotSyncEffect[];
}

type Event<Type extends SnapshotSyncEvent["type"]> = Extract<SnapshotSyncEvent, { type: Type }>;

/**
 * Fetches a snapshot for a keeper whose peers do not keep the blocks that it lacks. It trusts the keeper set alone: the
 * block is proved final, the state root is the block's, and what no block commits to is shown alike by f + 1 keepers.
 * Every chunk is checked as it comes, so one honest keeper among those who show it is enough. Pure and total.
 */
export function stepSnapshotSync(state: SnapshotSyncState, event: SnapshotSyncEvent): SnapshotSyncStep {
  switch (event.type) {
    case "shown":
      return onShown(state, event);
    case "proofChecked":
      return onProofChecked(state, event);
    case "chunkReceived":
      return onChunk(state, event);
    case "chunkStored":
      return onStored(state, event);
    case "rootChecked":
      return onRootChecked(state, event);
    case "resumed":
      return onResumed(state, event);
    case "wanted":
      return onWanted(state, event);
    case "peerGone":
      return onPeerGone(state, event);
    case "tick":
      return onTick(state, event.atMs);
    default:
      return assertNever(event);
  }
}

function nothing(state: SnapshotSyncState): SnapshotSyncStep {
  return { state, effects: [] };
}

function onShown(state: SnapshotSyncState, event: Event<"shown">): SnapshotSyncStep {
  const { peer, finalAt, finalHeight } = event;
  const manifests = new Map<string, SnapshotManifest>();
  for (const manifest of event.manifests) {
    if (manifest.height < finalHeight + gainMin(state, event.atMs)) continue;
    const checked = checkSnapshotManifest(state.config.rules, manifest);
    if (!checked.ok)
      return { state, effects: [{ type: "penalize", peer, cause: "badSnapshot", detail: checked.error.code }] };
    manifests.set(snapshotContentHash(manifest), manifest);
  }
  if (manifests.size === 0) return nothing(state);
  const shown = new Map(state.shown).set(peer, { manifests, finalAt });
  const next: SnapshotSyncState = { ...state, shown, voted: event.voted };
  if (next.phase.type === "fetching") return askChunks(next, event.atMs);
  if (next.phase.type !== "idle") return nothing(next);
  const agreed = highestAgreed(next);
  if (agreed === null) return askSnapshots(next, event.atMs);
  const checked = checkSnapshotManifest(state.config.rules, agreed.manifest);
  if (!checked.ok) return nothing(next);
  return {
    state: { ...next, phase: { type: "checking", ...agreed } },
    effects: [{ type: "checkProof", content: agreed.content, proof: checked.value.proof }],
  };
}

/** Who can catch up by blocks does so when they are few. */
function gainMin({ wantedAtMs, config }: SnapshotSyncState, atMs: number): bigint {
  const isWanted = wantedAtMs !== null && atMs - wantedAtMs < WANTED_FOR_RETRIES * config.retryMs;
  return isWanted ? 1n : SNAPSHOT_GAIN_MIN;
}

function onWanted(state: SnapshotSyncState, { voted, atMs }: Event<"wanted">): SnapshotSyncStep {
  const next: SnapshotSyncState = { ...state, wantedAtMs: atMs };
  return next.phase.type === "idle" ? askSnapshots({ ...next, voted }, atMs) : nothing(next);
}

/** f + 1 keepers that say the same: one of them is honest. */
function agreeing(state: SnapshotSyncState): number {
  return state.config.rules.keepers.faultTolerance + 1;
}

function highestAgreed(
  state: SnapshotSyncState,
): { readonly manifest: SnapshotManifest; readonly content: string } | null {
  const counts = new Map<string, { count: number; manifest: SnapshotManifest }>();
  for (const { manifests } of state.shown.values()) {
    for (const [content, manifest] of manifests)
      counts.set(content, { count: (counts.get(content)?.count ?? 0) + 1, manifest });
  }
  let best: { manifest: SnapshotManifest; content: string } | null = null;
  for (const [content, { count, manifest }] of counts) {
    if (count >= agreeing(state) && (best === null || manifest.height > best.manifest.height))
      best = { manifest, content };
  }
  return best;
}

function askSnapshots(state: SnapshotSyncState, atMs: number): SnapshotSyncStep {
  if (state.askedAtMs !== null && atMs - state.askedAtMs < state.config.retryMs) return nothing(state);
  return {
    state: { ...state, askedAtMs: atMs },
    effects: [{ type: "askSnapshots", finalAt: state.voted?.height ?? null }],
  };
}

function onProofChecked(state: SnapshotSyncState, event: Event<"proofChecked">): SnapshotSyncStep {
  const { phase } = state;
  if (phase.type !== "checking" || phase.content !== event.content) return nothing(state);
  const { manifest, content } = phase;
  // Each keeper's proof is its own: the one who showed a bad one is out, the content may still be good.
  if (!event.valid) {
    const bad = [...state.shown]
      .filter(([, { manifests }]) => manifests.get(content) === manifest)
      .map(([peer]) => peer);
    const shown = new Map([...state.shown].filter(([peer]) => !bad.includes(peer)));
    const effects = bad.map((peer) => ({ type: "penalize", peer, cause: "badSnapshot", detail: "badProof" }) as const);
    return { state: { ...state, shown, phase: { type: "idle" } }, effects };
  }
  const begun = begin(state, manifest, content, []);
  const asked = askChunks(begun, event.atMs);
  return { state: asked.state, effects: [{ type: "begin", manifest }, ...asked.effects] };
}

function begin(
  state: SnapshotSyncState,
  manifest: SnapshotManifest,
  content: string,
  stored: readonly number[],
): SnapshotSyncState {
  const missing = new Set(manifest.chunkHashes.keys());
  for (const index of stored) missing.delete(index);
  const download: SnapshotDownload = { manifest, content, missing, asked: new Map(), storing: new Set() };
  return { ...state, phase: { type: "fetching", download } };
}

function onResumed(state: SnapshotSyncState, { manifest, stored, atMs }: Event<"resumed">): SnapshotSyncStep {
  if (state.phase.type !== "idle") return nothing(state);
  const begun = begin(state, manifest, snapshotContentHash(manifest), stored);
  return askSnapshots(begun, atMs);
}

/** Asks those who show it for chunks that nobody was asked for, the least busy keeper first. */
function askChunks(state: SnapshotSyncState, atMs: number): SnapshotSyncStep {
  if (state.phase.type !== "fetching") return nothing(state);
  const { download } = state.phase;
  const height = download.manifest.height;
  if (download.missing.size === 0 && download.storing.size === 0)
    return {
      state: { ...state, phase: { type: "verifying", manifest: download.manifest } },
      effects: [{ type: "checkRoot", manifest: download.manifest }],
    };
  const sources = sourcesOf(state, download);
  const asked = new Map(download.asked);
  const effects: SnapshotSyncEffect[] = [];
  for (const index of sources.length === 0 ? [] : download.missing) {
    if (asked.size >= CHUNKS_ASKED_MAX) break;
    if (asked.has(index) || download.storing.has(index)) continue;
    const to = leastBusy(sources, asked);
    asked.set(index, { peer: to, askedAtMs: atMs });
    effects.push({ type: "askChunk", to, height, index });
  }
  return { state: withDownload(state, { ...download, asked }), effects };
}

function sourcesOf(state: SnapshotSyncState, { content }: SnapshotDownload): KeeperId[] {
  return [...state.shown]
    .filter(([peer, { manifests }]) => manifests.has(content) && !state.liars.has(peer))
    .map(([peer]) => peer)
    .sort();
}

function leastBusy(sources: readonly KeeperId[], asked: ReadonlyMap<number, ChunkRequest>): KeeperId {
  const load = (peer: KeeperId): number => [...asked.values()].filter((request) => request.peer === peer).length;
  return sources.reduce((best, peer) => (load(peer) < load(best) ? peer : best));
}

function withDownload(state: SnapshotSyncState, download: SnapshotDownload): SnapshotSyncState {
  return { ...state, phase: { type: "fetching", download } };
}

function onChunk(state: SnapshotSyncState, event: Event<"chunkReceived">): SnapshotSyncStep {
  if (state.phase.type !== "fetching") return nothing(state);
  const { download } = state.phase;
  const { peer, index, chunk, atMs } = event;
  const isAwaited = download.manifest.height === event.height && download.asked.get(index)?.peer === peer;
  if (!isAwaited) return nothing(state);
  const asked = new Map(download.asked);
  asked.delete(index);
  if (chunk === null) return withoutPeer(withDownload(state, { ...download, asked }), peer, atMs);
  if (!equalBytes(sha256(chunk), download.manifest.chunkHashes[index]!)) {
    const liars = new Set(state.liars).add(peer);
    const next = askChunks(withDownload({ ...state, liars }, { ...download, asked }), atMs);
    const penalty = { type: "penalize", peer, cause: "badSnapshot", detail: `chunk ${index}` } as const;
    return { state: next.state, effects: [penalty, ...next.effects] };
  }
  const missing = new Set(download.missing);
  missing.delete(index);
  const storing = new Set(download.storing).add(index);
  const next = askChunks(withDownload(state, { ...download, asked, missing, storing }), atMs);
  return { state: next.state, effects: [{ type: "storeChunk", height: event.height, index, chunk }, ...next.effects] };
}

function onStored(state: SnapshotSyncState, event: Event<"chunkStored">): SnapshotSyncStep {
  if (state.phase.type !== "fetching" || state.phase.download.manifest.height !== event.height) return nothing(state);
  const { download } = state.phase;
  const storing = new Set(download.storing);
  storing.delete(event.index);
  return askChunks(withDownload(state, { ...download, storing }), event.atMs);
}

function onRootChecked(state: SnapshotSyncState, event: Event<"rootChecked">): SnapshotSyncStep {
  const { phase } = state;
  if (phase.type !== "verifying" || phase.manifest.height !== event.height) return nothing(state);
  const { manifest } = phase;
  if (!event.valid) {
    // More than f keepers lie, or this node computes wrongly: what was fetched is worth nothing.
    const reason = "its state root is not the block's";
    return {
      state: { ...state, phase: { type: "idle" }, shown: new Map() },
      effects: [{ type: "discard", manifest, reason }],
    };
  }
  const votedFinal = isVoteFinal(state, manifest);
  return {
    state: { ...state, phase: { type: "verified", manifest, votedFinal } },
    effects: [{ type: "ready", manifest, votedFinal }],
  };
}

/** Whether f + 1 keepers hold the block of this keeper's last vote for final. */
function isVoteFinal(state: SnapshotSyncState, manifest: SnapshotManifest): boolean {
  const { voted } = state;
  if (voted === null || voted.height > manifest.height) return true;
  const witnesses = [...state.shown.values()].filter(
    ({ finalAt }) => finalAt !== null && finalAt.height === voted.height && finalAt.blockId === voted.blockId,
  );
  return witnesses.length >= agreeing(state);
}

function onPeerGone(state: SnapshotSyncState, { peer, atMs }: Event<"peerGone">): SnapshotSyncStep {
  return state.shown.has(peer) ? withoutPeer(state, peer, atMs) : nothing(state);
}

/** A download that nobody serves any more is given up for whatever is shown instead. */
function withoutPeer(state: SnapshotSyncState, peer: KeeperId, atMs: number): SnapshotSyncStep {
  const shown = new Map(state.shown);
  shown.delete(peer);
  if (state.phase.type !== "fetching") return nothing({ ...state, shown });
  const { download } = state.phase;
  const asked = new Map([...download.asked].filter(([, request]) => request.peer !== peer));
  const next = withDownload({ ...state, shown }, { ...download, asked });
  return askChunks(next, atMs);
}

function onTick(state: SnapshotSyncState, atMs: number): SnapshotSyncStep {
  if (state.phase.type !== "fetching") return nothing(state);
  const { download } = state.phase;
  const { retryMs } = state.config;
  if (sourcesOf(state, download).length === 0) return onNoSource(state, download, atMs);
  const late = [...download.asked].filter(([, { askedAtMs }]) => atMs - askedAtMs >= retryMs);
  if (late.length === 0) return askChunks(state, atMs);
  // The silent ones are taken for gone until they show it again.
  const shown = new Map(state.shown);
  for (const [, { peer }] of late) shown.delete(peer);
  const asked = new Map([...download.asked].filter(([, { peer }]) => shown.has(peer)));
  const again = askChunks(withDownload({ ...state, shown }, { ...download, asked }), atMs);
  const show = askSnapshots(again.state, atMs);
  return { state: show.state, effects: [...again.effects, ...show.effects] };
}

/** Others may show it again, or show a newer one: what f + 1 show is taken. */
function onNoSource(state: SnapshotSyncState, download: SnapshotDownload, atMs: number): SnapshotSyncStep {
  const agreed = highestAgreed(state);
  if (agreed === null || agreed.content === download.content) return askSnapshots(state, atMs);
  const checked = checkSnapshotManifest(state.config.rules, agreed.manifest);
  if (!checked.ok) return nothing(state);
  return {
    state: { ...state, phase: { type: "checking", ...agreed } },
    effects: [
      { type: "discard", manifest: download.manifest, reason: "nobody serves it any more" },
      { type: "checkProof", content: agreed.content, proof: checked.value.proof },
    ],
  };
}
