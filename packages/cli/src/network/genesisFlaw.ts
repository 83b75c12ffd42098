import { type Genesis, type GenesisError, genesisToJson, keeperIdOf, parseGenesis } from "@sealwright/consensus";
import { type AccountId, toHex } from "@sealwright/types";

/** What decides a genesis document, before any key is made. */
export interface PlannedGenesis extends Omit<Genesis, "keepers" | "accounts"> {
  readonly keepers: number;
  readonly accounts: number;
  /** Of each account. */
  readonly balance: bigint;
}

/** @returns what no node would take in a document of such a network; null when it is good */
export function genesisFlaw({ keepers, accounts, balance, ...rest }: PlannedGenesis): GenesisError | null {
  const genesis: Genesis = {
    ...rest,
    keepers: Array.from({ length: keepers }, (_, i) => placeholderKeeper(i)),
    accounts: Array.from({ length: accounts }, (_, i) => ({ id: toHex(numbered(i, 32)) as AccountId, balance })),
  };
  const parsed = parseGenesis(JSON.parse(JSON.stringify(genesisToJson(genesis))), () => true);
  return parsed.ok ? null : parsed.error;
}

/** Keys that nobody has: the real ones take about a second each. */
function placeholderKeeper(index: number): Genesis["keepers"][number] {
  const blsPublicKey = numbered(index, 48);
  return {
    id: keeperIdOf(blsPublicKey),
    blsPublicKey,
    proofOfPossession: numbered(index, 96),
    transportPublicKey: numbered(index, 32),
  };
}

function numbered(index: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32BE(index, length - 4);
  return bytes;
}
