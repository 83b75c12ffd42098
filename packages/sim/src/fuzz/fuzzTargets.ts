import { forgeReaders } from "@sealwright/forge/testing";
import { networkReaders } from "@sealwright/network/testing";
import type { FuzzSource } from "./fuzzSource.js";
import type { FuzzTarget } from "./fuzzTarget.js";
import { apiTargets } from "./targets/apiTargets.js";
import { chainTargets } from "./targets/chainTargets.js";
import { executionTargets } from "./targets/executionTargets.js";
import { tezosTargets } from "./targets/tezosTargets.js";

/** Every decoder that meets bytes of others. */
export function fuzzTargets(source: FuzzSource): readonly FuzzTarget[] {
  return [
    ...chainTargets(source),
    ...executionTargets(source),
    ...apiTargets(source),
    ...networkReaders(),
    ...forgeReaders(),
    ...tezosTargets(),
  ];
}
