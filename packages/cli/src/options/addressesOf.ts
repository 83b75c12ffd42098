import { parseSocketAddress, type SocketAddress } from "@sealwright/node";
import { CliError } from "../cliError.js";
import { EXIT } from "../exitCodes.js";

export interface NetworkPlaces {
  readonly nodes: number;
  /** One for all or one each, commas between; this machine when left out. */
  readonly hosts?: string;
  readonly keeperPort: number;
  readonly apiPort: number;
}

const PORT_MAX = 65_535;

/** One host for all: ports count up. One host per keeper: all have the same ports. */
export function addressesOf({
  nodes,
  hosts,
  keeperPort,
  apiPort,
}: NetworkPlaces): { keeper: SocketAddress; api: SocketAddress }[] {
  const list = hosts?.split(",").map((host) => host.trim()) ?? ["127.0.0.1"];
  if (list.length !== 1 && list.length !== nodes) {
    throw new CliError(
      EXIT.usage,
      "badHosts",
      `--hosts names ${list.length} hosts for ${nodes} keepers`,
      "allowed: one for all, or one each",
    );
  }
  checkPorts(list.length === 1 ? nodes : 1, keeperPort, apiPort);
  return Array.from({ length: nodes }, (_, i) => {
    const host = checkedHost(list.length === 1 ? list[0]! : list[i]!);
    const step = list.length === 1 ? i : 0;
    return { keeper: { host, port: keeperPort + step }, api: { host, port: apiPort + step } };
  });
}

/** Two listeners at one address: the second keeper or API would not start, on a machine that may not be this one. */
function checkPorts(perHost: number, keeperPort: number, apiPort: number): void {
  const last = Math.max(keeperPort, apiPort) + perHost - 1;
  const overlap = Math.abs(keeperPort - apiPort) < perHost;
  if (!overlap && last <= PORT_MAX) return;
  const why = overlap ? "some would be used twice" : `they end at ${last}, above ${PORT_MAX}`;
  const ranges = `ports from ${keeperPort} for keepers and from ${apiPort} for APIs, ${perHost} each on one host`;
  const advice = `set --keeper-port and --api-port at least ${perHost} apart, or name a host per keeper with --hosts`;
  throw new CliError(EXIT.usage, "badPorts", `${ranges}: ${why}`, advice);
}

function checkedHost(host: string): string {
  const parsed = parseSocketAddress(host.includes(":") ? `[${host}]:1` : `${host}:1`);
  if (parsed !== null) return parsed.host;
  throw new CliError(
    EXIT.usage,
    "badHosts",
    `${JSON.stringify(host)} is no host`,
    "allowed: names or addresses, commas between",
  );
}
