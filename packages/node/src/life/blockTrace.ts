import type { BlockRef, BlockStage, BlockVote } from "@sealwright/api";
import {
  type BlockId,
  type Clock,
  type Height,
  type KeeperId,
  limits,
  type SealedBlock,
  type SignerIndex,
  type Term,
  type UnixMs,
} from "@sealwright/types";

/** Why a producer holds a built block back. */
export type HoldReason = "majorityMissing" | "quorumMissing";

/** What one keeper did and saw of one block. */
export interface TracedBlock {
  readonly block: BlockRef;
  readonly parentId: BlockId;
  readonly producer: KeeperId;
  /** As its header says: when its building began, by its producer's clock. */
  readonly timeMs: UnixMs;
  readonly times: ReadonlyMap<BlockStage, UnixMs>;
  /** By keeper: when its attestation was here, null when a certificate names it. */
  readonly votes: ReadonlyMap<KeeperId, UnixMs | null>;
  readonly held: HoldReason | null;
  readonly signerFailed: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B> ? Map<A, B> : T[K] };
/** `arrivals`: by signer, when an attestation came that is not checked yet. */
type Entry = Writable<TracedBlock> & { readonly arrivals: Map<SignerIndex, UnixMs> };

/** A block under construction has no id yet: its height and term name it. */
interface BuildTrace {
  readonly startedMs: UnixMs;
  builtMs: UnixMs | null;
  held: HoldReason | null;
}

/** Per thread: some five minutes of blocks under load, an hour when idle. */
export const TRACED_BLOCKS_MAX = 2_048;
const BUILDS_MAX = 64;
/** Blocks that arrived and are not checked: a peer that sends rubbish pushes out rubbish only. */
const ARRIVALS_MAX = 256;

/**
 * The steps of recent blocks of one thread, in memory, bounded, for people who ask why. Nothing of the protocol depends
 * on it, and a restart forgets it: what lasts is in the store.
 */
export class BlockTrace {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #blocks = new Map<BlockId, Entry>();
  readonly #builds = new Map<string, BuildTrace>();
  readonly #arrivals = new Map<BlockId, UnixMs>();

  constructor(dependencies: { readonly clock: Pick<Clock, "nowMs"> }) {
    this.#clock = dependencies.clock;
  }

  buildStarted(height: Height, term: Term): void {
    keep(this.#builds, `${term}/${height}`, { startedMs: this.#clock.nowMs(), builtMs: null, held: null }, BUILDS_MAX);
  }

  built(height: Height, term: Term): void {
    const build = this.#builds.get(`${term}/${height}`);
    if (build !== undefined) build.builtMs ??= this.#clock.nowMs();
  }

  /** Built and held back; the last reason stays. */
  held(height: Height, term: Term, reason: HoldReason): void {
    const build = this.#builds.get(`${term}/${height}`);
    if (build !== undefined) build.held = reason;
  }

  /** A candidate came, and nothing of it is checked. */
  arrived(blockId: BlockId): void {
    if (!this.#arrivals.has(blockId) && !this.#blocks.has(blockId))
      keep(this.#arrivals, blockId, this.#clock.nowMs(), ARRIVALS_MAX);
  }

  /** A step of a block that is checked, or that is our own; the first time counts. */
  note(block: SealedBlock, stage: BlockStage): void {
    const { times } = this.#entry(block);
    if (!times.has(stage)) times.set(stage, this.#clock.nowMs());
  }

  noteKnown(blockId: BlockId, stage: BlockStage): void {
    const times = this.#blocks.get(blockId)?.times;
    if (times?.has(stage) === false) times.set(stage, this.#clock.nowMs());
  }

  /** A later term stands on what an earlier one left aside. */
  revived(blockId: BlockId): void {
    this.#blocks.get(blockId)?.times.delete("abandoned");
  }

  signerFailed(blockId: BlockId): void {
    const entry = this.#blocks.get(blockId);
    if (entry !== undefined) entry.signerFailed = true;
  }

  /** An attestation came, and is not checked yet; the first one of a signer counts. */
  voteArrived(blockId: BlockId, signer: SignerIndex): void {
    const arrivals = this.#blocks.get(blockId)?.arrivals;
    if (arrivals !== undefined && !arrivals.has(signer))
      keep(arrivals, signer, this.#clock.nowMs(), limits.KEEPERS_MAX);
  }

  /** An attestation that is good: it came here before, or a certificate names its signer. */
  voted(blockId: BlockId, signer: SignerIndex, keeper: KeeperId): void {
    const entry = this.#blocks.get(blockId);
    if (entry === undefined || (entry.votes.get(keeper) ?? null) !== null) return;
    entry.votes.set(keeper, entry.arrivals.get(signer) ?? null);
  }

  get(blockId: BlockId): TracedBlock | null {
    return this.#blocks.get(blockId) ?? null;
  }

  at(height: Height): readonly TracedBlock[] {
    return [...this.#blocks.values()].filter(({ block }) => block.height === height);
  }

  #entry(sealed: SealedBlock): Entry {
    const known = this.#blocks.get(sealed.id);
    if (known !== undefined) return known;
    const { threadId, height, term, parentId, producer, timeMs } = sealed.header;
    const build = this.#builds.get(`${term}/${height}`);
    const arrivedMs = this.#arrivals.get(sealed.id);
    this.#arrivals.delete(sealed.id);
    const times = new Map<BlockStage, UnixMs>();
    // An arrival means that another keeper made it, whatever this one began to build at that height.
    if (arrivedMs !== undefined) times.set("received", arrivedMs);
    else if (build !== undefined) {
      this.#builds.delete(`${term}/${height}`);
      times.set("buildStarted", build.startedMs);
      if (build.builtMs !== null) times.set("built", build.builtMs);
    }
    const entry: Entry = {
      block: { threadId, height, term, blockId: sealed.id },
      parentId,
      producer,
      timeMs,
      times,
      votes: new Map(),
      held: arrivedMs === undefined ? (build?.held ?? null) : null,
      signerFailed: false,
      arrivals: new Map(),
    };
    keep(this.#blocks, sealed.id, entry, TRACED_BLOCKS_MAX);
    return entry;
  }
}

/** Votes as the API shows them: those with a time first, in order. */
export function votesOf({ votes }: Pick<TracedBlock, "votes">): readonly BlockVote[] {
  return [...votes]
    .map(([keeperId, atMs]) => ({ keeperId, atMs }))
    .sort((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity) || (a.keeperId < b.keeperId ? -1 : 1));
}

/** Puts in; beyond `max` the oldest goes. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > max && oldest.done !== true) map.delete(oldest.value);
}
