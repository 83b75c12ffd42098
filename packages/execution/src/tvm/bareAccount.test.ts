import { beginCell, type ShardAccount, storeShardAccount } from "@ton/core";
import fc from "fast-check";
import { type AccountId, idBytes } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { writeCell } from "./bagOfCells.js";
import { isBareAccount, textWithoutId, withId } from "./bareAccount.js";
import { TvmAccount } from "./tvmAccount.js";
import { addressOf } from "./tvmAddress.js";

const anyId = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex") as AccountId);

const anyBareAccount = fc.record({
  balance: fc.bigInt({ min: 0n, max: 2n ** 120n - 1n }),
  lastPaid: fc.nat(),
  lt: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  isFrozen: fc.boolean(),
});

type Bare = typeof anyBareAccount extends fc.Arbitrary<infer T> ? T : never;

function shardAccount(id: AccountId, { balance, lastPaid, lt, isFrozen }: Bare): ShardAccount {
  return {
    account: {
      addr: addressOf(id),
      storageStats: { used: { cells: 1n, bits: 103n }, storageExtra: null, lastPaid, duePayment: null },
      storage: {
        lastTransLt: lt,
        balance: { coins: balance },
        state: isFrozen ? { type: "frozen", stateHash: 7n } : { type: "uninit" },
      },
    },
    lastTransactionHash: lt,
    lastTransactionLt: lt,
  };
}

const written = (account: ShardAccount): Uint8Array =>
  writeCell(beginCell().store(storeShardAccount(account)).endCell());

describe("accounts without a contract", () => {
  it("are given another id byte for byte as the library would have written it", () => {
    fc.assert(
      fc.property(anyId, anyId, anyBareAccount, (id, other, bare) => {
        const bytes = written(shardAccount(id, bare));
        expect(isBareAccount(bytes)).toBe(true);
        expect(withId(bytes, idBytes(other))).toEqual(written(shardAccount(other, bare)));
        expect(textWithoutId(bytes)).toBe(textWithoutId(written(shardAccount(other, bare))));
      }),
    );
  });

  it("are read the same whether one like them was read before or not", () => {
    fc.assert(
      fc.property(anyId, anyId, anyBareAccount, (id, other, bare) => {
        for (const each of [id, other, id]) {
          const account = TvmAccount.decode(written(shardAccount(each, bare)));
          expect(account?.balance).toBe(bare.balance);
          expect(account?.contract).toBeNull();
        }
      }),
    );
  });

  it("are not believed when a bit beside the id is another one", () => {
    const id = "5a".repeat(32) as AccountId;
    const good = written(shardAccount(id, { balance: 10n ** 9n, lastPaid: 1, lt: 0n, isFrozen: false }));
    expect(TvmAccount.decode(good)).not.toBeNull();
    const reads = (bytes: Uint8Array): string => {
      const account = TvmAccount.decode(bytes);
      return account === null ? "none" : `${account.balance}, ${account.contract === null ? "bare" : "a contract"}`;
    };
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = good.slice();
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      const first = reads(flipped);
      expect(TvmAccount.decode(good)?.balance).toBe(10n ** 9n);
      expect(reads(flipped), `bit ${bit}`).toBe(first);
    }
  });

  it("are told from those with a contract, which hang on more cells", () => {
    const init = { code: beginCell().storeUint(1, 8).endCell(), data: beginCell().storeUint(2, 8).endCell() };
    const account = shardAccount("11".repeat(32) as AccountId, { balance: 5n, lastPaid: 1, lt: 0n, isFrozen: false });
    const active: ShardAccount = {
      ...account,
      account: {
        ...account.account!,
        storage: { ...account.account!.storage, state: { type: "active", state: init } },
      },
    };
    expect(isBareAccount(written(active))).toBe(false);
    expect(TvmAccount.decode(written(active))?.contract?.code?.equals(init.code)).toBe(true);
  });
});
