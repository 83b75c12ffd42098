import { randomBytes } from "node:crypto";
import { Ed25519SecretKey } from "@sealwright/crypto";
import { createStoreMessage, createTransfer } from "@sealwright/execution";
import { type AccountId, assert, fromHex, type NetworkId, type UnixMs, unwrap } from "@sealwright/types";
import type { MessageSource } from "./loadMessage.js";
import type { LoadAccount, LoadWork } from "./loadPlan.js";
import { walletSource } from "./walletSource.js";

/** Messages that do not depend on each other: each leaves as it was signed. */
function independent(sign: (expiresAtMs: UnixMs) => Uint8Array): MessageSource {
  return {
    next: (expiresAtMs) => ({ bytes: sign(expiresAtMs), expiresAtMs, turn: null }),
    due: (ahead) => ahead,
    ended: () => undefined,
    lost: () => [],
    found: () => undefined,
  };
}

export function createMessageSource(networkId: NetworkId, work: LoadWork): MessageSource {
  switch (work.type) {
    case "transfers":
      return transferSource(networkId, work.accounts, BigInt(work.amount));
    case "wallets":
      return walletSource(networkId, work);
    case "store":
      return storeSource(networkId, work.payloadBytes);
  }
}

interface Sender {
  readonly id: AccountId;
  readonly key: Ed25519SecretKey;
  nonce: bigint;
}

/** Senders take turns, threads first; every second turn of a thread goes to another thread. */
function transferSource(networkId: NetworkId, accounts: readonly LoadAccount[], amount: bigint): MessageSource {
  const threads = senderGroupsOf(accounts);
  let count = 0;
  return independent((expiresAtMs) => {
    const turn = Math.floor(count / threads.length);
    const from = count % threads.length;
    const to =
      turn % 2 === 0 ? from : (from + 1 + (Math.floor(turn / 2) % Math.max(1, threads.length - 1))) % threads.length;
    count++;
    const sender = threads[from]![turn % threads[from]!.length]!;
    const receivers = threads[to]!;
    const receiver = receivers[(turn * 7 + 3) % receivers.length]!;
    return createTransfer({
      networkId,
      key: sender.key,
      to: receiver.id,
      amount,
      nonce: sender.nonce++,
      expiresAtMs,
    });
  });
}

function senderGroupsOf(accounts: readonly LoadAccount[]): Sender[][] {
  assert(accounts.length > 0, "transfers need accounts");
  const groups = new Map<number, Sender[]>();
  for (const { id, thread, seed, nonce } of accounts) {
    const key = unwrap(Ed25519SecretKey.fromSeed(fromHex(seed)!));
    const group = groups.get(thread) ?? [];
    group.push({ id: id as AccountId, key, nonce: BigInt(nonce) });
    groups.set(thread, group);
  }
  return [...groups.values()];
}

function storeSource(networkId: NetworkId, payloadBytes: number): MessageSource {
  assert(payloadBytes >= 48, "a payload has room for what makes it unique");
  let count = 0;
  return independent((expiresAtMs) => {
    const payload = Buffer.alloc(payloadBytes);
    randomBytes(32).copy(payload);
    payload.writeUInt32BE(count++, 32);
    const account = payload.toString("hex", 0, 32) as AccountId;
    return createStoreMessage({ networkId, account, payload, expiresAtMs });
  });
}
