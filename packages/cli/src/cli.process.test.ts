import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../bin/sealwright.js", import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-cli-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const sealwright = (...args: string[]): Promise<Ran> => runNode(BIN, ...args);

function runNode(...args: string[]): Promise<Ran> {
  return run(args, (child) => child.stdin?.end());
}

/** A keeper whose standard input ends as soon as it has started. */
function keeperThatStarts(...args: string[]): Promise<Ran> {
  return run([BIN, "node", "--exit-with-parent", ...args], ({ stdin, stdout }) => {
    stdout?.on("data", (lines: string) => {
      if (lines.includes("node.started")) stdin?.end();
    });
  });
}

function run(args: readonly string[], begin: (child: ChildProcess) => void): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: "1" };
    const options = { cwd: dir, env, timeout: 60_000 };
    begin(
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
      }),
    );
  });
}

/** What a person may see of a failure: never a stack trace. */
function expectPlain({ stdout, stderr }: Ran): void {
  expect(stdout + stderr).not.toMatch(/^\s+at .*[:(]\d+:\d+/m);
}

describe("sealwright, the command line", () => {
  it("prints its version and all its commands, with exit codes explained", async () => {
    expect(await sealwright("--version")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    const help = await sealwright("--help");
    expect(help.code).toBe(0);
    for (const command of "devnet init node forge keys send status watch evidence explain doctor".split(" "))
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    for (const command of "bench sim explore".split(" "))
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect(help.stdout).toContain("Exit codes: 0 done");
  });

  it.each([
    ["devnet"],
    ["init"],
    ["node"],
    ["send"],
    ["status"],
    ["watch"],
    ["evidence"],
    ["explain"],
    ["doctor"],
    ["bench"],
    ["keys", "new"],
    ["keys", "list"],
  ])("explains %s with --help", async (...command) => {
    const help = await sealwright(...command, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: sealwright ${command.join(" ")}`);
  });

  it.each([
    ["an unknown command", ["stauts"], "(Did you mean status?)"],
    ["an unknown option", ["devnet", "--node", "4"], "(Did you mean --nodes?)"],
    ["too few nodes", ["devnet", "--nodes", "0"], "Allowed: a whole number from 1 to 64."],
    ["a duration without its unit", ["devnet", "--duration", "20"], "Allowed: a number and its unit, such as 20s"],
    ["an engine that does not exist", ["devnet", "--executor", "evm"], "Allowed choices are ledger, tvm."],
    ["no recipient", ["send", "--amount", "5"], "required option '--to <account>' not specified"],
    ["an amount of nothing", ["send", "--to", "1", "--amount", "0"], "Allowed: a whole number of base units from 1 to"],
    ["a benchmark that does not exist", ["bench", "w99"], "Allowed choices are w1, w2, w3, w5, w6, idle, w7."],
    ["an endpoint that is none", ["status", "--endpoint", "localhost:1"], "did you mean http://localhost:1?"],
  ])("refuses %s, says what is allowed, and exits with 2", async (_what, args, text) => {
    const ran = await sealwright(...args);
    expect(ran.stderr).toContain(text);
    expect(ran.code).toBe(2);
    expectPlain(ran);
  });

  it("says which Node it needs to one that is older", async () => {
    await writeFile(
      join(dir, "older.cjs"),
      `const older = { version: "v18.19.0", versions: { ...process.versions, node: "18.19.0" } };
       for (const [name, value] of Object.entries(older)) Object.defineProperty(process, name, { value });`,
    );
    const ran = await runNode("--require", join(dir, "older.cjs"), BIN, "status");
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("sealwright needs Node 20 or newer, and this is v18.19.0") as string,
    });
    expectPlain(ran);
  });

  it("says how to get a network where none runs, and exits with 1", async () => {
    const ran = await sealwright("status");
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("start one with npx sealwright devnet") as string,
    });
    expectPlain(ran);
  });

  it("gives errors as JSON too, with a stable code", async () => {
    const { stdout } = await sealwright("status", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "noNetwork", exitCode: 1 } });
  });

  it("finds the only devnet that runs, and says which ones when there are several", async () => {
    const leave = async (name: string, pid: number): Promise<string> => {
      const folder = join(dir, ".sealwright", name);
      await mkdir(folder, { recursive: true });
      const nodes = [{ index: 0, apiUrl: "http://127.0.0.1:1", keeperId: "", keeperAddress: "", pid, log: "" }];
      const file = { sealwright: "endpoints", version: 1, name, pid, accounts: "", genesis: "", nodes };
      await writeFile(join(folder, "endpoints.json"), JSON.stringify(file));
      return folder;
    };
    const folders = [await leave("devnet", 999_999_999), await leave("devnet-ledger", process.pid)];
    expect(await sealwright("evidence")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no answer from http://127.0.0.1:1") as string,
    });
    folders.push(await leave("devnet-7x2", process.pid));
    for (const command of [
      ["status"],
      ["watch"],
      ["explain", "0", "1"],
      ["doctor"],
      ["send", "--to", "1", "--amount", "1"],
    ]) {
      const ran = await sealwright(...command);
      expect(ran.stderr).toContain("2 devnets run here: .sealwright/devnet-7x2, .sealwright/devnet-ledger");
      expect(ran.stderr).toContain("--data-dir .sealwright/devnet-7x2");
      expect(ran.code).toBe(2);
    }
    const named = await sealwright("evidence", "--data-dir", ".sealwright/devnet-7x2");
    expect(named.stderr).toContain("no answer from http://127.0.0.1:1");
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  it("says that nobody answers at an endpoint", async () => {
    const ran = await sealwright("watch", "--endpoint", "http://127.0.0.1:1");
    expect(ran).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no answer from http://127.0.0.1:1") as string,
    });
    expectPlain(ran);
  });
});

describe("sealwright keys", () => {
  it("makes an account's key, lists it, and never overwrites one", async () => {
    const made = await sealwright("keys", "new", "--kind", "account", "--out", "keys/me.json", "--json");
    expect(made.code).toBe(0);
    const { id } = JSON.parse(made.stdout) as { id: string };
    expect((await sealwright("keys", "list", "--dir", "keys")).stdout).toContain(id);
    const before = await readFile(join(dir, "keys/me.json"), "utf8");
    const again = await sealwright("keys", "new", "--kind", "account", "--out", "keys/me.json");
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("holds a key already") as string });
    expect(await readFile(join(dir, "keys/me.json"), "utf8")).toBe(before);
  });
});

describe("sealwright init and node", () => {
  let config = "";
  beforeAll(async () => {
    const made = await sealwright("init", "--dir", "net", "--nodes", "1", "--threads", "1", "--test-accounts", "2");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    config = join(dir, "net/node-0/node.yaml");
  });

  it("init does not touch a network that is there", async () => {
    const again = await sealwright("init", "--dir", "net");
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("there is a network already") as string });
  });

  it("init says that its folder is a file", async () => {
    await writeFile(join(dir, "letter.txt"), "dear");
    const ran = await sealwright("init", "--dir", "letter.txt", "--nodes", "1");
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining("letter.txt: it is a file") as string });
    expect(await readFile(join(dir, "letter.txt"), "utf8")).toBe("dear");
  });

  it("[§7] init writes a lottery into the genesis of more than ten keepers, and of no fewer", async () => {
    const few = await sealwright("init", "--dir", "few", "--lottery-window", "200");
    expect(few).toMatchObject({ code: 2, stderr: expect.stringContaining("up to 10 of them all verify") as string });
    const many = await sealwright("init", "--dir", "many", "--nodes", "11", "--lottery-window", "200");
    expect(many).toMatchObject({ code: 0, stderr: "" });
    const genesis = JSON.parse(await readFile(join(dir, "many/genesis.json"), "utf8")) as Record<string, unknown>;
    expect(genesis).toMatchObject({ settings: { verification: { lottery: { verifyWindowMs: 200 } } } });
  });

  it("init lists the keeper's keys without opening them", async () => {
    const { stdout } = await sealwright("keys", "list", "--dir", "net", "--json");
    expect((JSON.parse(stdout) as { keys: { kind: string }[] }).keys.map(({ kind }) => kind).sort()).toEqual([
      "keeper",
      "transport",
    ]);
  });

  it.each([
    ["an unknown key", (yaml: string) => `${yaml}\ncolour: red\n`, "colour is not a known key"],
    [
      "a value that cannot be",
      (yaml: string) => yaml.replace("level: info", "level: loud"),
      'log.level is "loud"; allowed: "debug" or "info"',
    ],
    [
      "a missing address",
      (yaml: string) => yaml.replace(/^ {2}api:.*$/m, ""),
      "listen.api is missing; wanted: host and port",
    ],
    ["what is no YAML", () => "a: [1", "not readable as YAML 1.2 at line 1"],
  ])("node refuses a configuration with %s: path, value, what is allowed", async (_what, spoil, text) => {
    const spoiled = join(dir, "net/node-0/spoiled.yaml");
    await writeFile(spoiled, spoil(await readFile(config, "utf8")));
    const ran = await sealwright("node", "--config", spoiled);
    expect(ran.stderr).toContain(text);
    expect(ran.code).toBe(2);
    expectPlain(ran);
  });

  it("node names a configuration that is not there", async () => {
    const ran = await sealwright("node", "--config", "nowhere.yaml");
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no such file") as string });
  });

  it("node names a key file that others can read, and how to mend it", async () => {
    const path = join(dir, "net/node-0/keys/transport.json");
    await chmod(path, 0o644);
    const ran = await sealwright("node", "--config", config);
    await chmod(path, 0o600);
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining("run: chmod 600") as string });
    expectPlain(ran);
  });

  it("node refuses a peer that is no keeper, as it refuses other values of its configuration", async () => {
    const stranger = "1a".repeat(32);
    const spoiled = join(dir, "net/node-0/stranger.yaml");
    const yaml = (await readFile(config, "utf8")).replace(/^peers:.*(\n {2}.*)*$/m, "");
    await writeFile(spoiled, `${yaml}\npeers: [{ id: ${stranger}, address: "127.0.0.1:9" }]\n`);
    const ran = await sealwright("node", "--config", spoiled);
    expect(ran.stderr).toContain(`peers[0].id is "${stranger}"; allowed: the id of a keeper of`);
    expect(ran.code).toBe(2);
  });

  it.each([["--listen-api"], ["--listen-keeper"]])(
    "node says that the port of %s is taken, and exits with 3",
    async (flag) => {
      const server = await takePort();
      const { port } = server.address() as { port: number };
      const others = flag === "--listen-api" ? ["--listen-keeper", "127.0.0.1:0"] : ["--listen-api", "127.0.0.1:0"];
      const ran = await sealwright("node", "--config", config, flag, `127.0.0.1:${port}`, ...others);
      await new Promise((closed) => server.close(closed));
      expect(ran.stderr).toContain(String(port));
      expect(ran.code).toBe(3);
      expectPlain(ran);
    },
  );

  it("node that is to end before it has started ends without having started, and exits with 0", async () => {
    const free = ["--listen-api", "127.0.0.1:0", "--listen-keeper", "127.0.0.1:0"];
    const ran = await sealwright("node", "--config", config, "--data-dir", "unborn", "--exit-with-parent", ...free);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("node.startAborted");
    expect(ran.stdout).not.toContain("node.started");
  });

  it("node refuses the data of another network, and exits with 3", async () => {
    await sealwright("init", "--dir", "other", "--nodes", "1", "--threads", "1");
    const free = ["--listen-api", "127.0.0.1:0", "--listen-keeper", "127.0.0.1:0"];
    // A first start makes the data.
    expect((await keeperThatStarts("--config", config, ...free)).code).toBe(0);
    const ran = await sealwright(
      "node",
      "--config",
      join(dir, "other/node-0/node.yaml"),
      "--data-dir",
      "net/node-0/data",
      ...free,
    );
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(/another network|another keeper|belongs to/i);
    expectPlain(ran);
  });

  it("devnet refuses a folder that is not a devnet's, and leaves it alone", async () => {
    await mkdir(join(dir, "mine"));
    await writeFile(join(dir, "mine/letter.txt"), "dear");
    const ran = await sealwright("devnet", "--data-dir", "mine", "--duration", "1s");
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining("is not a devnet's folder") as string });
    expect(await readFile(join(dir, "mine/letter.txt"), "utf8")).toBe("dear");
  });

  it("devnet leaves a folder alone in which something else is, says so, and takes the next one", async () => {
    const taken = join(dir, ".sealwright/devnet-ledger-1x1");
    await mkdir(taken, { recursive: true });
    await writeFile(join(taken, "letter.txt"), "dear");
    const args = [
      "devnet",
      "--nodes",
      "1",
      "--threads",
      "1",
      "--executor",
      "ledger",
      "--port",
      "0",
      "--duration",
      "1s",
    ];
    const ran = await sealwright(...args);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain(".sealwright/devnet-ledger-1x1 stays as it is: ");
    expect(ran.stdout).toContain("npx sealwright status\n");
    expect(await readdir(taken)).toEqual(["letter.txt"]);
    expect(await readdir(join(dir, ".sealwright/devnet-ledger-1x1-2"))).toContain("genesis.json");
  });

  it("devnet stops cleanly when nobody reads its output any more", async () => {
    const args = [BIN, "devnet", "--executor", "ledger", "--data-dir", join(dir, "unread"), "--json"];
    const child = spawn(process.execPath, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    const said: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    const ended = once(child, "exit");
    const [first] = (await once(child.stdout, "data")) as [Buffer];
    child.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    expect(JSON.parse(first.toString().split("\n")[0]!)).toBeTypeOf("object");
    expectPlain({ code: 0, stdout: "", stderr: Buffer.concat(said).toString() });
  });
});

function takePort(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
