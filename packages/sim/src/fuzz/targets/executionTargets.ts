import {
  bocOfEnvelope,
  createStoreMessage,
  createTransfer,
  decodeAccountProof,
  decodeTransactionDetail,
  encodeAccountProof,
  parseAnyExternal,
  parseExternal,
  parseLedgerMessage,
  parseTvmMessage,
  readCell,
} from "@sealwright/execution";
import { assert, concatBytes, equalBytes, idBytes, merkleProof, unixMs } from "@sealwright/types";
import { START_UNIX_MS } from "../../world/simGenesis.js";
import { createWalletOrder } from "../../world/simWallet.js";
import type { FuzzSource } from "../fuzzSource.js";
import type { FuzzTarget } from "../fuzzTarget.js";

const SIBLINGS = 3;

/** Messages of clients, and what light clients are shown. */
export function executionTargets(source: FuzzSource): readonly FuzzTarget[] {
  const { networkId } = source.genesis;
  const orders = walletOrders(source);
  const bags = orders.map(bocOfEnvelope);
  return [
    {
      name: "ledgerMessage",
      decode: (bytes) => parseLedgerMessage(networkId, bytes).ok,
      seeds: ledgerMessages(source),
    },
    { name: "tvmMessage", decode: (bytes) => parseTvmMessage(networkId, bytes).ok, seeds: orders },
    { name: "tvmExternal", decode: isExternal, seeds: bags },
    { name: "bagOfCells", decode: (bytes) => readCell(bytes) !== null, seeds: bags },
    {
      name: "transactionDetail",
      decode: (bytes) => decodeTransactionDetail(bytes) !== null,
      seeds: [new Uint8Array(82).fill(1)],
    },
    { name: "accountProof", decode: (bytes) => decodeAccountProof(bytes).ok, seeds: accountProofs(source) },
  ];
}

/** Both ways to read a message see the same in it. */
function isExternal(bytes: Uint8Array): boolean {
  const [fast, slow] = [parseExternal(bytes), parseAnyExternal(bytes)];
  assert(fast.ok === slow.ok, "the fast reader and the thorough one differ");
  if (!fast.ok || !slow.ok) return false;
  assert(fast.value.account === slow.value.account, "the two readers see different accounts");
  assert(equalBytes(fast.value.boc, slow.value.boc), "the two readers see different messages");
  return true;
}

function ledgerMessages({ genesis: { networkId, users } }: FuzzSource): readonly Uint8Array[] {
  const expiresAtMs = unixMs(START_UNIX_MS + 30_000);
  const [from, to] = [users[0]!, users[1]!];
  return [
    createTransfer({ networkId, key: from.key, to: to.id, amount: 5n, nonce: 1n, expiresAtMs }),
    createStoreMessage({ networkId, account: from.id, payload: new Uint8Array(20).fill(7), expiresAtMs }),
    createStoreMessage({ networkId, account: to.id, payload: new Uint8Array(), expiresAtMs }),
  ];
}

/** The first one of a wallet brings its code; one has nothing to do, one as much as it can. */
export function walletOrders({ genesis: { networkId, users } }: FuzzSource): readonly Uint8Array[] {
  const { key } = users[0]!;
  const payment = { to: users[1]!.id, value: 1_000_000n, bounce: true };
  return [0, 1, 2, 4].map((count) =>
    createWalletOrder({
      networkId,
      key,
      seqno: count === 2 ? 0 : 7,
      payments: Array.from({ length: count }, () => payment),
      expiresAtMs: unixMs(START_UNIX_MS + 30_000),
    }),
  );
}

function accountProofs({ genesis: { users }, sample }: FuzzSource): readonly Uint8Array[] {
  const siblings = sample("hash", SIBLINGS);
  const inState = merkleProof(siblings, 1);
  const path = idBytes(users[0]!.id);
  return [
    encodeAccountProof({ end: { type: "found" }, siblings, inState }),
    encodeAccountProof({ end: { type: "empty" }, siblings: [], inState }),
    encodeAccountProof({ end: { type: "other", path, value: concatBytes(path, path) }, siblings, inState }),
  ];
}
