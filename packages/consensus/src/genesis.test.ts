import { verifyPossession } from "@sealwright/crypto";
import { type AccountId, decodeSealedBlock, toHex, unixMs, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { type Genesis, genesisBlock, genesisFacts, genesisThreads, networkIdOf } from "./genesis.js";
import { genesisToJson, parseGenesis } from "./genesisDocument.js";
import { createSigningKeepers, createTestNetwork } from "./testing/index.js";

const keepers = createSigningKeepers(3).map(({ id, blsPublicKey, transportPublicKey, proofOfPossession }) => ({
  id,
  blsPublicKey,
  transportPublicKey,
  proofOfPossession,
}));
const { genesis } = createTestNetwork(keepers);
type Json = Record<string, unknown> & {
  settings: Record<string, unknown>;
  keepers: Record<string, unknown>[];
  accounts: Record<string, unknown>[];
};
const json = (): Json => JSON.parse(JSON.stringify(genesisToJson(genesis))) as Json;
const parse = (document: unknown): unknown => {
  const parsed = parseGenesis(document, verifyPossession);
  return parsed.ok ? parsed.value : parsed.error;
};

describe("a genesis document", () => {
  it("comes back as it was written", () => {
    expect(parse(json())).toEqual(genesis);
  });

  it("may name an engine of its own", () => {
    const document = { ...json(), executor: "custom:counter-2" };
    expect(parse(document)).toEqual({ ...genesis, executor: "custom:counter-2" });
  });

  const first = (): Record<string, unknown> => json().keepers[0]!;
  const engines = '"ledger", "tvm", or "custom:" and a name';
  const hexKey = "64 lower-case hex digits";
  it.each<[string, unknown, string, (document: Json) => unknown]>([
    ["genesis", "a list of 0", "an object", () => []],
    ["genesis", null, "an object", () => null],
    ["threds", 2, "only the keys", (d) => ({ ...d, threds: 2 })],
    ["sealwright", 2, "1 (the version of this format)", (d) => ({ ...d, sealwright: 2 })],
    ["executor", "evm", engines, (d) => ({ ...d, executor: "evm" })],
    ["executor", "custom:", engines, (d) => ({ ...d, executor: "custom:" })],
    ["executor", "custom:My Engine", engines, (d) => ({ ...d, executor: "custom:My Engine" })],
    ["name", "", "1 to 64 printable", (d) => ({ ...d, name: "" })],
    ["name", "x".repeat(200), "1 to 64 printable", (d) => ({ ...d, name: "x".repeat(5_000) })],
    ["name", "a\nb", "1 to 64 printable", (d) => ({ ...d, name: "a\nb" })],
    ["name", "\ud800", "1 to 64 printable", (d) => ({ ...d, name: "\ud800" })],
    ["name", "an object", "1 to 64 printable", (d) => ({ ...d, name: {} })],
    ["createdAtMs", -1, "a whole number from 0 to", (d) => ({ ...d, createdAtMs: -1 })],
    ["createdAtMs", 0.5, "a whole number from 0 to", (d) => ({ ...d, createdAtMs: 0.5 })],
    ["transferFee", 1, "a decimal text", (d) => ({ ...d, transferFee: 1 })],
    ["transferFee", "-1", "a decimal text", (d) => ({ ...d, transferFee: "-1" })],
    ["transferFee", "01", "a decimal text", (d) => ({ ...d, transferFee: "01" })],
    ["transferFee", "9".repeat(20), "a decimal text", (d) => ({ ...d, transferFee: "9".repeat(20) })],
    ["threads", 0, "a whole number from 1 to 256", (d) => ({ ...d, threads: 0 })],
    ["threads", 257, "a whole number from 1 to 256", (d) => ({ ...d, threads: 257 })],
    ["threads", "2", "a whole number from 1 to 256", (d) => ({ ...d, threads: "2" })],
    ["settings", undefined, "an object", ({ settings: _, ...d }) => d],
    ["settings.pace", 1, "only the keys", (d) => ({ ...d, settings: { ...d.settings, pace: 1 } })],
    [
      "settings.productionTimeoutMs",
      9,
      "10 to 500",
      (d) => ({ ...d, settings: { ...d.settings, productionTimeoutMs: 9 } }),
    ],
    // [S1] An idle thread with less would switch its producer again and again.
    [
      "settings.productionTimeoutMs",
      501,
      "10 to 500",
      (d) => ({ ...d, settings: { ...d.settings, productionTimeoutMs: 501 } }),
    ],
    [
      "settings.minBlockIntervalMs",
      0,
      "1 to 330",
      (d) => ({ ...d, settings: { ...d.settings, minBlockIntervalMs: 0 } }),
    ],
    [
      "settings.minBlockIntervalMs",
      331,
      "1 to 330",
      (d) => ({ ...d, settings: { ...d.settings, minBlockIntervalMs: 331 } }),
    ],
    [
      "settings.gasPerBlockMax",
      "0",
      "more than 0",
      (d) => ({ ...d, settings: { ...d.settings, gasPerBlockMax: "0" } }),
    ],
    [
      "settings.externalsPerBlockMax",
      20_001,
      "1 to 20000",
      (d) => ({ ...d, settings: { ...d.settings, externalsPerBlockMax: 20_001 } }),
    ],
    [
      "settings.timeAheadMaxMs",
      null,
      "1 to 60000",
      (d) => ({ ...d, settings: { ...d.settings, timeAheadMaxMs: null } }),
    ],
    [
      "settings.shareStateEvery",
      199,
      "200 to 1000000000",
      (d) => ({ ...d, settings: { ...d.settings, shareStateEvery: 199 } }),
    ],
    [
      "settings.verification",
      "some",
      '"all" or an object',
      (d) => ({ ...d, settings: { ...d.settings, verification: "some" } }),
    ],
    [
      "settings.verification.lottery.verifyWindowMs",
      501,
      "1 to 500",
      (d) => ({ ...d, settings: { ...d.settings, verification: { lottery: { verifyWindowMs: 501 } } } }),
    ],
    [
      "settings.verification",
      "an object",
      '"all" with 3 keepers',
      (d) => ({ ...d, settings: { ...d.settings, verification: { lottery: { verifyWindowMs: 200 } } } }),
    ],
    ["keepers", "a list of 0", "a list of 1 to 1024 entries", (d) => ({ ...d, keepers: [] })],
    [
      "keepers",
      "a list of 1025",
      "a list of 1 to 1024 entries",
      (d) => ({ ...d, keepers: Array(1_025).fill(first()) }),
    ],
    ["keepers[1]", "x", "an object", (d) => ({ ...d, keepers: [first(), "x"] })],
    ["keepers[0].stake", 1, "only the keys", (d) => ({ ...d, keepers: [{ ...first(), stake: 1 }] })],
    ["keepers[0].blsPublicKey", "00", "48 bytes", (d) => ({ ...d, keepers: [{ ...first(), blsPublicKey: "00" }] })],
    [
      "keepers[0].proofOfPossession",
      "zz",
      "96 bytes",
      (d) => ({ ...d, keepers: [{ ...first(), proofOfPossession: "zz" }] }),
    ],
    [
      "keepers[0].transportPublicKey",
      7,
      "32 bytes",
      (d) => ({ ...d, keepers: [{ ...first(), transportPublicKey: 7 }] }),
    ],
    [
      "keepers[1].blsPublicKey",
      toHex(keepers[0]!.blsPublicKey),
      "no keeper before it",
      (d) => ({ ...d, keepers: [first(), { ...first(), transportPublicKey: "00".repeat(32) }] }),
    ],
    [
      "keepers[1].transportPublicKey",
      toHex(keepers[0]!.transportPublicKey),
      "no keeper before it",
      (d) => ({ ...d, keepers: [first(), { ...d.keepers[1], transportPublicKey: first()["transportPublicKey"] }] }),
    ],
    ["accounts", "an object", "a list of 0 to 1000000", (d) => ({ ...d, accounts: {} })],
    ["accounts[0].id", "0A".repeat(32), hexKey, (d) => ({ ...d, accounts: [{ id: "0A".repeat(32), balance: "1" }] })],
    ["accounts[0].id", undefined, hexKey, (d) => ({ ...d, accounts: [{ balance: "1" }] })],
    ["accounts[0].balance", 5, "a decimal text", (d) => ({ ...d, accounts: [{ id: "0a".repeat(32), balance: 5 }] })],
    [
      "accounts[1].id",
      "0a".repeat(32),
      "no account before it",
      (d) => ({ ...d, accounts: [d.accounts[0], d.accounts[0]] }),
    ],
    [
      "accounts[1].balance",
      "9".repeat(19),
      "at most 18446744073709551615",
      (d) => ({
        ...d,
        accounts: [
          { id: "0a".repeat(32), balance: "9".repeat(19) },
          { id: "0b".repeat(32), balance: "9".repeat(19) },
        ],
      }),
    ],
  ])("with a wrong %s (%s) is refused with what is allowed there", (path, value, allowed, change) => {
    expect(parse(change(json()))).toEqual({
      code: "badGenesis",
      path,
      value,
      allowed: expect.stringContaining(allowed) as string,
    });
  });

  it("[§3] refuses a key whose proof of possession is another key's", () => {
    const document = json();
    const proofOfPossession = document.keepers[1]!["proofOfPossession"];
    const changed = { ...document, keepers: [{ ...document.keepers[0], proofOfPossession }] };
    expect(parse(changed)).toMatchObject({
      path: "keepers[0].proofOfPossession",
      allowed: "the key's own signature over itself",
    });
  });

  it("lets errors that are not about the document pass", () => {
    const broken = (): boolean => {
      throw new TypeError("our bug");
    };
    expect(() => parseGenesis(json(), broken)).toThrow("our bug");
  });
});

describe("the network id", () => {
  it("[§3] changes with every field of the genesis", () => {
    const [one, two, three] = genesis.keepers as [Genesis["keepers"][0], Genesis["keepers"][0], Genesis["keepers"][0]];
    const { settings } = genesis;
    const account = genesis.accounts[0]!;
    const changed: Genesis[] = [
      { ...genesis, name: "other" },
      { ...genesis, createdAtMs: unixMs(genesis.createdAtMs + 1) },
      { ...genesis, transferFee: 2n },
      { ...genesis, threadCount: 2 },
      ...(
        [
          "productionTimeoutMs",
          "minBlockIntervalMs",
          "externalsPerBlockMax",
          "timeAheadMaxMs",
          "shareStateEvery",
        ] as const
      ).map((name) => ({ ...genesis, settings: { ...settings, [name]: settings[name] + 1 } })),
      { ...genesis, settings: { ...settings, gasPerBlockMax: settings.gasPerBlockMax + 1n } },
      ...[null, 2, 3].map((unsafeVerifiersForTests) => ({
        ...genesis,
        settings: { ...settings, verification: { lottery: { verifyWindowMs: 200, unsafeVerifiersForTests } } },
      })),
      { ...genesis, keepers: [one, two] },
      { ...genesis, keepers: [two, one, three] },
      { ...genesis, keepers: [{ ...one, blsPublicKey: two.blsPublicKey }, two, three] },
      { ...genesis, keepers: [{ ...one, transportPublicKey: new Uint8Array(32) }, two, three] },
      { ...genesis, accounts: [] },
      { ...genesis, accounts: [{ ...account, balance: account.balance + 1n }] },
      { ...genesis, accounts: [{ ...account, id: "0b".repeat(32) as AccountId }] },
    ];
    const ids = [genesis, ...changed].map(networkIdOf);
    expect(new Set(ids).size).toBe(ids.length);
    expect(networkIdOf(parse(json()) as Genesis)).toBe(ids[0]);
  });
});

describe("genesis blocks", () => {
  const networkId = networkIdOf(genesis);
  const two = { ...genesis, threadCount: 2 };

  it("[§2] are the same for everybody, and differ by network, thread and state", () => {
    const threads = genesisThreads(two, networkIdOf(two));
    const ids = threads.map(({ threadId }) => genesisBlock(two, threadId, new Uint8Array(32)).id);
    const others = [
      genesisBlock(two, threads[0]!.threadId, new Uint8Array(32).fill(1)).id,
      genesisBlock(genesis, threads[0]!.threadId, new Uint8Array(32)).id,
    ];
    expect(new Set([...ids, ...others]).size).toBe(4);
    expect(genesisBlock({ ...two }, threads[0]!.threadId, new Uint8Array(32)).id).toBe(ids[0]);
  });

  it("are blocks like others to the codec, and the start of all facts", () => {
    const { threadId } = genesisThreads(genesis, networkId)[0]!;
    const block = genesisBlock(genesis, threadId, new Uint8Array(32));
    expect(unwrap(decodeSealedBlock(block.bytes))).toEqual(block);
    const facts = genesisFacts(block);
    expect(facts).toMatchObject({
      id: block.id,
      envelopeHash: block.envelopeHash,
      threadId,
      height: 0n,
      seqNo: 0n,
      term: 0n,
    });
    expect(facts).toMatchObject({
      beta: 3,
      window: Array(15).fill(3),
      pending: [],
      carried: null,
      timeMs: genesis.createdAtMs,
    });
  });
});
