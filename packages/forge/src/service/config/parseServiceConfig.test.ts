import { unwrap } from "@sealwright/types";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeServiceConfigError, parseServiceConfig, serviceConfigSchema } from "../../index.js";

const SECRET = "unencrypted:edsk3gUfUPyBSfrS9CCgmCiQsTCHGkviBDusMxDJstFtojtc1zcpsh";
const MINIMAL = `
listen: { http: "127.0.0.1:6732" }
watermarks: { kind: file, dir: ./marks }
keys: [ { secret: "${SECRET}", allow: [block, preattestation, attestation] } ]
`;
/** The public key of `TZ4`. */
const BLPK = "BLpk1yUiLJ7RezbyViD5ZvWTfQndM3TRRYmvYWkUfH2EJqsLFnzzvpJss6pbuz3U1DDMpk8v16nV";
const OCTEZ_ONLY = { publicKey: null, tls: null, authenticate: null };
const TZ1 = "tz1VSUr8wwNhLAzempoch5d6hLRiTh8Cjcjb";
const TZ4 = "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn";

function configWith(changes: object): string {
  return JSON.stringify({
    listen: { http: "127.0.0.1:6732" },
    watermarks: { kind: "file", dir: "./marks" },
    keys: [{ secret: SECRET, allow: ["block"] }],
    ...changes,
  });
}

function keyWith(source: object): string {
  return configWith({ keys: [{ ...source, allow: [] }] });
}

function faultOf(text: string): string {
  const config = parseServiceConfig(text, "/base");
  return config.ok ? "accepted" : `${config.error.code} ${describeServiceConfigError(config.error)}`;
}

describe("parseServiceConfig", () => {
  it("[FS1] reads the minimal configuration and fills in the rest", () => {
    expect(unwrap(parseServiceConfig(MINIMAL, "/base"))).toEqual({
      listen: { http: { host: "127.0.0.1", port: 6732 }, admin: null, tcp: null, unix: null, tls: null },
      watermarks: { kind: "file", dir: "/base/marks", acceptMissingHistory: false },
      keys: [
        {
          path: "keys[0]",
          source: { kind: "secret", secret: SECRET, password: null },
          allow: ["block", "preattestation", "attestation"],
          chains: null,
          protocols: ["octez"],
          signedBefore: false,
          enabled: true,
        },
      ],
      authentication: null,
      policy: { chains: null, listKnownKeys: false },
      limits: { signMsMax: 10_000, drainMsMax: 15_000, signThreads: 1 },
      log: { level: "info" },
    });
  });

  it("[FS1] reads every kind of key, with paths that start at the file", () => {
    const keys = [
      { secretFile: "k.txt", passwordEnv: "PASSWORD", allow: ["generic"] },
      { keystore: "k.json", passwordFile: "/p.txt", allow: [] },
      { remote: `http://host:6732/prefix/${TZ4}`, allow: ["block"] },
      { remote: `tcp://host:7732/${TZ4}`, allow: ["block"] },
      { remote: `unix:run/signer.sock?pkh=${TZ4}`, allow: ["block"] },
      {
        remote: `tcp://host:7732/${TZ4}`,
        publicKey: BLPK,
        authenticate: { secretFile: "a.key", passwordEnv: "PASSWORD" },
        allow: ["block"],
      },
      { web3signer: "https://host:9000/", publicKey: `0x${"AB".repeat(48)}`, allow: ["block"] },
    ];
    const config = unwrap(parseServiceConfig(configWith({ keys }), "/base"));
    expect(config.keys.map(({ source }) => source)).toEqual([
      { kind: "secretFile", path: "/base/k.txt", password: { kind: "environment", name: "PASSWORD" } },
      { kind: "keystore", path: "/base/k.json", password: { kind: "file", path: "/p.txt" } },
      { kind: "remote", address: { kind: "http", url: "http://host:6732/prefix" }, key: TZ4, ...OCTEZ_ONLY },
      { kind: "remote", address: { kind: "tcp", host: "host", port: 7732 }, key: TZ4, ...OCTEZ_ONLY },
      { kind: "remote", address: { kind: "unix", path: "/base/run/signer.sock" }, key: TZ4, ...OCTEZ_ONLY },
      {
        kind: "remote",
        address: { kind: "tcp", host: "host", port: 7732 },
        key: TZ4,
        publicKey: expect.stringMatching(/^[0-9a-f]{96}$/) as string,
        tls: null,
        authenticate: { secretFile: "/base/a.key", password: { kind: "environment", name: "PASSWORD" } },
      },
      { kind: "web3signer", url: "https://host:9000", publicKey: "ab".repeat(48), tls: null },
    ]);
    expect(config.keys.map(({ protocols }) => protocols.join())).toEqual([
      "octez",
      "octez,web3signer",
      "octez",
      "octez",
      "octez",
      "octez",
      "web3signer",
    ]);
  });

  it.each([
    ["", "missing listen is missing"],
    ["listen: [", "badYaml not readable as YAML 1.2 at line 1, column 10"],
    ["just text", "badValue  is"],
    [configWith({ lisen: 1 }), "unknownKey lisen is not a known key; here stand only listen, watermarks"],
    [configWith({ listen: { htp: "1" } }), "unknownKey listen.htp is not a known key"],
    [configWith({ listen: { http: "6732" } }), 'badValue listen.http is "6732"; allowed: host and port'],
    [configWith({ listen: { http: "127.0.0.1:65536" } }), "badValue listen.http"],
    [configWith({ watermarks: undefined }), 'missing watermarks.kind is missing; wanted: "file" or "postgres"'],
    [configWith({ watermarks: { kind: "none" } }), 'badValue watermarks.kind is "none"'],
    [configWith({ watermarks: { kind: "file" } }), "missing watermarks.dir"],
    [configWith({ watermarks: { kind: "file", dir: "m", url: "x" } }), "unknownKey watermarks.url"],
    [configWith({ watermarks: { kind: "postgres", url: "mysql://x" } }), "badValue watermarks.url"],
    [configWith({ keys: [] }), "badValue keys is []; allowed: at least one key"],
    [configWith({ keys: undefined }), "missing keys is missing"],
    [configWith({ keys: [{ allow: [] }] }), "missing keys[0] is missing; wanted: one of secret, secretFile"],
    [configWith({ keys: [{ secret: SECRET }] }), "missing keys[0].allow is missing"],
    [configWith({ keys: [{ secret: SECRET, allow: ["blocks"] }] }), 'badValue keys[0].allow[0] is "blocks"'],
    [configWith({ keys: [{ secret: SECRET, allow: ["block", "block"] }] }), "badValue keys[0].allow[1]"],
    [configWith({ keys: [{ secret: SECRET, allow: [], chains: ["main"] }] }), "badValue keys[0].chains[0]"],
    [configWith({ keys: [{ keystore: "k.json", allow: [] }] }), "missing keys[0].passwordFile"],
    [configWith({ keys: [{ remote: "http://host:6732", allow: [] }] }), "badValue keys[0].remote"],
    [configWith({ keys: [{ remote: "http://host/tz1abc", allow: [] }] }), "badValue keys[0].remote"],
    [configWith({ listen: { http: "127.0.0.1:0", tcp: "7732" } }), 'badValue listen.tcp is "7732"; allowed: host and'],
    [configWith({ listen: { http: "127.0.0.1:0", unix: "s".repeat(108) } }), "badValue listen.unix"],
    [configWith({ listen: { http: "127.0.0.1:0", tls: { cert: "c" } } }), "missing listen.tls.key"],
    [
      keyWith({ remote: `http://host/${TZ4}`, tls: { ca: "ca" } }),
      "badValue keys[0].tls is null; allowed: certificates",
    ],
    [keyWith({ remote: `https://host/${TZ4}`, tls: { cert: "c" } }), "missing keys[0].tls.key"],
    [keyWith({ remote: `https://host/${TZ4}`, tls: {} }), "missing keys[0].tls is missing; wanted: cert and key, ca"],
    [keyWith({ secret: SECRET, tls: { ca: "ca" } }), "badValue keys[0].tls"],
    [
      keyWith({ remote: `tcp://host:1/${TZ1}`, publicKey: BLPK }),
      `badValue keys[0].publicKey is "${BLPK}"; allowed: the public key of ${TZ1}`,
    ],
    [keyWith({ remote: `tcp://host:1/${TZ4}`, publicKey: "ab" }), 'badValue keys[0].publicKey is "ab"; allowed: the'],
    [keyWith({ secret: SECRET, publicKey: BLPK }), "badValue keys[0].publicKey"],
    [
      keyWith({ secret: SECRET, authenticate: { secretFile: "a" } }),
      "badValue keys[0].authenticate is null; allowed: a key that says who asks only beside remote",
    ],
    [
      keyWith({ remote: `tcp://host:1/${TZ4}`, authenticate: {} }),
      "missing keys[0].authenticate.secretFile is missing",
    ],
    [
      keyWith({ remote: `tcp://host:1/${TZ4}`, authenticate: { secret: "x" } }),
      "unknownKey keys[0].authenticate.secret",
    ],
    [configWith({ limits: { signMsMax: 1.5 } }), "badValue limits.signMsMax is 1.5; allowed: a whole number"],
    [configWith({ policy: { listKnownKeys: "yes" } }), "badValue policy.listKnownKeys"],
    [configWith({ authentication: { authorizedKeys: ["tz1"] } }), "badValue authentication.authorizedKeys[0]"],
  ])("[FS2] says where %j is wrong, what stands there and what may", (text, fault) => {
    expect(faultOf(text).startsWith(fault), faultOf(text)).toBe(true);
  });

  it("[FS2] refuses a way around authentication", () => {
    const keys = [{ keystore: "k.json", passwordFile: "p", allow: [] }];
    const authorizedKeys = ["edpkuBknW28nW72KG6RoHtYW7p12T6GKc7nAbwYX5m8Wd9sDVC9yav"];
    expect(faultOf(configWith({ keys, authentication: { authorizedKeys } }))).toContain("keys[0].protocols");
  });

  it("[FS3] never repeats a secret, whatever is wrong with it", () => {
    const texts = [
      configWith({ keys: [{ secret: `${SECRET}!`, allow: [] }] }),
      configWith({ keys: [{ secert: SECRET, allow: [] }] }),
      configWith({ keys: [{ secret: SECRET, keystore: "k", allow: [] }] }),
      configWith({ watermarks: { kind: "postgres", url: "postgres:/user:hunter2@host" } }),
      `keys: [ { secret: "${SECRET} ] `,
    ];
    for (const text of texts) {
      const config = parseServiceConfig(text, "/base");
      expect(config.ok).toBe(false);
      expect(JSON.stringify(config)).not.toMatch(/edsk3|hunter2/);
    }
  });
});

describe("forge.schema.json", () => {
  it("is the one that the code gives; write it anew when the configuration changes", () => {
    const published = readFileSync(new URL("../../../forge.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(serviceConfigSchema());
  });
});
