import { formatSocketAddress } from "./socketAddress.js";
import type { NodeConfig, PeerConfig, SocketAddress } from "./nodeConfig.js";

/** What a new `node.yaml` says. */
export interface NodeConfigTextOptions {
  /** Relative to the file. */
  readonly genesis: string;
  readonly listen: { readonly keeper: SocketAddress; readonly api: SocketAddress };
  readonly peers: readonly PeerConfig[];
  readonly logFormat: NodeConfig["log"]["format"];
}

/** node.yaml as `parseNodeConfig` reads it, with a word on each value. */
export function nodeConfigText({ genesis, listen, peers, logFormat }: NodeConfigTextOptions): string {
  const lines = [
    "# One keeper of a Sealwright network. Relative paths start at this file.",
    "# Every value can be set from outside too: listen.api is SEALWRIGHT_LISTEN_API.",
    "dataDir: ./data",
    `genesis: ${JSON.stringify(genesis)}`,
    "keys:",
    "  bls: ./keys/bls.json",
    "  transport: ./keys/transport.json",
    "  passwordFile: ./keys/password.txt",
    '# signer: { url: "http://127.0.0.1:6732" } # a signing service holds the BLS key; it is not read here then',
    "listen:",
    `  keeper: ${JSON.stringify(formatSocketAddress(listen.keeper))} # other keepers connect here`,
    `  api: ${JSON.stringify(formatSocketAddress(listen.api))} # clients connect here`,
    peers.length === 0 ? "peers: []" : "peers: # the other keepers; their keys come from the genesis document",
    ...peers.flatMap(({ id, address, api }) => [
      `  - id: ${id}`,
      `    address: ${JSON.stringify(formatSocketAddress(address))}`,
      ...(api === null ? [] : [`    api: ${JSON.stringify(api)} # clients that look for this keeper are sent there`]),
    ]),
    "retention:",
    "  finalBlocks: 20000 # per thread; older ones are pruned",
    "log:",
    "  level: info # debug, info, warn or error",
    `  format: ${logFormat} # json or pretty`,
  ];
  return `${lines.join("\n")}\n`;
}
