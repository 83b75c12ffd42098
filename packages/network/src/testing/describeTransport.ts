import type { KeeperId } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "../limits.js";
import type { DisconnectReason, Transport } from "../transport.js";

export interface TransportHarness extends AsyncDisposable {
  /** Started, sorted by keeper id; not necessarily connected yet. */
  readonly transports: readonly Transport[];
  /** Lets the network's own time pass until `condition` holds; throws, naming `what`, when it never does. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets some time pass in which nothing is expected. */
  quietTime(): Promise<void>;
  /** Closes one transport and starts a new one for the same keeper. */
  restart(index: number): Promise<Transport>;
}

export interface HarnessOptions {
  readonly keepers: number;
  readonly limits?: Partial<TransportLimits>;
}

type Told =
  | { readonly type: "message"; readonly from: KeeperId; readonly frame: Uint8Array }
  | { readonly type: "connected"; readonly peer: KeeperId }
  | { readonly type: "disconnected"; readonly peer: KeeperId; readonly reason: DisconnectReason };

/** Writes down all a transport tells; `hold` answers each message with a promise that `release` resolves. */
export class Recorder {
  readonly told: Told[] = [];
  hold = false;
  #held: (() => void)[] = [];

  constructor(transport: Transport) {
    transport.on({
      message: (from, frame) => {
        this.told.push({ type: "message", from, frame });
        return this.hold ? new Promise<void>((resolve) => this.#held.push(resolve)) : undefined;
      },
      connected: (peer) => void this.told.push({ type: "connected", peer }),
      disconnected: (peer, reason) => void this.told.push({ type: "disconnected", peer, reason }),
    });
  }

  frames(from?: KeeperId): Uint8Array[] {
    return this.told.flatMap((event) =>
      event.type === "message" && (from === undefined || event.from === from) ? [event.frame] : [],
    );
  }

  connections(peer: KeeperId): ("connected" | "disconnected")[] {
    return this.told.flatMap((event) => (event.type !== "message" && event.peer === peer ? [event.type] : []));
  }

  release(): void {
    this.hold = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

export function isConnected(transport: Transport, peer: KeeperId): boolean {
  return transport.peers().some((status) => status.id === peer && status.state === "connected");
}

export function allConnected(transports: readonly Transport[]): boolean {
  return transports.every((transport) => transport.peers().every((peer) => peer.state === "connected"));
}

export function statusOf(transport: Transport, peer: KeeperId) {
  const status = transport.peers().find((candidate) => candidate.id === peer);
  if (status === undefined) throw new Error(`not a peer: ${peer}`);
  return status;
}

function numbered(number: number, length = 4): Uint8Array {
  const frame = new Uint8Array(length);
  new DataView(frame.buffer).setUint32(0, number);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
}

const KIB = 1024;
/** Small enough for a test to fill every queue and buffer on the way. */
const SMALL_LIMITS: Partial<TransportLimits> = {
  frameBytesMax: 64 * KIB,
  queueBytesMax: { consensus: 256 * KIB, bulk: 256 * KIB },
  receiveWindowBytes: 128 * KIB,
};
const STRANGER = "f".repeat(64) as KeeperId;
/** No pair of kernel buffers holds this much. */
const SENDS_MAX = 4_000;

/** The rules of `Transport`, for every implementation. */
export function describeTransport(name: string, open: (options: HarnessOptions) => Promise<TransportHarness>): void {
  const openConnected = async (options: HarnessOptions): Promise<TransportHarness> => {
    const harness = await open(options);
    await harness.until(() => allConnected(harness.transports), "all keepers to be connected");
    return harness;
  };
  const openPair = async (limits?: Partial<TransportLimits>) => {
    const harness = await openConnected({ keepers: 2, ...(limits && { limits }) });
    const [a, b] = harness.transports as [Transport, Transport];
    return { harness, a, b };
  };
  /** Sends bulk frames until the peer's queue is full. @returns how many were taken */
  const fill = async (harness: TransportHarness, from: Transport, to: KeeperId): Promise<number> => {
    let taken = 0;
    let isFull = false;
    await harness.until(() => {
      for (let burst = 0; burst < 8 && !isFull && taken < SENDS_MAX; burst += 1) {
        isFull = from.send(to, numbered(taken, 32 * KIB), { priority: "bulk" }) === "queueFull";
        if (!isFull) taken += 1;
      }
      return isFull;
    }, "the queue to be full");
    return taken;
  };

  describe(name, () => {
    it("[N1] connects every pair once and lists all peers but itself, sorted by id", async () => {
      await using harness = await open({ keepers: 4 });
      const recorders = harness.transports.map((transport) => new Recorder(transport));
      await harness.until(() => allConnected(harness.transports), "all keepers to be connected");
      await harness.quietTime();
      const ids = harness.transports.map((transport) => transport.self);
      for (const [index, transport] of harness.transports.entries()) {
        const others = ids.filter((id) => id !== transport.self);
        expect(transport.peers().map((peer) => peer.id)).toEqual(others);
        for (const other of others) expect(recorders[index]!.connections(other)).toEqual(["connected"]);
      }
    });

    it("[N2] delivers frames whole, unchanged and in order, the empty and the largest one as well", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const received = new Recorder(b);
      const largest = new Uint8Array(DEFAULT_TRANSPORT_LIMITS.frameBytesMax).map((_byte, index) => index * 31);
      const sent = [
        numbered(1),
        new Uint8Array(0),
        largest,
        ...Array.from({ length: 2_000 }, (_, n) => numbered(n, 4 + (n % 300))),
      ];
      for (const frame of sent) expect(a.send(b.self, frame)).toBe("sent");
      await harness.until(() => received.frames().length >= sent.length, "all frames to arrive");
      const frames = received.frames(a.self);
      expect(frames.length).toBe(sent.length);
      expect(frames.findIndex((frame, index) => Buffer.compare(frame, sent[index]!) !== 0)).toBe(-1);
    });

    it("[N2] keeps the order of each priority when they are mixed, both ways at once", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const [atA, atB] = [new Recorder(a), new Recorder(b)];
      for (let n = 0; n < 500; n += 1) {
        const priority = n % 3 === 0 ? "bulk" : "consensus";
        expect(a.send(b.self, numbered(n, 100), { priority })).toBe("sent");
        expect(b.send(a.self, numbered(n, 100), { priority })).toBe("sent");
      }
      await harness.until(() => atA.frames().length === 500 && atB.frames().length === 500, "both to have all");
      for (const recorder of [atA, atB]) {
        const numbers = recorder.frames().map(numberOf);
        for (const wanted of [true, false]) {
          const ofPriority = numbers.filter((n) => (n % 3 === 0) === wanted);
          expect(ofPriority).toEqual([...ofPriority].sort((x, y) => x - y));
        }
      }
    });

    it("[N3] answers notConnected for itself, for strangers, and after closing", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      expect(a.send(a.self, numbered(1))).toBe("notConnected");
      expect(a.send(STRANGER, numbered(1))).toBe("notConnected");
      await a.close();
      expect(a.send(b.self, numbered(1))).toBe("notConnected");
      a.broadcast(numbered(1));
    });

    it("[N3] never delivers inside the call of send", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const [atA, atB] = [new Recorder(a), new Recorder(b)];
      a.send(b.self, numbered(1));
      a.broadcast(numbered(2));
      expect(atA.told.length + atB.told.length).toBe(0);
      await harness.until(() => atB.frames().length === 2, "both frames to arrive");
    });

    it("[N3] throws on a frame over the limit, because that is our own bug", async () => {
      const { harness, a, b } = await openPair(SMALL_LIMITS);
      await using _ = harness;
      expect(() => a.send(b.self, new Uint8Array(64 * KIB + 1))).toThrow("limit");
      expect(() => a.broadcast(new Uint8Array(64 * KIB + 1))).toThrow("limit");
    });

    it("[N4] broadcasts to every connected peer and not to itself", async () => {
      await using harness = await openConnected({ keepers: 4 });
      const recorders = harness.transports.map((transport) => new Recorder(transport));
      const sender = harness.transports[1]!;
      for (let n = 0; n < 100; n += 1) sender.broadcast(numbered(n));
      const others = recorders.filter((_, index) => index !== 1);
      await harness.until(() => others.every((other) => other.frames(sender.self).length === 100), "all to have all");
      expect(recorders[1]!.frames()).toEqual([]);
    });

    it("[N5] answers queueFull for a peer that does not take its frames, leaves the others unharmed, and recovers", async () => {
      await using harness = await openConnected({ keepers: 3, limits: SMALL_LIMITS });
      const [a, b, c] = harness.transports as [Transport, Transport, Transport];
      const [stuck, fine] = [new Recorder(b), new Recorder(c)];
      stuck.hold = true;
      const taken = await fill(harness, a, b.self);
      expect(statusOf(a, b.self).queuedBytes).toBeGreaterThan(0);
      for (let n = 0; n < 50; n += 1) expect(a.send(c.self, numbered(n))).toBe("sent");
      await harness.until(() => fine.frames(a.self).length === 50, "the reading peer to have all");
      expect(stuck.frames().length).toBeLessThan(taken);
      expect(isConnected(a, b.self)).toBe(true);
      stuck.release();
      await harness.until(() => stuck.frames(a.self).length === taken, "all taken frames to arrive");
      expect(stuck.frames().map(numberOf)).toEqual(Array.from({ length: taken }, (_, n) => n));
      expect(a.send(b.self, numbered(taken))).toBe("sent");
    });

    it("[N5] a full bulk queue does not shut out consensus frames", async () => {
      const { harness, a, b } = await openPair(SMALL_LIMITS);
      await using _ = harness;
      const stuck = new Recorder(b);
      stuck.hold = true;
      const taken = await fill(harness, a, b.self);
      expect(a.send(b.self, numbered(taken), { priority: "consensus" })).toBe("sent");
      stuck.release();
      await harness.until(() => stuck.frames().length === taken + 1, "all to arrive");
    });

    it.each([
      ["larger", 1],
      ["smaller", 0],
    ] as const)(
      "[N6] the keeper with the %s id drops a peer it bans, refuses it meanwhile, and takes it back afterwards",
      async (_which, index) => {
        const score = { ...DEFAULT_TRANSPORT_LIMITS.score, banMs: 400 };
        const { harness, a, b } = await openPair({ score });
        await using _ = harness;
        const [judge, banned] = index === 1 ? [b, a] : [a, b];
        const [atJudge, atBanned] = [new Recorder(judge), new Recorder(banned)];
        judge.penalize(banned.self, "ban", "badSignature");
        expect(atJudge.told).toEqual([{ type: "disconnected", peer: banned.self, reason: "banned" }]);
        expect(statusOf(judge, banned.self)).toMatchObject({ state: "banned", score: 0, lastFailure: "banned" });
        expect(judge.send(banned.self, numbered(1))).toBe("notConnected");
        await harness.until(() => atBanned.connections(judge.self).length > 0, "the banned one to notice");
        await harness.until(() => allConnected([a, b]), "the ban to end");
        expect(atJudge.connections(banned.self)).toEqual(["disconnected", "connected"]);
      },
    );

    it("[N6] small penalties lower the score, and only their sum bans", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      a.penalize(b.self, "none", "late");
      expect(statusOf(a, b.self).score).toBe(100);
      a.penalize(b.self, "slight", "useless");
      expect(statusOf(a, b.self).score).toBeLessThan(100);
      expect(isConnected(a, b.self)).toBe(true);
      for (let n = 0; n < 4; n += 1) a.penalize(b.self, "serious", "malformed");
      expect(statusOf(a, b.self)).toMatchObject({ state: "banned", score: 0 });
      a.penalize(STRANGER, "ban", "notAPeer");
    });

    it("[N7] tells of every connection its end exactly once, and meets a restarted peer again", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const atA = new Recorder(a);
      const reborn = await harness.restart(1);
      const atReborn = new Recorder(reborn);
      await harness.until(() => isConnected(a, b.self) && isConnected(reborn, a.self), "both to meet again");
      expect(atA.connections(b.self)).toEqual(["disconnected", "connected"]);
      expect(a.send(b.self, numbered(7))).toBe("sent");
      await harness.until(() => atReborn.frames(a.self).length === 1, "the frame to arrive");
    });

    it("[N7] meets again whichever of the two restarts", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const reborn = await harness.restart(0);
      await harness.until(() => isConnected(b, a.self) && isConnected(reborn, b.self), "both to meet again");
    });

    it("[N8] closing tells the peers, tells its own listeners, and may be repeated", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const [atA, atB] = [new Recorder(a), new Recorder(b)];
      await Promise.all([a.close(), a.close()]);
      await a.close();
      await harness.until(() => atB.connections(a.self).length === 1, "the peer to notice");
      expect(atA.told).toEqual([{ type: "disconnected", peer: b.self, reason: "closing" }]);
      expect(statusOf(b, a.self)).toMatchObject({ state: "disconnected", queuedBytes: 0 });
    });

    it("[N9] counts the payload bytes of each peer, both ways", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      const received = new Recorder(b);
      for (let n = 0; n < 10; n += 1) a.send(b.self, numbered(n, 100));
      await harness.until(() => received.frames().length === 10, "all to arrive");
      expect(statusOf(a, b.self)).toMatchObject({ bytesOut: 1_000, bytesIn: 0 });
      expect(statusOf(b, a.self)).toMatchObject({ bytesOut: 0, bytesIn: 1_000 });
    });

    it("[N10] a removed listener hears nothing more, the others go on", async () => {
      const { harness, a, b } = await openPair();
      await using _ = harness;
      let heard = 0;
      const remove = b.on({ message: () => void (heard += 1) });
      const other = new Recorder(b);
      a.send(b.self, numbered(1));
      await harness.until(() => other.frames().length === 1, "the first to arrive");
      remove();
      a.send(b.self, numbered(2));
      await harness.until(() => other.frames().length === 2, "the second to arrive");
      expect(heard).toBe(1);
    });
  });
}
