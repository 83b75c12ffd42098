import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseServiceConfig, type ServiceConfig } from "@sealwright/forge";
import { unwrap } from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Output } from "../output/output.js";
import { exportMarksTo, importMarksFrom } from "./forgeMarks.js";

const ROOT = "5a".repeat(32);
const ETHEREUM_KEY = `0x${"ab".repeat(48)}`;
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

const exportTo = (name: string, chain: string | null) =>
  run((out) => exportMarksTo(join(dir, name), chain, configOf(), out));

async function importEthereum(): Promise<void> {
  const file = {
    metadata: { interchange_format_version: "5", genesis_validators_root: `0x${ROOT}` },
    data: [{ pubkey: ETHEREUM_KEY, signed_blocks: [{ slot: "7" }], signed_attestations: [] }],
  };
  await writeFile(join(dir, "eip3076.json"), JSON.stringify(file));
  await run((out) => importMarksFrom(join(dir, "eip3076.json"), `0x${ROOT}`, configOf(), out));
}

async function importTezos(): Promise<void> {
  const entry = { delegate: TEZOS_KEY, highwatermark: { level: 1_400, round: 2 } };
  await writeFile(join(dir, "octez"), JSON.stringify({ blocks: [], preattestations: [], attestations: [entry] }));
  await run((out) => importMarksFrom(join(dir, "octez"), "NetXdQprcVkpaWU", configOf(), out));
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

  it("is a success when nothing is left out", async () => {
    await importTezos();
    expect(await exportTo("marks.json", null)).toMatchObject({ code: 0 });
  });

  it("refuses a chain that is no root, and one of which there are no marks, and writes nothing", async () => {
    await importEthereum();
    await expect(exportTo("marks.json", `0x${ROOT.slice(1)}`)).rejects.toMatchObject({ code: "badChain", exitCode: 2 });
    const other = `0x${"5b".repeat(32)}`;
    await expect(exportTo("marks.json", other)).rejects.toMatchObject({ code: "noMarks", exitCode: 1 });
    await expect(readFile(join(dir, "marks.json"))).rejects.toThrow("ENOENT");
  });
});
