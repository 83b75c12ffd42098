import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/sealwright.js", import.meta.url));
const SECRET = "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const KEY = "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx";
const REMOTE_KEY = "tz2DzfieD6mjjYYFqbGwotsW5ivfRogQE6c4";
const REMOTE_PUBLIC_KEY = "sppk7a2WEfU54QzcQZ2EMjihtcxLeRtNTVxHw4FW2e8W5kEJ8ZargSb";
/** An attestation of level 1,331, round 0, on the main network. */
const ATTESTATION =
  "137a06a7700e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a815000000000533000000000000000000000000000000000000000000000000000000000000000000000000";

let dir = "";
const children: ChildProcess[] = [];
const servers: Server[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-forge-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  await rm(dir, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
}

function forge(...args: string[]): Running {
  const child = spawn(process.execPath, [BIN, "forge", "--config", join(dir, "forge.yaml"), ...args], { cwd: dir });
  children.push(child);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => void child.once("close", resolve));
  return { child, exited, output: () => ({ stdout, stderr }) };
}

async function urlOf(running: Running): Promise<string> {
  for (;;) {
    const url = /^listening on (\S+)$/m.exec(running.output().stdout)?.[1];
    if (url !== undefined) return url;
    if (running.child.exitCode !== null) throw new Error(JSON.stringify(running.output()));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function configure(more: object = {}): Promise<void> {
  const config = {
    listen: { http: "127.0.0.1:0" },
    watermarks: { kind: "file", dir: "./marks" },
    keys: [{ secret: SECRET, allow: ["attestation"] }],
    ...more,
  };
  return writeFile(join(dir, "forge.yaml"), JSON.stringify(config));
}

async function sign(
  url: string,
  key: string,
  hex: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${url}/keys/${key}`, { method: "POST", body: JSON.stringify(hex) });
  return { status: answer.status, text: await answer.text() };
}

describe("sealwright forge", () => {
  it("[FS1] starts with the minimal configuration, and says where it listens, with which marks and keys", async () => {
    await writeFile(
      join(dir, "forge.yaml"),
      `listen: { http: "127.0.0.1:0" }
watermarks: { kind: file, dir: ./marks }
keys: [ { secret: "${SECRET}", allow: [block, preattestation, attestation] } ]
`,
    );
    const running = forge();
    const url = await urlOf(running);
    expect((await fetch(`${url}/keys/${KEY}`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain("\nprocess_resident_memory_bytes ");
    running.child.kill("SIGTERM");
    expect(await running.exited).toBe(0);
    expect(running.output().stdout.replaceAll(dir, "")).toMatch(
      new RegExp(
        `^listening on http://127\\.0\\.0\\.1:\\d+\nwatermarks: file /marks\nkey ${KEY}: block, preattestation, attestation\n$`,
      ),
    );
  });

  it("[FS18] on SIGTERM it finishes what runs, refuses what comes, and exits with 0", async () => {
    const asked: ServerResponse[] = [];
    const remote = createServer((request, response) => {
      if (request.method === "GET") response.end(JSON.stringify({ public_key: REMOTE_PUBLIC_KEY }));
      else asked.push(response);
    });
    servers.push(remote);
    const port = await new Promise<number>((resolve) => {
      remote.listen(0, "127.0.0.1", () => resolve((remote.address() as { port: number }).port));
    });
    await configure({
      keys: [
        { remote: `http://127.0.0.1:${port}/${REMOTE_KEY}`, allow: ["attestation"] },
        { secret: SECRET, allow: ["attestation"] },
      ],
    });
    const running = forge();
    const url = await urlOf(running);
    const slow = sign(url, REMOTE_KEY, ATTESTATION);
    while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    running.child.kill("SIGTERM");
    let refused = await sign(url, KEY, ATTESTATION);
    while (refused.status === 200) refused = await sign(url, KEY, ATTESTATION);
    expect(refused).toMatchObject({ status: 503, text: expect.stringContaining('"draining"') as string });
    expect(running.child.exitCode).toBe(null);
    // An answer, though not a good one: what ran is told its outcome before the process ends.
    asked[0]?.writeHead(500).end('[{"msg":"high watermark"}]');
    expect(await slow).toMatchObject({ status: 403, text: expect.stringContaining('"refusedBySigner"') as string });
    expect(await running.exited).toBe(0);
  });

  it("reads its configuration again on SIGHUP, and goes on", async () => {
    await configure();
    const running = forge();
    const url = await urlOf(running);
    expect((await sign(url, KEY, ATTESTATION)).status).toBe(200);
    await configure({ keys: [{ secret: SECRET, allow: ["attestation"], enabled: false }] });
    running.child.kill("SIGHUP");
    let answer = await sign(url, KEY, ATTESTATION);
    while (answer.status === 200) answer = await sign(url, KEY, ATTESTATION);
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('"keyStopped"') as string });
    running.child.kill("SIGTERM");
    expect(await running.exited).toBe(0);
  });

  it("[FS6] killed and started again, it still knows what it signed", async () => {
    await configure();
    const first = forge();
    const signed = await sign(await urlOf(first), KEY, ATTESTATION);
    expect(signed.status).toBe(200);
    first.child.kill("SIGKILL");
    await first.exited;
    const second = forge();
    const url = await urlOf(second);
    expect(await sign(url, KEY, ATTESTATION)).toEqual(signed);
    const other = ATTESTATION.slice(0, -2) + "01";
    const refused = await sign(url, KEY, other);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "previouslySigned", record: { level: "1331", round: "0" } });
  });

  it.each([
    ["an unknown key in the file", { kyes: [] }, 2, "unknownKey"],
    ["a value that is not allowed", { listen: { http: "here" } }, 2, "badValue"],
    ["a key file that is not there", { keys: [{ secretFile: "none", allow: [] }] }, 3, "keyFileUnreadable"],
  ])("[FS2] ends on %s with exit code and reason", async (_name, more, exitCode, code) => {
    await configure(more);
    const running = forge("--json");
    expect(await running.exited).toBe(exitCode);
    const { stdout, stderr } = running.output();
    expect(JSON.parse(stdout)).toMatchObject({ error: { code, exitCode } });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("[FS19] moves marks from one folder to another, and reads those of an Octez baker", async () => {
    await configure();
    const running = forge();
    expect((await sign(await urlOf(running), KEY, ATTESTATION)).status).toBe(200);
    running.child.kill("SIGTERM");
    await running.exited;
    const marks = join(dir, "marks.json");
    expect(await forge("--export-marks", marks).exited).toBe(0);
    expect(JSON.parse(await readFile(marks, "utf8"))).toMatchObject({
      data: [{ chain: "tezos", chainId: "NetXdQprcVkpaWU", key: KEY, attestation: { level: 1_331, round: 0 } }],
    });
    const highwatermark = { level: 1_400, round: 2 };
    const octez = { blocks: [], preattestations: [], attestations: [{ delegate: KEY, highwatermark }] };
    await writeFile(join(dir, "NetXdQprcVkpa_highwatermarks"), JSON.stringify(octez));
    await configure({ watermarks: { kind: "file", dir: "./moved" } });
    expect(await forge("--import-marks", marks).exited).toBe(0);
    const baker = ["--import-marks", join(dir, "NetXdQprcVkpa_highwatermarks")];
    expect(await forge(...baker).exited).toBe(2);
    expect(await forge(...baker, "--chain", "NetXdQprcVkpaWU").exited).toBe(0);
    const moved = forge();
    const refused = await sign(await urlOf(moved), KEY, ATTESTATION);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "belowWatermark", record: { level: "1400", round: "2" } });
  });
});
