import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { describeConfigError } from "./describeConfigError.js";
import { CONFIG_FIELDS, environmentNameOf } from "./configFields.js";
import { nodeConfigSchema } from "./nodeConfigSchema.js";
import { nodeConfigText } from "./nodeConfigText.js";
import { parseNodeConfig } from "./parseNodeConfig.js";
import { parseKeeperId, unwrap } from "@sealwright/types";

const ID = "ab".repeat(32);
const GOOD = `
dataDir: ./data
listen: { keeper: "127.0.0.1:8500", api: "127.0.0.1:8600" }
peers: [ { id: ${ID}, address: "127.0.0.1:8510" } ]
`;

const errorOf = (text: string, env = {}, flags = {}) => {
  const parsed = parseNodeConfig(text, "/base", env, flags);
  if (parsed.ok) throw new Error("expected a refusal");
  return parsed.error;
};

describe("parseNodeConfig", () => {
  it("gives absolute paths, addresses in parts, and presets for what is left out", () => {
    const config = unwrap(parseNodeConfig(GOOD, "/base/node", {}));
    expect(config).toEqual({
      dataDir: "/base/node/data",
      genesisPath: "/base/node/genesis.json",
      keys: {
        bls: "/base/node/keys/bls.json",
        transport: "/base/node/keys/transport.json",
        passwordFile: "/base/node/keys/password.txt",
      },
      listen: { keeper: { host: "127.0.0.1", port: 8500 }, api: { host: "127.0.0.1", port: 8600 } },
      publicApiUrl: null,
      messageWay: "any",
      signer: null,
      peers: [{ id: ID, address: { host: "127.0.0.1", port: 8510 }, api: null }],
      retention: { finalBlocks: 20_000, expiredHours: 24 },
      log: { level: "info", format: "json" },
    });
  });

  it("takes a count as a number, or as digits from outside, and only within its bounds", () => {
    const kept = (file: string, env = {}) => parseNodeConfig(`${GOOD}\nretention: { ${file} }`, "/base", env);
    expect(unwrap(kept("finalBlocks: 5000")).retention.finalBlocks).toBe(5_000);
    expect(unwrap(kept("", { SEALWRIGHT_RETENTION_FINAL_BLOCKS: "7000" })).retention.finalBlocks).toBe(7_000);
    for (const bad of ["finalBlocks: 99", "finalBlocks: 5e99", "finalBlocks: lots", "expiredHours: 1.5"]) {
      expect(kept(bad)).toMatchObject({ ok: false, error: { code: "badValue" } });
    }
  });

  it("takes one of two ways for messages of Acki Nacki's clients", () => {
    const way = (text: string) => parseNodeConfig(`${GOOD}\n${text}`, "/base", {});
    expect(unwrap(way("messageWay: only")).messageWay).toBe("only");
    expect(way("messageWay: forward")).toMatchObject({ ok: false, error: { code: "badValue", path: "messageWay" } });
  });

  it("takes a flag before the environment, and the environment before the file", () => {
    const env = { SEALWRIGHT_LISTEN_API: "127.0.0.1:1", SEALWRIGHT_DATA_DIR: "/env", SEALWRIGHT_PEERS: "" };
    const config = unwrap(parseNodeConfig(GOOD, "/base", env, { "listen.api": "[::1]:2" }));
    expect(config.listen.api).toEqual({ host: "::1", port: 2 });
    expect(config.dataDir).toBe("/env");
    expect(config.peers).toEqual([]);
  });

  it.each([
    ["an unknown key", `${GOOD}\ncolour: red`, "unknownKey", "colour", "red"],
    ["an unknown key in a section", `${GOOD}\nlog: { lvl: info }`, "unknownKey", "log.lvl", "info"],
    ["an unknown key of a peer", GOOD.replace("address:", "port: 1, address:"), "unknownKey", "peers[0].port", 1],
    ["a missing address", "dataDir: x", "missing", "listen.keeper", undefined],
    ["a port out of range", GOOD.replace("8600", "86000"), "badValue", "listen.api", "127.0.0.1:86000"],
    ["an address that is a number", GOOD.replace('"127.0.0.1:8600"', "8600"), "badValue", "listen.api", 8600],
    [
      "a peer without its id",
      "listen: {keeper: 'a:1', api: 'a:2'}\npeers: [{address: 'a:3'}]",
      "missing",
      "peers[0].id",
      undefined,
    ],
    ["a peer's id in capitals", GOOD.replace(ID, ID.toUpperCase()), "badValue", "peers[0].id", ID.toUpperCase()],
    ["a peer on port 0", GOOD.replace("8510", "0"), "badValue", "peers[0].address", "127.0.0.1:0"],
    ["a log level that does not exist", `${GOOD}\nlog: { level: loud }`, "badValue", "log.level", "loud"],
    ["an empty path", GOOD.replace("./data", '""'), "badValue", "dataDir", ""],
    ["a list where a section belongs", `${GOOD}\nlog: [info]`, "badValue", "log", ["info"]],
  ])("refuses %s, with its path and value", (_what, text, code, path, value) => {
    expect(errorOf(text)).toMatchObject({ code, path, value });
  });

  it("refuses a keeper that is named twice", () => {
    const twice = GOOD.replace("peers: [ ", `peers: [ { id: ${ID}, address: "127.0.0.1:8511" }, `);
    expect(errorOf(twice)).toMatchObject({ code: "badValue", path: "peers[1].id" });
  });

  it.each([
    ["http://10.0.0.7:8600", "http://10.0.0.7:8600"],
    ["https://keeper.example.org/sealwright/", "https://keeper.example.org/sealwright"],
    ["http://[::1]:8600/", "http://[::1]:8600"],
  ])("takes %s as where clients reach a peer, from the file and from the environment", (api, read) => {
    const inFile = GOOD.replace('8510"', `8510", api: "${api}"`);
    expect(unwrap(parseNodeConfig(inFile, "/base", {})).peers[0]!.api).toBe(read);
    const env = { SEALWRIGHT_PEERS: `${ID}@127.0.0.1:8510@${api}` };
    expect(unwrap(parseNodeConfig(GOOD, "/base", env)).peers[0]!.api).toBe(read);
  });

  it.each(["10.0.0.7:8600", "ftp://a:1", "http://", "http://me:secret@a:1", "http://a:1/?x=1", "http://a b", "", 8600])(
    "refuses %j as where clients reach a peer",
    (api) => {
      const inFile = GOOD.replace('8510"', `8510", api: ${JSON.stringify(api)}`);
      expect(errorOf(inFile)).toMatchObject({ code: "badValue", path: "peers[0].api", value: api });
    },
  );

  it("takes the public address of the own API from the file, the environment and a flag", () => {
    const inFile = `${GOOD}\npublicApiUrl: "https://keeper.example.org/api/"`;
    expect(unwrap(parseNodeConfig(inFile, "/base", {})).publicApiUrl).toBe("https://keeper.example.org/api");
    const env = { SEALWRIGHT_PUBLIC_API_URL: "http://10.0.0.7:80" };
    expect(unwrap(parseNodeConfig(inFile, "/base", env)).publicApiUrl).toBe("http://10.0.0.7");
    expect(unwrap(parseNodeConfig(inFile, "/base", env, { publicApiUrl: "" })).publicApiUrl).toBeNull();
  });

  it.each([
    "keeper.example.org",
    "ftp://a:1",
    "http://",
    "http://me:secret@a:1",
    "http://a:1/?x=1",
    "http://a/#x",
    8600,
  ])("refuses %j as the public address of the own API, and says what is allowed", (url) => {
    const error = errorOf(`${GOOD}\npublicApiUrl: ${JSON.stringify(url)}`);
    expect(error).toMatchObject({ code: "badValue", path: "publicApiUrl", value: url });
    expect(error.allowed).toMatch(/http or https.*such as "https:/);
  });

  it.each([
    ["http://10.0.0.7:6732/", { kind: "http", url: "http://10.0.0.7:6732" }],
    ["https://forge.example.org/keeper", { kind: "http", url: "https://forge.example.org/keeper" }],
    ["tcp://[::1]:7732", { kind: "tcp", host: "::1", port: 7732 }],
    ["unix:run/signer", { kind: "unix", path: "/base/run/signer" }],
  ])("takes %s as the signing service, from the file and from the environment", (url, address) => {
    const inFile = `${GOOD}\nsigner: { url: ${JSON.stringify(url)}, authenticationKey: "./asker.key" }`;
    const signer = { address, authenticationKey: "/base/asker.key", tls: null };
    expect(unwrap(parseNodeConfig(inFile, "/base", {})).signer).toEqual(signer);
    const env = { SEALWRIGHT_SIGNER_URL: url, SEALWRIGHT_SIGNER_AUTHENTICATION_KEY: "" };
    expect(unwrap(parseNodeConfig(GOOD, "/base", env)).signer).toEqual({ ...signer, authenticationKey: null });
    expect(unwrap(parseNodeConfig(GOOD, "/base", {})).signer).toBeNull();
  });

  it.each([
    "127.0.0.1:6732",
    "ftp://a:1",
    "tcp://a",
    "tcp://a:0",
    "unix:",
    "http://me:secret@a:1",
    "http://a:1/tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn",
    "unix:/s?pkh=tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn",
    6732,
  ])("refuses %j as the signing service, and says what is allowed", (url) => {
    const error = errorOf(`${GOOD}\nsigner: { url: ${JSON.stringify(url)} }`);
    expect(error).toMatchObject({ code: "badValue", path: "signer.url", value: url });
    expect(error.allowed).toContain("where a signing service listens");
  });

  it("refuses a key that says who asks without a signing service", () => {
    const error = errorOf(`${GOOD}\nsigner: { authenticationKey: "a.key" }`);
    expect(error).toMatchObject({ code: "badValue", path: "signer.authenticationKey", value: "a.key" });
    expect(errorOf(`${GOOD}\nsigner: { uri: "x" }`)).toMatchObject({ code: "unknownKey", path: "signer.uri" });
  });

  it("takes certificates for a signing service at https://, and only there, and no half of a pair", () => {
    const signerOf = (url: string, more: object): string => `${GOOD}\nsigner: ${JSON.stringify({ url, ...more })}`;
    const url = "https://forge.example.org";
    const pair = { tlsCert: "./c.pem", tlsKey: "./c.key" };
    const client = { cert: "/base/c.pem", key: "/base/c.key" };
    const tlsOf = (more: object) => unwrap(parseNodeConfig(signerOf(url, more), "/base", {})).signer?.tls;
    expect(tlsOf({ ...pair, tlsCa: "/ca.pem" })).toEqual({ client, ca: "/ca.pem" });
    expect(tlsOf(pair)).toEqual({ client, ca: null });
    expect(tlsOf({ tlsCa: "ca.pem" })).toEqual({ client: null, ca: "/base/ca.pem" });
    for (const [text, code, path] of [
      [signerOf(url, { tlsCert: "c.pem" }), "missing", "signer.tlsKey"],
      [signerOf(url, { tlsKey: "c.key" }), "missing", "signer.tlsCert"],
      [signerOf("http://10.0.0.7:6732", pair), "badValue", "signer.tlsCert"],
      [signerOf("tcp://10.0.0.7:7732", { tlsCa: "ca.pem" }), "badValue", "signer.tlsCa"],
      [signerOf("", { tlsCa: "ca.pem" }), "badValue", "signer.tlsCa"],
    ] as const)
      expect(errorOf(text)).toMatchObject({ code, path });
  });

  it("says what is allowed, and where the value came from", () => {
    const text = describeConfigError(errorOf(GOOD, { SEALWRIGHT_LOG_LEVEL: "loud" }));
    expect(text).toBe(
      'log.level is "loud" (from SEALWRIGHT_LOG_LEVEL); allowed: "debug" or "info" or "warn" or "error"',
    );
    expect(describeConfigError(errorOf(`${GOOD}\nlog: { lvl: info }`))).toBe(
      "log.lvl is not a known key; here stand only level, format",
    );
  });

  it("says line and column of what is no YAML", () => {
    expect(errorOf("a: [1\nb: 2")).toMatchObject({
      code: "badYaml",
      path: expect.stringMatching(/^line \d+, column \d+$/) as string,
    });
  });

  it.each(["", "[]", "just text", "a: &x [1]\nb: *x", "? [1]\n: 2", "\0"])(
    "refuses %j without an exception",
    (text) => {
      expect(parseNodeConfig(text, "/base", {}).ok).toBe(false);
    },
  );
});

describe("what is no YAML", () => {
  it("is told with its place once, and ends with what is wrong", () => {
    const text = describeConfigError(errorOf("dataDir: a\ndataDir: b\n"));
    expect(text).toBe("not readable as YAML 1.2 at line 2, column 1: Map keys must be unique");
  });
});

describe("nodeConfigText", () => {
  it("is read back as what it was made of", () => {
    const listen = { keeper: { host: "127.0.0.1", port: 8500 }, api: { host: "::1", port: 8600 } };
    const address = { host: "example.org", port: 9 };
    const peers = [
      { id: unwrap(parseKeeperId(ID)), address, api: "https://example.org" },
      { id: unwrap(parseKeeperId("cd".repeat(32))), address, api: null },
    ];
    const text = nodeConfigText({ genesis: "../genesis.json", listen, peers, logFormat: "pretty" });
    const config = unwrap(parseNodeConfig(text, "/net/node-0", {}));
    expect(config).toMatchObject({ listen, peers, genesisPath: "/net/genesis.json", log: { format: "pretty" } });
  });
});

describe("node.schema.json", () => {
  it("is the one that the code gives; write it anew when the table of fields changes", () => {
    const published = readFileSync(new URL("../../node.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(nodeConfigSchema());
  });

  it("names every environment variable once", () => {
    const names = CONFIG_FIELDS.map(({ path }) => environmentNameOf(path));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("SEALWRIGHT_KEYS_PASSWORD_FILE");
  });
});
