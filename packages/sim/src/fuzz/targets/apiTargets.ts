import { decodeMessageBatch, encodeMessageBatch, parseEventCursor } from "@sealwright/api";
import { clientReaders } from "@sealwright/api/testing";
import { genesisToJson, parseGenesis } from "@sealwright/consensus";
import { bocOfEnvelope } from "@sealwright/execution";
import type { FuzzSource } from "../fuzzSource.js";
import type { FuzzTarget } from "../fuzzTarget.js";
import { walletOrders } from "./executionTargets.js";
import { jsonOf, textOf } from "./texts.js";

/** What clients and operators hand in. */
export function apiTargets(source: FuzzSource): readonly FuzzTarget[] {
  const { blocks } = source;
  const { genesis } = source.genesis;
  const externals = blocks.flatMap(({ body }) => body.externals);
  return [
    ...clientReaders(walletOrders(source).map(bocOfEnvelope)),
    {
      name: "messageBatch",
      decode: (bytes) => decodeMessageBatch(bytes).ok,
      seeds: [encodeMessageBatch([Uint8Array.of(1, 2, 3)]), encodeMessageBatch([new Uint8Array(), ...externals])],
    },
    {
      name: "eventCursor",
      decode: (bytes) => parseEventCursor(textOf(bytes)) !== null,
      seeds: ["1.2", "0.0", "999999999999999.123456789012345"].map((text) => Buffer.from(text)),
    },
    {
      name: "genesisDocument",
      decode: (bytes) => {
        const json = jsonOf(bytes);
        return json !== undefined && parseGenesis(json, () => true).ok;
      },
      seeds: [Buffer.from(JSON.stringify(genesisToJson(genesis)))],
    },
  ];
}
