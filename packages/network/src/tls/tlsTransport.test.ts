import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import {
  type Clock,
  concatBytes,
  type KeeperId,
  type NetworkId,
  silentLogger,
  unixMs,
  unwrap,
} from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { afterEach, describe, expect, it } from "vitest";
import {
  allConnected,
  describeTransport,
  isConnected,
  Recorder,
  statusOf,
  type TransportHarness,
} from "../testing/describeTransport.js";
import type { TransportPeer } from "./dial.js";
import { encodeFrame, FRAME_KIND, type FrameKind } from "./frame.js";
import { encodeHello, type Hello } from "./hello.js";
import { createIdentity } from "./identity.js";
import { TIMED_PONGS_PROTOCOL } from "./pong.js";
import type { TlsTransportLimits } from "./tlsLimits.js";
import { TlsTransport, type TlsTransportOptions } from "./tlsTransport.js";
import { generateTransportKey, type TransportKey } from "./transportKey.js";

const realClock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

const HOST = "127.0.0.1";
const NETWORK = "a".repeat(64) as NetworkId;
const OTHER_NETWORK = "b".repeat(64) as NetworkId;
/** Patience of a test before it gives up; never a thing that is measured. */
const PATIENCE_MS = 20_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await sleep(3);
  }
}

const keeperId = (index: number): KeeperId => String(index + 1).padStart(64, "0") as KeeperId;
const keyOf = (index: number): TransportKey => generateTransportKey(new SeededRandom(1_000 + index));
const entry = (index: number, port = 1): TransportPeer => ({
  id: keeperId(index),
  publicKey: keyOf(index).publicKey,
  host: HOST,
  port,
});

/** Everything a test opens, closed after it. */
const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function create(index: number, options: Partial<TlsTransportOptions> = {}, clock = realClock): TlsTransport {
  const defaults = { self: keeperId(index), networkId: NETWORK, seed: keyOf(index).seed, peers: [] };
  const listen = { host: HOST, port: 0 };
  const transport = new TlsTransport(
    { ...defaults, listen, ...options },
    { clock, random: new SeededRandom(index), logger: silentLogger },
  );
  opened.push(() => transport.close());
  return transport;
}

async function start(index: number, options: Partial<TlsTransportOptions> = {}, clock = realClock) {
  const transport = create(index, options, clock);
  unwrap(await transport.start());
  return { transport, recorder: new Recorder(transport), port: transport.address!.port };
}

/** Keepers know where the larger ids listen, so they start from the largest, each on a port the system chooses. */
async function openTls(options: {
  keepers: number;
  limits?: Partial<TlsTransportLimits>;
  clockOf?: (index: number) => Clock;
}): Promise<TransportHarness> {
  const limits = { redialFirstMs: 5, redialMaxMs: 50, ...options.limits };
  const ports = new Map<number, number>();
  const peers = () => Array.from({ length: options.keepers }, (_, index) => entry(index, ports.get(index)));
  const transports: TlsTransport[] = [];
  for (let index = options.keepers - 1; index >= 0; index -= 1) {
    const { transport, port } = await start(index, { peers: peers(), limits }, options.clockOf?.(index));
    ports.set(index, port);
    transports.unshift(transport);
  }
  return {
    transports,
    until,
    quietTime: () => sleep(100),
    restart: async (index) => {
      await transports[index]!.close();
      const listen = { host: HOST, port: ports.get(index)! };
      transports[index] = (await start(index, { peers: peers(), limits, listen })).transport;
      return transports[index];
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

describeTransport("TLS transport", openTls);

/** A peer that follows the rules only as far as a test wants. */
class RawPeer {
  received = Buffer.alloc(0);
  isClosed = false;

  constructor(readonly socket: Socket | TLSSocket) {
    socket.on("data", (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
    opened.push(() => void socket.destroy());
  }

  send(kind: FrameKind, payload: Uint8Array): void {
    this.socket.write(encodeFrame(kind, payload));
  }

  /** Kinds of the frames received so far; all are small enough to be whole here. */
  get kinds(): number[] {
    const kinds: number[] = [];
    for (let at = 0; at + 5 <= this.received.length; at += 4 + this.received.readUInt32BE(at))
      kinds.push(this.received[at + 4]!);
    return kinds;
  }
}

const rawTcp = (port: number): RawPeer => new RawPeer(connectTcp({ host: HOST, port }));

function rawTls(port: number, index: number): RawPeer {
  const { secureContext } = createIdentity(keeperId(index), NETWORK, keyOf(index));
  return new RawPeer(connectTls({ host: HOST, port, secureContext, rejectUnauthorized: false }));
}

/** With the key of keeper `index`, greeted; `hello` says what the greeting claims. */
function rawKeeper(port: number, index: number, hello: Partial<Hello> = {}): RawPeer {
  const peer = rawTls(port, index);
  peer.send(FRAME_KIND.hello, encodeHello({ networkId: NETWORK, keeper: keeperId(index), ...hello }));
  return peer;
}

/** Keeper 5 listening; keepers 0 to 4 and 6 are known to it and played by tests. */
function startTarget(limits: Partial<TlsTransportLimits> = {}) {
  return start(5, { peers: [0, 1, 2, 3, 4, 5, 6].map((index) => entry(index)), limits });
}

const isWelcome = (peer: RawPeer): boolean => peer.kinds[0] === FRAME_KIND.hello;

async function expectRefusal(peer: RawPeer, refusal: number): Promise<void> {
  await until(() => peer.isClosed, "the connection to be closed");
  expect(peer.received).toEqual(encodeFrame(FRAME_KIND.refusal, Uint8Array.of(refusal)));
}

/** The node still does its work: a well-behaved keeper connects and delivers. */
async function expectUnharmed(target: { port: number; recorder: Recorder }): Promise<void> {
  const before = target.recorder.frames().length;
  const peer = rawKeeper(target.port, 4);
  await until(() => isWelcome(peer), "a well-behaved keeper to be welcome");
  peer.send(FRAME_KIND.message, Uint8Array.of(1, 2, 3));
  await until(() => target.recorder.frames().length === before + 1, "its frame to arrive");
}

describe("TLS transport: who is let in", () => {
  it("[S1] a dialler leaves when the other end proves a different key than the keeper's", async () => {
    const target = await startTarget();
    const impostorOfOther = { ...entry(5, target.port), publicKey: keyOf(9).publicKey };
    const { transport, recorder } = await start(0, { peers: [impostorOfOther] });
    await until(() => statusOf(transport, keeperId(5)).lastFailure !== null, "the attempt to fail");
    expect(statusOf(transport, keeperId(5)).lastFailure).toBe("wrongKey");
    expect([...recorder.told, ...target.recorder.told]).toEqual([]);
  });

  it("[S1] refuses a key that no keeper has", async () => {
    const target = await startTarget();
    await expectRefusal(rawKeeper(target.port, 9, { keeper: keeperId(0) }), 1);
    expect(target.recorder.told).toEqual([]);
  });

  it("[S1] tells a keeper that is not in the set why it is refused", async () => {
    const target = await start(5, { peers: [entry(5)] });
    const { transport } = await start(0, { peers: [entry(5, target.port)] });
    await until(() => statusOf(transport, keeperId(5)).lastFailure !== null, "the attempt to fail");
    expect(statusOf(transport, keeperId(5)).lastFailure).toEqual({ refused: "unknownKeeper" });
  });

  it("[S1] refuses a connection without a certificate", async () => {
    const target = await startTarget();
    const peer = new RawPeer(connectTls({ host: HOST, port: target.port, rejectUnauthorized: false }));
    peer.send(FRAME_KIND.hello, encodeHello({ networkId: NETWORK, keeper: keeperId(0) }));
    await expectRefusal(peer, 1);
    expect(target.recorder.told).toEqual([]);
  });

  it("[S1] refuses a keeper that claims to be another one", async () => {
    const target = await startTarget();
    await expectRefusal(rawKeeper(target.port, 0, { keeper: keeperId(1) }), 1);
  });

  it("[S1] refuses TLS before 1.3", async () => {
    const target = await startTarget();
    const peer = new RawPeer(
      connectTls({ host: HOST, port: target.port, rejectUnauthorized: false, maxVersion: "TLSv1.2" }),
    );
    await until(() => peer.isClosed, "the connection to be closed");
    expect(peer.received.length).toBe(0);
  });

  it("[S2] refuses a keeper of another network and tells it so", async () => {
    const target = await startTarget();
    const { transport, recorder } = await start(0, { peers: [entry(5, target.port)], networkId: OTHER_NETWORK });
    await until(() => statusOf(transport, keeperId(5)).lastFailure !== null, "the attempt to fail");
    expect(statusOf(transport, keeperId(5)).lastFailure).toEqual({ refused: "wrongNetwork" });
    expect([...recorder.told, ...target.recorder.told]).toEqual([]);
  });

  it("[S2] refuses another version of the protocol, whatever follows its number", async () => {
    const target = await startTarget();
    const hello = encodeHello({ networkId: NETWORK, keeper: keeperId(0) }).slice();
    hello[5] = 2;
    const peer = rawTls(target.port, 0);
    peer.send(FRAME_KIND.hello, concatBytes(hello, Uint8Array.of(1, 2, 3)));
    await expectRefusal(peer, 3);
  });

  it.each([
    ["empty", new Uint8Array(0)],
    ["of another protocol", new Uint8Array(70).fill(7)],
    ["cut short", encodeHello({ networkId: NETWORK, keeper: keeperId(0) }).slice(0, 40)],
  ])("[S2] refuses a greeting that is %s", async (_what, greeting) => {
    const target = await startTarget();
    const peer = rawTls(target.port, 0);
    peer.send(FRAME_KIND.hello, greeting);
    await expectRefusal(peer, 6);
  });

  it("[S3] refuses a dialler with the larger id, so that no pair has two connections", async () => {
    const target = await startTarget();
    await expectRefusal(rawKeeper(target.port, 6), 4);
    expect(isConnected(target.transport, keeperId(6))).toBe(false);
  });

  it("[S3] a newer connection of the same keeper replaces the older", async () => {
    const target = await startTarget();
    const older = rawKeeper(target.port, 0);
    await until(() => isWelcome(older), "the first to be welcome");
    const newer = rawKeeper(target.port, 0);
    await until(() => isWelcome(newer) && older.isClosed, "the second to take over");
    expect(target.recorder.told).toEqual([
      { type: "connected", peer: keeperId(0) },
      { type: "disconnected", peer: keeperId(0), reason: "replaced" },
      { type: "connected", peer: keeperId(0) },
    ]);
  });

  it("[S4] refuses a banned keeper while the ban lasts", async () => {
    const target = await startTarget();
    const peer = rawKeeper(target.port, 0);
    await until(() => isWelcome(peer), "the keeper to be welcome");
    target.transport.penalize(keeperId(0), "ban", "badSignature");
    await until(() => peer.isClosed, "the keeper to be dropped");
    await expectRefusal(rawKeeper(target.port, 0), 5);
    expect(statusOf(target.transport, keeperId(0)).state).toBe("banned");
    await expectUnharmed(target);
  });
});

describe("TLS transport: what peers may send", () => {
  async function welcomed(limits: Partial<TlsTransportLimits> = {}) {
    const target = await startTarget(limits);
    const peer = rawKeeper(target.port, 0);
    await until(() => isWelcome(peer), "the keeper to be welcome");
    return { target, peer };
  }

  const header = (length: number, kind: number): Uint8Array => {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(0, length);
    bytes[4] = kind;
    return bytes;
  };

  it.each([
    ["announces a frame over the limit", header(8 * 1024 * 1024 + 2, FRAME_KIND.message), "oversizedFrame"],
    ["announces 4 GiB", header(0xffff_ffff, FRAME_KIND.message), "oversizedFrame"],
    ["sends a frame without a kind", header(0, 0), "malformedFrame"],
    ["sends a frame of an unknown kind", header(1, 77), "malformedFrame"],
    ["greets twice", header(1, FRAME_KIND.hello), "malformedFrame"],
    ["sends a ping of the wrong size", concatBytes(header(2, FRAME_KIND.ping), Uint8Array.of(1)), "malformedFrame"],
    ["sends a pong of the wrong size", header(1, FRAME_KIND.pong), "malformedFrame"],
  ])("[S5] drops a keeper that %s", async (_what, bytes, reason) => {
    const { target, peer } = await welcomed();
    peer.socket.write(bytes);
    await until(() => peer.isClosed, "the keeper to be dropped");
    expect(target.recorder.told.at(-1)).toEqual({ type: "disconnected", peer: keeperId(0), reason });
    await expectUnharmed(target);
  });

  it("[S5] drops a connection that sends a large frame or a message instead of a greeting", async () => {
    const target = await startTarget();
    const large = rawTls(target.port, 0);
    large.socket.write(header(1_000, FRAME_KIND.hello));
    const early = rawTls(target.port, 0);
    early.send(FRAME_KIND.message, Uint8Array.of(1));
    await until(() => large.isClosed && early.isClosed, "both to be dropped");
    expect(target.recorder.told).toEqual([]);
    await expectUnharmed(target);
  });

  it("[S5] puts frames together however they are cut", async () => {
    const { target, peer } = await welcomed();
    const stream = concatBytes(...[1, 2, 3].map((n) => encodeFrame(FRAME_KIND.message, new Uint8Array(n * 7).fill(n))));
    for (const byte of stream) {
      peer.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => target.recorder.frames().length === 3, "all frames to arrive");
    expect(target.recorder.frames().map((frame) => [...frame])).toEqual(
      [1, 2, 3].map((n) => Array.from({ length: n * 7 }, () => n)),
    );
  });

  it("[S6] measures the way there and back of a keeper that answers pings", async () => {
    const harness = await openTls({ keepers: 2, limits: { pingEveryMs: 20 } });
    const [a, b] = harness.transports as [TlsTransport, TlsTransport];
    await until(
      () => statusOf(a, b.self).roundTripMs !== null && statusOf(b, a.self).roundTripMs !== null,
      "both to know",
    );
    expect(statusOf(a, b.self).roundTripMs).toBeGreaterThanOrEqual(0);
  });

  it("[S12] measures how far a keeper's clock is from its own, the same from both ends", async () => {
    const aheadMs = 60_000;
    const clockOf = (index: number): Clock =>
      index === 0 ? realClock : { ...realClock, nowMs: () => unixMs(Date.now() + aheadMs) };
    const harness = await openTls({ keepers: 2, limits: { pingEveryMs: 20 }, clockOf });
    const [a, b] = harness.transports as [TlsTransport, TlsTransport];
    const seen = () => [statusOf(a, b.self), statusOf(b, a.self)];
    await until(() => seen().every(({ clockOffsetMs }) => clockOffsetMs !== null), "both to know");
    const [ofB, ofA] = seen();
    // Half of a round trip at most, and both clocks tell whole milliseconds; no machine is as slow as half a minute.
    expect(Math.round(ofB!.clockOffsetMs! / aheadMs)).toBe(1);
    expect(Math.round(ofA!.clockOffsetMs! / aheadMs)).toBe(-1);
  });

  it("[S12] a keeper whose version tells no time in its pongs stays connected, and gets pongs that it understands", async () => {
    const { target, peer } = await welcomed({ pingEveryMs: 20 });
    peer.send(FRAME_KIND.ping, Uint8Array.of(1, 2, 3, 4));
    await until(() => peer.kinds.includes(FRAME_KIND.pong), "the answer to a ping");
    expect(peer.received.includes(encodeFrame(FRAME_KIND.pong, Uint8Array.of(1, 2, 3, 4)))).toBe(true);
    peer.send(FRAME_KIND.pong, new Uint8Array(4));
    await until(() => statusOf(target.transport, keeperId(0)).roundTripMs !== null, "its own answer to be taken");
    expect(isConnected(target.transport, keeperId(0))).toBe(true);
    expect(statusOf(target.transport, keeperId(0)).clockOffsetMs).toBeNull();
  });

  it("[S12] drops a keeper that agreed to tell the time and does not", async () => {
    const target = await startTarget();
    const { secureContext } = createIdentity(keeperId(0), NETWORK, keyOf(0));
    const ALPNProtocols = [TIMED_PONGS_PROTOCOL];
    const socket = connectTls({
      host: HOST,
      port: target.port,
      secureContext,
      ALPNProtocols,
      rejectUnauthorized: false,
    });
    const peer = new RawPeer(socket);
    peer.send(FRAME_KIND.hello, encodeHello({ networkId: NETWORK, keeper: keeperId(0) }));
    await until(() => isWelcome(peer), "the keeper to be welcome");
    peer.send(FRAME_KIND.pong, new Uint8Array(4));
    await until(() => peer.isClosed, "it to be dropped");
    expect(target.recorder.told.at(-1)).toMatchObject({ type: "disconnected", reason: "malformedFrame" });
  });

  it("[S6] drops a keeper that has fallen silent, and keeps one that only listens and answers pings", async () => {
    const { target, peer } = await welcomed({ pingEveryMs: 20, deadAfterMs: 300 });
    const answering = rawKeeper(target.port, 1);
    answering.socket.on("data", () => answering.send(FRAME_KIND.pong, new Uint8Array(4)));
    await until(() => peer.isClosed, "the silent one to be dropped");
    expect(target.recorder.told.at(-1)).toEqual({ type: "disconnected", peer: keeperId(0), reason: "silent" });
    expect(isConnected(target.transport, keeperId(1))).toBe(true);
  });

  it("[S7] answers queueFull for a keeper that does not read, and the others are unharmed", async () => {
    const { target, peer } = await welcomed({
      frameBytesMax: 256 * 1024,
      queueBytesMax: { consensus: 1 << 20, bulk: 1 << 20 },
    });
    peer.socket.pause();
    const frame = new Uint8Array(200 * 1024);
    let taken = 0;
    await until(() => {
      const outcome = target.transport.send(keeperId(0), frame, { priority: "bulk" });
      if (outcome === "sent") taken += 1;
      return outcome === "queueFull";
    }, "the queue to be full");
    expect(taken).toBeGreaterThan(4);
    expect(statusOf(target.transport, keeperId(0)).queuedBytes).toBeLessThan(2 << 20);
    await expectUnharmed(target);
    expect(isConnected(target.transport, keeperId(0))).toBe(true);
  });
});

describe("TLS transport: what else comes to the port", () => {
  it("[S8] drops plain HTTP", async () => {
    const target = await startTarget();
    const peer = rawTcp(target.port);
    peer.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => peer.isClosed, "the connection to be closed");
    expect(target.recorder.told).toEqual([]);
    await expectUnharmed(target);
  });

  it("[S8] drops random bytes, before and inside TLS", async () => {
    const target = await startTarget();
    const random = new SeededRandom(99);
    const peers = Array.from({ length: 40 }, (_, n) => {
      const peer = n % 2 === 0 ? rawTcp(target.port) : rawTls(target.port, n % 10);
      peer.socket.write(random.bytes(1 + random.int(5_000)));
      return peer;
    });
    for (const peer of peers) peer.socket.end();
    await until(() => peers.every((peer) => peer.isClosed), "all connections to be closed");
    expect(target.recorder.told).toEqual([]);
    await expectUnharmed(target);
  });

  it("[S8] drops a connection that says nothing, before TLS, and after it without a greeting", async () => {
    const target = await startTarget({ handshakeTimeoutMs: 300 });
    const peers = [rawTcp(target.port), rawTls(target.port, 0)];
    await until(() => peers.every((peer) => peer.isClosed), "both to be closed");
    expect(target.recorder.told).toEqual([]);
  });

  it("[S8] the deadline of the handshake ends with the handshake", async () => {
    const target = await startTarget({ handshakeTimeoutMs: 200 });
    const peer = rawKeeper(target.port, 0);
    await until(() => isWelcome(peer), "the keeper to be welcome");
    const idle = rawTcp(target.port);
    await until(() => idle.isClosed, "a connection that came later to reach its deadline");
    expect([peer.isClosed, isConnected(target.transport, keeperId(0))]).toEqual([false, true]);
  });

  it("[S8] a flood of idle connections occupies a bounded number and does not keep a keeper out", async () => {
    const target = await startTarget({ unprovenPerAddressMax: 4, unprovenMax: 8 });
    const peers = Array.from({ length: 30 }, () => rawTcp(target.port));
    await until(() => peers.filter((peer) => !peer.isClosed).length <= 4, "all but four to be closed");
    await expectUnharmed(target);
  });

  it("[S8] survives connections that are reset in the middle of the handshake", async () => {
    const target = await startTarget();
    const { secureContext } = createIdentity(keeperId(0), NETWORK, keyOf(0));
    const peers = Array.from({ length: 20 }, (_, n) => {
      const peer = rawTcp(target.port);
      const socket = connectTls({ socket: peer.socket, secureContext, rejectUnauthorized: false });
      socket.on("error", () => undefined);
      const reset = (): void => void peer.socket.resetAndDestroy();
      if (n % 2 === 0) peer.socket.once("connect", () => setImmediate(reset));
      else socket.once("secureConnect", reset);
      return peer;
    });
    await until(() => peers.every((peer) => peer.isClosed), "all to be gone");
    await expectUnharmed(target);
  });
});

describe("TLS transport: starting and closing", () => {
  it("[S9] says portTaken when another process listens there", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    opened.push(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const outcome = await create(0, { listen: { host: HOST, port } }).start();
    expect(outcome).toEqual({ ok: false, error: { code: "portTaken", host: HOST, port } });
  });

  it("[S9] says badAddress for a host that is not of this machine", async () => {
    const outcome = await create(0, { listen: { host: "192.0.2.1", port: 0 } }).start();
    expect(outcome).toEqual({ ok: false, error: { code: "badAddress", host: "192.0.2.1", port: 0 } });
  });

  it.each([
    ["a seed of the wrong length", { seed: new Uint8Array(31) }, "badKey"],
    ["a key of the wrong length", { peers: [{ ...entry(1), publicKey: new Uint8Array(33) }] }, "badKey"],
    ["a seed that does not fit the own entry", { peers: [{ ...entry(0), publicKey: keyOf(1).publicKey }] }, "badKey"],
    ["a port to listen on that is none", { listen: { host: HOST, port: 65_536 } }, "badAddress"],
    ["a peer's port that is none", { peers: [entry(1, -1)] }, "badPeers"],
    ["a peer listed twice", { peers: [entry(1), entry(1)] }, "badPeers"],
    ["two peers with one key", { peers: [entry(1), { ...entry(2), publicKey: keyOf(1).publicKey }] }, "badPeers"],
    ["a peer with the own key", { peers: [{ ...entry(2), publicKey: keyOf(0).publicKey }] }, "badPeers"],
    ["more peers than allowed", { peers: [entry(1), entry(2)], limits: { peersMax: 1 } }, "badPeers"],
  ] as const)("[S9] refuses to start with %s", async (_what, options, code) => {
    expect(await create(0, options).start()).toMatchObject({ ok: false, error: { code } });
  });

  it("[S10] keeps dialling a peer that is not there yet", async () => {
    const probe = await start(1);
    await probe.transport.close();
    const limits = { redialFirstMs: 5, redialMaxMs: 20 };
    const { transport } = await start(0, { peers: [entry(1, probe.port)], limits });
    await until(() => statusOf(transport, keeperId(1)).lastFailure === "socketFailed", "an attempt to fail");
    const late = await start(1, { peers: [entry(0)], listen: { host: HOST, port: probe.port } });
    await until(() => allConnected([transport, late.transport]), "both to meet");
  });

  it("[S10] can be closed before, while and after starting, and while dialling", async () => {
    await create(0).close();
    const starting = create(1, { peers: [entry(2)] });
    const started = starting.start();
    await starting.close();
    await started;
    expect(starting.address).toBeNull();
    const { transport } = await start(3, { peers: [entry(4)] });
    await transport.close();
    expect(transport.address).toBeNull();
  });

  it("[S10] closes although a keeper does not read", async () => {
    const target = await startTarget({ closeTimeoutMs: 50 });
    const peer = rawKeeper(target.port, 0);
    await until(() => isWelcome(peer), "the keeper to be welcome");
    peer.socket.pause();
    for (let n = 0; n < 7; n += 1)
      target.transport.send(keeperId(0), new Uint8Array(8 * 1024 * 1024), { priority: "bulk" });
    await sleep(50);
    await target.transport.close();
    expect(target.recorder.told.at(-1)).toEqual({ type: "disconnected", peer: keeperId(0), reason: "closing" });
  });
});

describe("TLS transport: fault drills", () => {
  it("[S11] meets an unreachable peer only when it is reachable again, whichever of the two dials", async () => {
    const harness = await openTls({ keepers: 3 });
    const [a, b, c] = harness.transports as [TlsTransport, TlsTransport, TlsTransport];
    await until(() => allConnected(harness.transports), "all to meet");
    const atB = new Recorder(b);
    b.setUnreachable(new Set([a.self, c.self]));
    expect(atB.told).toEqual([
      { type: "disconnected", peer: a.self, reason: "partitioned" },
      { type: "disconnected", peer: c.self, reason: "partitioned" },
    ]);
    // It alone knows, as when the others are told later: they dial and listen in vain.
    await until(() => !isConnected(a, b.self) && !isConnected(c, b.self), "the others to notice");
    await sleep(150);
    expect(b.peers().map(({ state }) => state)).toEqual(["disconnected", "disconnected"]);
    expect(isConnected(a, c.self)).toBe(true);
    b.setUnreachable(new Set());
    await until(() => allConnected(harness.transports), "all to meet again");
  });
});
