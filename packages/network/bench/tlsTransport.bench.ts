// How many frames and bytes a second does one keeper get across to another, and how long is the way there and back?
// Last answer (November 2026, Node 20.20, 2 cores of a Zen 4, loopback), idle machine / with other work on both cores:
// 100 B 1.7 / 1.0 M frames/s; 1 KiB 1.0 / 0.36 M frames/s; 1 MiB 1.8 / 0.6 GB/s; there and back 0.04-0.08 ms median.
// Run: npx tsx packages/network/bench/tlsTransport.bench.ts
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  assert,
  type Clock,
  type KeeperId,
  type NetworkId,
  type Random,
  silentLogger,
  unixMs,
} from "@sealwright/types";
import { generateTransportKey, TlsTransport, type TransportPeer } from "../src/index.js";

const HOST = "127.0.0.1";
const clock: Clock = {
  nowMs: () => unixMs(Date.now()),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
const random: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const keeperId = (number: number): KeeperId => String(number).padStart(64, "0") as KeeperId;
/** Both processes must know both keys: fixed seeds do. */
const keyOf = (number: number) => generateTransportKey({ bytes: (count) => new Uint8Array(count).fill(number) });
const entry = (number: number, port: number): TransportPeer => ({
  id: keeperId(number),
  publicKey: keyOf(number).publicKey,
  host: HOST,
  port,
});
const open = (number: number, peers: readonly TransportPeer[]): TlsTransport =>
  new TlsTransport(
    {
      self: keeperId(number),
      networkId: "0".repeat(64) as NetworkId,
      seed: keyOf(number).seed,
      listen: { host: HOST, port: 0 },
      peers,
    },
    { clock, random, logger: silentLogger },
  );

/** Counts frames; answers one of 1 byte with the count, one of 2 bytes with itself. */
async function receive(): Promise<void> {
  const transport = open(2, [entry(1, 1)]);
  let count = 0;
  transport.on({
    message: (from, frame) => {
      if (frame.length === 2) transport.send(from, frame);
      else if (frame.length > 2) count += 1;
      else {
        transport.send(from, new Uint8Array(new Float64Array([count]).buffer));
        count = 0;
      }
    },
  });
  await transport.start();
  assert(process.send !== undefined && transport.address !== null, "a forked process that listens");
  process.send(transport.address.port);
  process.on("disconnect", () => void transport.close());
}

async function measure(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ["receive"]);
  const port = await new Promise<number>((resolve) => child.once("message", resolve));
  const transport = open(1, [entry(2, port)]);
  const to = keeperId(2);
  const connected = new Promise((resolve) => transport.on({ connected: resolve }));
  let answered: (frame: Uint8Array) => void = () => undefined;
  transport.on({ message: (_from, frame) => answered(frame) });
  await transport.start();
  await connected;
  for (const [bytes, total] of [
    [100, 1_000_000],
    [1 << 10, 600_000],
    [1 << 20, 2_000],
    [8 << 20, 200],
  ] as const) {
    const seconds = await flood(transport, to, random.bytes(bytes), total, (resolve) => (answered = resolve));
    const [rate, megabytes] = [total / seconds, (total * bytes) / seconds / 1e6];
    console.log(`${bytes} bytes: ${Math.round(rate)} frames/s, ${Math.round(megabytes)} MB/s`);
  }
  const waitsMs: number[] = [];
  for (let n = 0; n < 5_000; n += 1) {
    const startMs = performance.now();
    await new Promise<Uint8Array>((resolve) => {
      answered = resolve;
      transport.send(to, new Uint8Array(2));
    });
    waitsMs.push(performance.now() - startMs);
  }
  waitsMs.sort((a, b) => a - b);
  console.log(`there and back: median ${waitsMs[2_500]!.toFixed(3)} ms, 99 % within ${waitsMs[4_950]!.toFixed(3)} ms`);
  await transport.close();
  child.disconnect();
}

async function flood(
  transport: TlsTransport,
  to: KeeperId,
  frame: Uint8Array,
  total: number,
  onAnswer: (resolve: (answer: Uint8Array) => void) => void,
): Promise<number> {
  const startMs = performance.now();
  for (let sent = 0; sent < total; await nextTurn()) {
    for (let burst = 0; burst < 1_000 && sent < total && transport.send(to, frame) === "sent"; burst += 1) sent += 1;
  }
  const answer = new Promise<Uint8Array>(onAnswer);
  while (transport.send(to, new Uint8Array(1)) !== "sent") await nextTurn();
  const counted = new Float64Array((await answer).slice().buffer)[0];
  if (counted !== total) throw new Error(`sent ${total}, counted ${counted}`);
  return (performance.now() - startMs) / 1_000;
}

await (process.argv[2] === "receive" ? receive() : measure());
