import { DEFAULT_THREAD_ID, unwrap } from "@sealwright/types";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TezosKeyHash } from "../../keyId.js";
import { planSigning } from "../../requests/forgeRequest.js";
import {
  attestationRequest,
  blockRequest,
  lockRequest,
  TEST_NETWORK,
  testBlockId,
  testKey,
} from "../../testing/requests.js";
import { applyBeacon, NO_BEACON_MARKS } from "../beaconMarks.js";
import type { Claim } from "../marks.js";
import { MemoryWatermarkStore } from "../memoryWatermarkStore.js";
import { NO_TEZOS_MARKS, type TezosMarks } from "../tezosMarks.js";
import { formatEip3076, parseEip3076 } from "./eip3076.js";
import { importMarks } from "./imported.js";
import { exportMarks, parseMarkInterchange } from "./markInterchange.js";
import { formatOctezMarks, octezMarksPath, parseOctezMarks, readOctezMarks, writeOctezMarks } from "./octezMarks.js";
import {
  octezSignerFileKind,
  octezSignerMarksOf,
  parseOctezSignerMarks,
  raiseOctezSignerMarks,
  readOctezSignerMarks,
} from "./octezSignerMarks.js";

const MAINNET = "NetXdQprcVkpaWU";
const SANDBOX = "NetXgtSLGNJvNye";
const TZ1 = "tz1M3kiQUMPcTseo72i1twdiV4iTY5yiGNSz" as TezosKeyHash;
const TZ4 = "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn" as TezosKeyHash;
const ROOT = "04700007fabc8282644aed6d1c7c9e21d38a03a0c4ba193f3afe428824b3a673";

async function said(store: MemoryWatermarkStore, claim: Claim): Promise<string> {
  const answer = await store.guard(claim);
  if (answer.ok) return answer.value.kind;
  return answer.error.kind === "refused" ? answer.error.refusal.code : answer.error.failure.code;
}

function tezosClaim(level: number, round: number, key = TZ1): Claim {
  return {
    scope: { chain: "tezos", chainId: MAINNET, key },
    claim: { type: "block", level, round, digest: "ab".repeat(32), signature: null },
  };
}

const OCTEZ_FILE = `{ "blocks": [ { "delegate": "${TZ1}", "highwatermark": { "round": 3, "level": 1331 } } ],
  "preattestations": [ { "delegate": "${TZ4}", "highwatermark": { "round": 0, "level": 7 } } ],
  "attestations": [ ] }`;

describe("an Octez baker's file", () => {
  it("becomes floors, and comes back as the same file", async () => {
    const imported = unwrap(parseOctezMarks(OCTEZ_FILE, MAINNET));
    const store = new MemoryWatermarkStore();
    expect(unwrap(await importMarks(store, imported))).toBe(2);
    expect([await said(store, tezosClaim(1331, 3)), await said(store, tezosClaim(1331, 4))]).toEqual([
      "previouslySigned",
      "first",
    ]);
    const marks = new Map<TezosKeyHash, TezosMarks>();
    for (const key of [TZ4, TZ1]) {
      const found = unwrap(await store.marksOf({ chain: "tezos", chainId: MAINNET, key }));
      if (found.chain === "tezos") marks.set(key, found.marks);
    }
    expect(JSON.parse(formatOctezMarks(marks))).toEqual({
      blocks: [{ delegate: TZ1, highwatermark: { round: 4, level: 1331 } }],
      preattestations: [{ delegate: TZ4, highwatermark: { round: 0, level: 7 } }],
      attestations: [],
    });
  });

  it("lies where the baker looks for it, and is replaced as a whole", async () => {
    const directory = await mkdtemp(join(tmpdir(), "forge-octez-"));
    expect(octezMarksPath(directory, MAINNET)).toBe(join(directory, "NetXdQprcVkpa_highwatermarks"));
    expect(await readOctezMarks(directory, MAINNET)).toEqual({ ok: true, value: [] });
    const record = { type: "attestation", level: 9, round: 1, digest: null, signature: null } as const;
    await writeOctezMarks(directory, MAINNET, new Map([[TZ1, { ...NO_TEZOS_MARKS, attestation: record }]]));
    const read = unwrap(await readOctezMarks(directory, MAINNET));
    expect(read).toEqual([
      { scope: { chain: "tezos", chainId: MAINNET, key: TZ1 }, records: [{ chain: "tezos", record }] },
    ]);
    expect(await readFile(octezMarksPath(directory, MAINNET), "utf8")).toContain('"delegate"');
    await writeFile(octezMarksPath(directory, MAINNET), "{");
    expect((await readOctezMarks(directory, MAINNET)).ok).toBe(false);
    await rm(directory, { recursive: true });
  });

  it.each([
    ["not json", "{", ""],
    ["a delegate that is no key", OCTEZ_FILE.replace(TZ1, "tz1nobody"), "blocks[0].delegate"],
    ["a negative round", OCTEZ_FILE.replace('"round": 3', '"round": -1'), "blocks[0].highwatermark.round"],
    ["a level beyond 31 bits", OCTEZ_FILE.replace("1331", "2147483648"), "blocks[0].highwatermark.level"],
    ["a section that is no list", '{"blocks": {}}', "blocks"],
    ["a section that it does not know", OCTEZ_FILE.replace("preattestations", "votes"), "votes"],
    [
      "a section under both of its names",
      OCTEZ_FILE.replace('"blocks"', '"endorsements": [], "blocks"'),
      "attestations",
    ],
  ])("is refused as a whole for %s", (_what, text, path) => {
    expect(parseOctezMarks(text, MAINNET)).toMatchObject({ ok: false, error: { code: "badImport", path } });
  });

  it("of an older baker, which calls attestations endorsements, is read whole", () => {
    const older = OCTEZ_FILE.replace("preattestations", "preendorsements").replace("attestations", "endorsements");
    expect(older).toContain('"endorsements"');
    expect(parseOctezMarks(older, MAINNET)).toEqual(parseOctezMarks(OCTEZ_FILE, MAINNET));
  });
});

describe("an Octez remote signer's files", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "forge-octez-signer-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const SIGNED = { hash: "5c".repeat(32), signature: "edsig" };
  const write = (name: string, json: unknown) => writeFile(join(directory, name), JSON.stringify(json));
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(directory, name), "utf8"));
  const record = (type: "block" | "preattestation" | "attestation", level: number, round: number) =>
    ({ chain: "tezos", record: { type, level, round, digest: null, signature: null } }) as const;
  const scope = (key: TezosKeyHash, chainId = MAINNET) => ({ chain: "tezos", chainId, key }) as const;

  it("read an entry without a round as a level that is used up", () => {
    const text = `{"${MAINNET}": {"${TZ1}": {"level": 100, "hash": "00"}, "${TZ4}": {"level": 5, "round": 2, "hash": "00"}}}`;
    const records = unwrap(parseOctezSignerMarks(text, "attestation")).map(({ records }) => records[0]?.record);
    expect(records).toMatchObject([
      { type: "attestation", level: 100, round: 0x7fffffff },
      { type: "attestation", level: 5, round: 2 },
    ]);
  });

  it("[FS19] take the marks of a store, and give the same ones back", async () => {
    const from = new MemoryWatermarkStore();
    const marks = [
      { scope: scope(TZ1), records: [record("block", 1331, 3), record("attestation", 1330, 0)] },
      { scope: scope(TZ4, SANDBOX), records: [record("preattestation", 7, 1), record("attestation", 7, 0)] },
    ];
    unwrap(await importMarks(from, marks));
    const written = unwrap(await raiseOctezSignerMarks(directory, unwrap(await octezSignerMarksOf(from, null))));
    expect(written.map((path) => [basename(path), octezSignerFileKind(basename(path))])).toEqual([
      ["block_high_watermarks", "block"],
      ["preattestation_high_watermarks", "preattestation"],
      ["attestation_high_watermarks", "attestation"],
    ]);
    const hash = "00".repeat(32);
    expect(await read("attestation_high_watermarks")).toEqual({
      [MAINNET]: { [TZ1]: { level: 1330, round: 0, hash } },
      [SANDBOX]: { [TZ4]: { level: 7, round: 0, hash } },
    });
    const to = new MemoryWatermarkStore();
    unwrap(await importMarks(to, unwrap(await readOctezSignerMarks(directory))));
    for (const each of marks) expect(await to.marksOf(each.scope)).toEqual(await from.marksOf(each.scope));
    expect(unwrap(await octezSignerMarksOf(from, SANDBOX)).map(({ scope }) => scope)).toEqual([scope(TZ4, SANDBOX)]);
  });

  it("[FS19] are lowered nowhere: what is as high stays with its signature", async () => {
    const high = { level: 1331, round: 3, ...SIGNED };
    const legacy = { level: 1331, ...SIGNED };
    await write("block_high_watermarks", { [MAINNET]: { [TZ1]: high, [TZ4]: legacy } });
    const raise = (level: number, round: number) =>
      raiseOctezSignerMarks(
        directory,
        [TZ1, TZ4].map((key) => ({ scope: scope(key), records: [record("block", level, round)] })),
      );
    for (const [level, round] of [
      [1330, 9],
      [1331, 3],
    ] as const)
      unwrap(await raise(level, round));
    expect(await read("block_high_watermarks")).toEqual({ [MAINNET]: { [TZ1]: high, [TZ4]: legacy } });
    unwrap(await raise(1331, 4));
    expect(await read("block_high_watermarks")).toEqual({
      [MAINNET]: { [TZ1]: { level: 1331, round: 4, hash: "00".repeat(32) }, [TZ4]: legacy },
    });
  });

  it("[FS19] under an older signer's names are raised where they are", async () => {
    await write("endorsement_high_watermarks", {});
    const marks = [{ scope: scope(TZ1), records: [record("attestation", 5, 0)] }];
    expect(unwrap(await raiseOctezSignerMarks(directory, marks))).toEqual([
      join(directory, "endorsement_high_watermarks"),
    ]);
    expect(unwrap(await readOctezSignerMarks(directory))).toEqual(marks);
  });

  it("are all left alone when one does not read", async () => {
    await write("attestation_high_watermarks", { [MAINNET]: { [TZ1]: { level: -1 } } });
    const marks = [{ scope: scope(TZ1), records: [record("block", 5, 0)] }];
    const at = `${join(directory, "attestation_high_watermarks")} at ${MAINNET}.${TZ1}.level`;
    expect(await raiseOctezSignerMarks(directory, marks)).toMatchObject({ error: { code: "badImport", path: at } });
    await expect(read("block_high_watermarks")).rejects.toThrow("ENOENT");
  });
});

describe("EIP-3076", () => {
  const key = testKey(1);
  const file = (data: unknown, root = `0x${ROOT}`, version = "5") =>
    JSON.stringify({ metadata: { interchange_format_version: version, genesis_validators_root: root }, data });
  const complete = [
    {
      pubkey: `0x${key.toUpperCase()}`.replace("0X", "0x"),
      signed_blocks: [{ slot: "81952", signing_root: `0x${"11".repeat(32)}` }, { slot: "81951" }],
      signed_attestations: [
        { source_epoch: "2290", target_epoch: "3007" },
        { source_epoch: "2291", target_epoch: "3000" },
      ],
    },
  ];

  it("takes the maximum of every number, and gives the minimal form back", () => {
    const [imported] = unwrap(parseEip3076(file(complete), ROOT));
    const marks = (imported?.records ?? []).reduce(
      (sum, entry) => (entry.chain === "beacon" ? applyBeacon(sum, entry.record) : sum),
      NO_BEACON_MARKS,
    );
    expect(JSON.parse(formatEip3076(ROOT, new Map([[key, marks]])))).toEqual({
      metadata: { interchange_format_version: "5", genesis_validators_root: `0x${ROOT}` },
      data: [
        {
          pubkey: `0x${key}`,
          signed_blocks: [{ slot: "81952" }],
          signed_attestations: [{ source_epoch: "2291", target_epoch: "3007" }],
        },
      ],
    });
  });

  it("lowers nothing that is known here, and repeats only the very root that it names", async () => {
    const store = new MemoryWatermarkStore();
    const at = (slot: bigint, root: string): Claim => {
      const { claim } = planSigning({ kind: "beaconBlock", key, genesisRoot: ROOT, signingRoot: root, slot }, null);
      if (claim === null) throw new TypeError("blocks are guarded");
      return claim;
    };
    unwrap(await importMarks(store, unwrap(parseEip3076(file(complete), ROOT))));
    expect([
      await said(store, at(81_952n, "11".repeat(32))),
      await said(store, at(81_952n, "22".repeat(32))),
      await said(store, at(81_953n, "22".repeat(32))),
    ]).toEqual(["again", "slotNotAboveRecorded", "first"]);
    unwrap(await importMarks(store, unwrap(parseEip3076(file(complete), ROOT))));
    expect(await said(store, at(81_953n, "33".repeat(32)))).toBe("slotNotAboveRecorded");
  });

  it("takes null and absent lists as empty", () => {
    expect(unwrap(parseEip3076(file([{ pubkey: key, signed_blocks: null }]), ROOT))[0]?.records).toEqual([]);
  });

  it.each([
    ["another network", file([], `0x${"00".repeat(32)}`), "metadata.genesis_validators_root"],
    ["another version", file([], `0x${ROOT}`, "4"), "metadata.interchange_format_version"],
    [
      "a number that is no text",
      file([{ pubkey: key, signed_blocks: [{ slot: 5 }] }]),
      "data[0].signed_blocks[0].slot",
    ],
    [
      "a number beyond 64 bits",
      file([{ pubkey: key, signed_blocks: [{ slot: "18446744073709551616" }] }]),
      "data[0].signed_blocks[0].slot",
    ],
    ["a key that is none", file([{ pubkey: "0x00" }]), "data[0].pubkey"],
  ])("is refused as a whole for %s", (_what, text, path) => {
    expect(parseEip3076(text, ROOT)).toMatchObject({ ok: false, error: { code: "badImport", path } });
  });
});

describe("our own interchange", () => {
  it("moves all floors of Sealwright and Tezos keys: the new place signs nothing at or below", async () => {
    const from = new MemoryWatermarkStore();
    const key = testKey(1);
    const guarded = [
      blockRequest(key, { term: 2, height: 5, block: "a", round: 1 }),
      attestationRequest(key, { term: 2, height: 4, block: "p", highestQcRank: lockRank(2, 3) }),
      lockRequest(key, { term: 3, qcTerm: 2, qcHeight: 3, qcBlock: "q" }),
    ];
    for (const request of guarded) {
      const { claim } = planSigning(request, null);
      if (claim !== null) expect(await said(from, claim)).toBe("first");
    }
    expect(await said(from, tezosClaim(50, 1))).toBe("first");
    const to = new MemoryWatermarkStore();
    unwrap(await importMarks(to, unwrap(parseMarkInterchange(unwrap(await exportMarks(from))))));
    for (const [request, answer] of [
      [guarded[0], "belowBlock"],
      [blockRequest(key, { term: 2, height: 6, block: "b", round: 1 }), "secondFirstOfTerm"],
      [attestationRequest(key, { term: 2, height: 9, block: "b" }), "belowLock"],
      [lockRequest(key, { term: 3, qcTerm: 2, qcHeight: 2, qcBlock: "q" }), "lockQcBelowRecorded"],
      [attestationRequest(key, { term: 3, height: 6, block: "c" }), "first"],
    ] as const) {
      const { claim } = request === undefined ? { claim: null } : planSigning(request, null);
      if (claim !== null) expect(await said(to, claim)).toBe(answer);
    }
    expect([await said(to, tezosClaim(50, 1)), await said(to, tezosClaim(50, 2))]).toEqual([
      "previouslySigned",
      "first",
    ]);
  });

  /** What stands on `a` at (3, 10), the block that was attested before the marks were moved, and what does not. */
  const claimOn = (ancestor: string): Claim => {
    const request = attestationRequest(testKey(1), { term: 3, height: 11, block: `on ${ancestor}` });
    const { claim } = planSigning({ ...request, ancestors: [testBlockId(ancestor)] }, null);
    if (claim === null) throw new TypeError("attestations are guarded");
    return claim;
  };
  const exported = async (): Promise<string> => {
    const from = new MemoryWatermarkStore();
    const { claim } = planSigning(attestationRequest(testKey(1), { term: 3, height: 10, block: "a" }), null);
    expect(await said(from, claim!)).toBe("first");
    return unwrap(await exportMarks(from));
  };

  it("[I1, V3] keeps the votes of a term on one chain", async () => {
    const to = new MemoryWatermarkStore();
    unwrap(await importMarks(to, unwrap(parseMarkInterchange(await exported()))));
    expect(await said(to, claimOn("rival"))).toBe("offAttestedChain");
    expect(await said(to, claimOn("a"))).toBe("first");
  });

  it("[I1, V3] from a file that does not name the attested block, the term is over for the key", async () => {
    const file = JSON.parse(await exported()) as { data: Record<string, unknown>[] };
    for (const entry of file.data) delete entry["attestedBlock"];
    const to = new MemoryWatermarkStore();
    unwrap(await importMarks(to, unwrap(parseMarkInterchange(JSON.stringify(file)))));
    expect(await said(to, claimOn("a"))).toBe("offAttestedChain");
    const { claim } = planSigning(
      { ...attestationRequest(testKey(1), { term: 4, height: 11, block: "b" }), ancestors: [testBlockId("a")] },
      null,
    );
    expect(await said(to, claim!)).toBe("first");
  });

  it("is refused for an attested block that is no hash", async () => {
    const text = (await exported()).replace(testBlockId("a"), "a");
    expect(parseMarkInterchange(text)).toMatchObject({
      ok: false,
      error: { path: "data[0].attestedBlock.blockId" },
    });
  });

  it.each([
    ["a version that it does not know", '{"formatVersion": 2, "data": []}', "formatVersion"],
    ["another chain", '{"formatVersion": 1, "data": [{"chain": "x"}]}', "data[0].chain"],
    [
      "a broken key",
      `{"formatVersion": 1, "data": [{"chain": "sealwright", "networkId": "${TEST_NETWORK}", "threadId": "${DEFAULT_THREAD_ID}", "key": "00"}]}`,
      "data[0]",
    ],
  ])("is refused as a whole for %s", (_what, text, path) => {
    expect(parseMarkInterchange(text)).toMatchObject({ ok: false, error: { code: "badImport", path } });
  });
});

function lockRank(
  term: number,
  height: number,
): NonNullable<Parameters<typeof attestationRequest>[1]["highestQcRank"]> {
  return { term: BigInt(term), height: BigInt(height) } as NonNullable<
    Parameters<typeof attestationRequest>[1]["highestQcRank"]
  >;
}
