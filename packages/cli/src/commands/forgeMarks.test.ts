import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWatermarks, parseOctezMarks, parseServiceConfig, type ServiceConfig } from "@sealwright/forge";
import { systemClock, systemRandom } from "@sealwright/node";
import { silentLogger, unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Output } from "../output/output.js";
import { exportMarksTo, importMarksFrom } from "./forgeMarks.js";

const ROOT = "5a".repeat(32);
const ETHEREUM_KEY = `0x${"ab".repeat(48)}`;
const CHAIN = "NetXdQprcVkpaWU";
const TEZOS_KEY = "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-marks-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function configOf(): ServiceConfig {
  const yaml = `listen: { http: "127.0.0.1:0" }
watermarks: { kind: file, dir: ./marks }
keys: [ { secret: "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh", allow: [] } ]
`;
  return unwrap(parseServiceConfig(yaml, dir));
}

/** What it said, line by line, and how it ended. */
async function run(work: (out: Output) => Promise<number>) {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(...text.trimEnd().split("\n")) };
  const out = new Output(false, stream as unknown as NodeJS.WriteStream);
  return { code: await work(out), lines };
}

const exportTo = (name: string, chain: string | null, toOctezSigner = false) =>
  run((out) => exportMarksTo(join(dir, name), { chain, toOctezSigner }, configOf(), out));

async function importEthereum(): Promise<void> {
  const file = {
    metadata: { interchange_format_version: "5", genesis_validators_root: `0x${ROOT}` },
    data: [{ pubkey: ETHEREUM_KEY, signed_blocks: [{ slot: "7" }], signed_attestations: [] }],
  };
  await writeFile(join(dir, "eip3076.json"), JSON.stringify(file));
  await run((out) => importMarksFrom(join(dir, "eip3076.json"), `0x${ROOT}`, configOf(), out));
}

function octezFile(level: number, round: number): object {
  const entry = { delegate: TEZOS_KEY, highwatermark: { round, level } };
  return { blocks: [], preattestations: [], attestations: [entry] };
}

async function importTezos(): Promise<void> {
  await writeFile(join(dir, "octez"), JSON.stringify(octezFile(1_400, 2)));
  await run((out) => importMarksFrom(join(dir, "octez"), CHAIN, configOf(), out));
}

describe("exportMarksTo", () => {
  it("names Ethereum marks that it leaves out, and is no success", async () => {
    await importEthereum();
    await importTezos();
    const { code, lines } = await exportTo("marks.json", null);
    expect(code).toBe(1);
    expect(lines.at(-1)).toContain(`beacon marks of key ${ETHEREUM_KEY.slice(2)}`);
    expect(lines.at(-1)).toContain(`with --chain 0x${ROOT}`);
    expect(await readFile(join(dir, "marks.json"), "utf8")).toContain(TEZOS_KEY);
  });

  it("writes the marks of one Ethereum network, and names the rest", async () => {
    await importEthereum();
    await importTezos();
    const { code, lines } = await exportTo("marks.json", `0x${ROOT}`);
    expect(code).toBe(0);
    expect(lines.at(-1)).toContain(`tezos marks of key ${TEZOS_KEY}`);
    expect(await readFile(join(dir, "marks.json"), "utf8")).toContain(ETHEREUM_KEY);
  });

  it("[FS19] writes an Octez baker's file of one chain, which reads back as the same marks, and names the rest", async () => {
    await importEthereum();
    await importTezos();
    const { code, lines } = await exportTo("baker.json", CHAIN);
    expect(code).toBe(0);
    expect(lines.at(-1)).toContain(`beacon marks of key ${ETHEREUM_KEY.slice(2)}`);
    const text = await readFile(join(dir, "baker.json"), "utf8");
    expect(JSON.parse(text)).toEqual(octezFile(1_400, 2));
    expect(parseOctezMarks(text, CHAIN)).toEqual(parseOctezMarks(JSON.stringify(octezFile(1_400, 2)), CHAIN));
  });

  it("[FS19] raises the file in a baker's folder, and lowers nothing there", async () => {
    await importTezos();
    const path = join(dir, "NetXdQprcVkpa_highwatermarks");
    expect((await exportTo(".", CHAIN)).lines[0]).toContain(path);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(octezFile(1_400, 2));
    await writeFile(path, JSON.stringify(octezFile(1_500, 0)));
    await exportTo(".", CHAIN);
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual(octezFile(1_500, 0));
    await writeFile(path, "{");
    await expect(exportTo(".", CHAIN)).rejects.toMatchObject({ code: "badImport", exitCode: 3 });
    expect(await readFile(path, "utf8")).toBe("{");
  });

  it("[FS19] raises an Octez signer's files, which read back as the same marks, and names the rest", async () => {
    await importEthereum();
    await importTezos();
    const folder = join(dir, "signer");
    await mkdir(folder);
    const { code, lines } = await exportTo("signer", null, true);
    expect(code).toBe(0);
    expect(lines[0]).toContain(join(folder, "attestation_high_watermarks"));
    expect(lines.at(-1)).toContain(`beacon marks of key ${ETHEREUM_KEY.slice(2)}`);
    await rm(join(dir, "marks"), { recursive: true });
    await run((out) => importMarksFrom(folder, null, configOf(), out));
    await exportTo("baker.json", CHAIN);
    expect(JSON.parse(await readFile(join(dir, "baker.json"), "utf8"))).toEqual(octezFile(1_400, 2));
  });

  it("[FS19] refuses an Octez signer's folder that is none, of another network, or that does not read", async () => {
    await importTezos();
    await expect(exportTo("nowhere", null, true)).rejects.toMatchObject({ code: "noFolder", exitCode: 2 });
    await expect(exportTo(".", `0x${ROOT}`, true)).rejects.toMatchObject({ code: "badChain", exitCode: 2 });
    await expect(run((out) => importMarksFrom(dir, null, configOf(), out))).rejects.toMatchObject({ code: "noMarks" });
    await writeFile(join(dir, "block_high_watermarks"), "{");
    await expect(exportTo(".", CHAIN, true)).rejects.toMatchObject({ code: "badImport", exitCode: 3 });
    await expect(readFile(join(dir, "attestation_high_watermarks"))).rejects.toThrow("ENOENT");
  });

  it("[FS19] refuses while another process has the watermarks, and writes nothing", async () => {
    await importTezos();
    const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };
    const running = unwrap(await openWatermarks(configOf().watermarks, parts));
    await expect(exportTo("baker.json", CHAIN)).rejects.toMatchObject({ code: "directoryLocked", exitCode: 3 });
    await expect(readFile(join(dir, "baker.json"))).rejects.toThrow("ENOENT");
    await running.close();
  });

  it("is a success when nothing is left out", async () => {
    await importTezos();
    expect(await exportTo("marks.json", null)).toMatchObject({ code: 0 });
  });

  it("refuses a chain that is none, and one of which there are no marks, and writes nothing", async () => {
    await importEthereum();
    await expect(exportTo("marks.json", `0x${ROOT.slice(1)}`)).rejects.toMatchObject({ code: "badChain", exitCode: 2 });
    const other = `0x${"5b".repeat(32)}`;
    await expect(exportTo("marks.json", other)).rejects.toMatchObject({ code: "noMarks", exitCode: 1 });
    await expect(readFile(join(dir, "marks.json"))).rejects.toThrow("ENOENT");
  });
});
