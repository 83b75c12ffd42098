import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { connectionKey, Unproven } from "./unproven.js";

/** As much of a socket as is looked at. */
function fakeSocket(remoteAddress: string | undefined, remotePort: number): Socket {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress,
    remotePort,
    destroyed: false,
    destroy: () => {
      socket.destroyed = true;
      socket.emit("close");
    },
  });
  return socket as unknown as Socket;
}

function open() {
  const clock = new ManualClock();
  const limits = { unprovenMax: 5, unprovenPerAddressMax: 3, handshakeTimeoutMs: 1_000 };
  const unproven = new Unproven(limits, clock);
  const admit = (address: string, count: number): Socket[] =>
    Array.from({ length: count }, (_, port) => {
      const socket = fakeSocket(address, port);
      expect(unproven.admit(socket)).toBe(true);
      return socket;
    });
  return { clock, unproven, admit };
}

const alive = (sockets: readonly Socket[]): boolean[] => sockets.map((socket) => !socket.destroyed);

describe("unproven connections", () => {
  it("[S8] the oldest of an address gives way to a newer one of it", () => {
    const { unproven, admit } = open();
    expect(alive(admit("10.0.0.1", 5))).toEqual([false, false, true, true, true]);
    expect(unproven.size).toBe(3);
  });

  it("[S8] the oldest of all gives way when there are too many in all", () => {
    const { unproven, admit } = open();
    const sockets = [...admit("10.0.0.1", 3), ...admit("10.0.0.2", 3)];
    expect(alive(sockets)).toEqual([false, true, true, true, true, true]);
    expect(unproven.size).toBe(5);
  });

  it("[S8] each is dropped at its deadline, unless it was released", () => {
    const { clock, unproven, admit } = open();
    const [slow, proven] = admit("10.0.0.1", 2) as [Socket, Socket];
    unproven.release(connectionKey(proven));
    clock.advance(1_000);
    expect(alive([slow, proven])).toEqual([false, true]);
    expect(unproven.size).toBe(0);
  });

  it("[S8] one that closes by itself makes room", () => {
    const { unproven, admit } = open();
    const [first] = admit("10.0.0.1", 3) as [Socket, Socket, Socket];
    first.destroy();
    expect(unproven.size).toBe(2);
  });

  it("[S8] does not admit a connection whose other end is gone already", () => {
    const { unproven } = open();
    expect(unproven.admit(fakeSocket(undefined, 1))).toBe(false);
    expect(unproven.size).toBe(0);
  });
});
