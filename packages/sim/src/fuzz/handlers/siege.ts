import type { KeeperId } from "@sealwright/types";
import type { SimRandom } from "../../world/simRandom.js";
import type { FuzzSource } from "../fuzzSource.js";
import { BesiegedKeeper } from "./besiegedKeeper.js";
import { brokenBound, brokenSize } from "./bounds.js";
import { collectionSizes } from "./collectionSizes.js";
import { HostileFrames } from "./hostileFrames.js";
import { PrivateFields } from "./privateFields.js";

export interface SiegeReport {
  readonly frames: number;
  /** Of the thread that got furthest: the keeper took what was real. */
  readonly finalHeight: bigint;
  /** How often each cause was held against a peer. */
  readonly penalties: Readonly<Record<string, number>>;
  /** The most that each collection of the keeper held whenever it was looked at, the largest first. */
  readonly largest: readonly (readonly [name: string, size: number])[];
  /** What one frame took at most. */
  readonly slowestMs: number;
  /** The frame after which something was wrong, as hex, and what. */
  readonly failure: { readonly from: KeeperId; readonly frame: string; readonly error: string } | null;
}

export interface SiegeOptions {
  readonly source: FuzzSource;
  /** Who is besieged: somebody whose word is in none of the source's frames. */
  readonly self: KeeperId;
  readonly random: SimRandom;
  readonly isOver: (frames: number) => boolean;
  /** The time, where somebody wants to know how long a frame takes. */
  readonly nowMs?: () => number;
}

const PAUSE_RATIO = 0.2;
const PAUSE_MS_MAX = 60;
const RECONNECT_RATIO = 0.005;
/** Looking at every collection takes as long as a hundred frames. */
const LOOK_EVERY = 500;

/**
 * Sends hostile frames to a real keeper until `isOver`. It may not stop, nothing may be thrown, and nothing that it keeps
 * may outgrow its bound: its chain state is looked at after every frame, everything else from time to time.
 */
export async function besiege(options: SiegeOptions): Promise<SiegeReport> {
  const { source, self, random, isOver, nowMs = () => 0 } = options;
  const siege = await Siege.begin(source, self);
  const peers = source.genesis.keepers.members.map(({ id }) => id).filter((id) => id !== self);
  const hostile = new HostileFrames(source, peers, random);
  let [frames, slowestMs] = [0, 0];
  let failure: SiegeReport["failure"] = null;
  while (failure === null && !isOver(frames)) {
    if (random.happens(RECONNECT_RATIO)) siege.reconnect(random.pick(peers));
    const { from, frame } = hostile.next();
    frames += 1;
    const beganMs = nowMs();
    const error = await siege.take(from, frame, random.happens(PAUSE_RATIO) ? random.int(PAUSE_MS_MAX) : 0);
    slowestMs = Math.max(slowestMs, nowMs() - beganMs);
    const broken = error ?? (frames % LOOK_EVERY === 0 ? siege.look() : null);
    if (broken !== null) failure = { from, frame: Buffer.from(frame).toString("hex"), error: broken };
  }
  siege.end();
  return { frames, ...siege.report(), slowestMs, failure };
}

/** One keeper under siege, and what was seen of it. */
class Siege {
  readonly #besieged: BesiegedKeeper;
  readonly #fields = new PrivateFields();
  readonly #largest = new Map<string, number>();
  readonly #unhandled: unknown[] = [];
  readonly #onUnhandled = (error: unknown): void => void this.#unhandled.push(error);

  private constructor(besieged: BesiegedKeeper) {
    this.#besieged = besieged;
    process.on("unhandledRejection", this.#onUnhandled);
  }

  static async begin(source: FuzzSource, self: KeeperId): Promise<Siege> {
    return new Siege(await BesiegedKeeper.open(source.genesis, self));
  }

  /** @returns what is wrong afterwards, or null */
  async take(from: KeeperId, frame: Uint8Array, pauseMs: number): Promise<string | null> {
    const { keeper, transport } = this.#besieged;
    try {
      transport.deliver(from, frame);
      await this.#besieged.settle();
      await this.#besieged.pass(pauseMs);
    } catch (error) {
      return textOf(error);
    }
    const [rejection] = [...transport.rejections, ...this.#unhandled];
    if (rejection !== undefined) return textOf(rejection);
    return this.#besieged.stop ?? brokenBound(keeper);
  }

  /** @returns which collection holds more than it may, or null */
  look(): string | null {
    const { keeper, transport } = this.#besieged;
    const sizes = collectionSizes([keeper, ...keeper.threads.values(), ...transport.listeners], this.#fields);
    for (const [name, size] of sizes) this.#largest.set(name, Math.max(size, this.#largest.get(name) ?? 0));
    return brokenSize(sizes);
  }

  reconnect(peer: KeeperId): void {
    this.#besieged.transport.disconnect(peer);
    this.#besieged.transport.connect(peer);
  }

  end(): void {
    this.#fields.close();
    process.off("unhandledRejection", this.#onUnhandled);
  }

  report(): Pick<SiegeReport, "finalHeight" | "penalties" | "largest"> {
    const { keeper, transport } = this.#besieged;
    const heights = [...keeper.threads.values()].map(({ durableFinal }) => durableFinal.height);
    return {
      finalHeight: heights.reduce((most, height) => (height > most ? height : most)),
      penalties: Object.fromEntries(transport.penalties),
      largest: [...this.#largest].sort(([, a], [, b]) => b - a),
    };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
