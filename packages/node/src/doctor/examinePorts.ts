import { connect, createServer } from "node:net";
import type { NodeConfig, SocketAddress } from "../config/nodeConfig.js";
import { formatSocketAddress } from "../config/socketAddress.js";
import { type Finding, fine, finding } from "./finding.js";

const CONNECT_MS_MAX = 2_000;

/**
 * Whether the node can listen where it is told to. While it runs, its own ports are taken, by itself.
 * @param isRunning this very keeper answers at its API
 */
export async function examinePorts({ listen }: NodeConfig, isRunning: boolean): Promise<readonly Finding[]> {
  return [
    await examinePort("ports.keeper", listen.keeper, isRunning, "listen.keeper"),
    await examinePort("ports.api", listen.api, isRunning, "listen.api"),
  ];
}

async function examinePort(name: string, address: SocketAddress, isRunning: boolean, field: string): Promise<Finding> {
  const where = formatSocketAddress(address);
  if (isRunning) return fine(name, `this keeper listens at ${where}`);
  const code = await bindFailure(address);
  switch (code) {
    case null:
      return fine(name, `${where} is free`);
    case "EADDRINUSE":
      return finding(name, "fail", `another program listens at ${where}`, `end it, or change '${field}'`);
    case "EACCES":
      return finding(name, "fail", `this user may not listen at ${where}`, `choose a port above 1023 in '${field}'`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return finding(name, "fail", `this machine has no address ${where}`, `correct '${field}'`);
    default:
      return finding(name, "fail", `cannot listen at ${where} (${code})`, `look into '${field}'`);
  }
}

/** Listens for a moment, which is the only way to know. */
function bindFailure({ host, port }: SocketAddress): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** @param quorum of the keepers, this one included; null when genesis cannot be read */
export async function examinePeers({ peers }: NodeConfig, quorum: number | null): Promise<Finding> {
  const name = "peers.reachable";
  if (peers.length === 0) return fine(name, "a network of one keeper");
  const answers = await Promise.all(peers.map(({ address }) => canConnect(address)));
  const reached = answers.filter((is) => is).length;
  const found = `${reached} of ${peers.length} other keepers take connections`;
  const needed = quorum === null ? peers.length : quorum - 1;
  if (reached >= needed) return fine(name, found);
  const unreached = peers.filter((_, i) => answers[i] === false).map(({ address }) => formatSocketAddress(address));
  const advice = `without ${needed} of them nothing becomes final; check addresses and firewalls of ${unreached.join(", ")}`;
  return finding(name, "warn", found, advice);
}

function canConnect({ host, port }: SocketAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS_MAX });
    const end = (isReached: boolean): void => {
      socket.destroy();
      resolve(isReached);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
