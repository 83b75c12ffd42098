import { KEYS_MAX, LEASE_MS, LIMITS, LOG_LEVELS } from "./parseServiceConfig.js";
import { ALLOWED_KINDS, SERVICE_PROTOCOLS } from "./serviceConfig.js";

const ADDRESS = {
  type: "string",
  pattern: "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9.-]+):[0-9]{1,5}$",
  examples: ["127.0.0.1:6732"],
} as const;
const PATH = { type: "string", minLength: 1, description: "Relative paths start at the configuration file." } as const;
const CHAINS = {
  type: "array",
  description: "Chain ids (Net…), network ids or genesis validators roots; all chains when absent.",
  items: { type: "string", minLength: 1 },
} as const;

/** JSON Schema (2020-12) of forge.yaml, for editors; published as forge.schema.json. */
export function serviceConfigSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Sealwright signing service",
    ...objectOf(
      {
        listen: objectOf(
          {
            http: { ...ADDRESS, description: "Where clients connect; port 0 takes a free one." },
            admin: { ...ADDRESS, description: "Health, metrics and reload go there instead." },
            tcp: {
              ...ADDRESS,
              description: "The same protocol of Octez in frames over TCP, as its tcp:// keys speak it.",
            },
            unix: { ...PATH, description: "The same on a unix socket, which only this user may use." },
            tls: objectOf(
              { cert: PATH, key: PATH, clientCa: { ...PATH, description: "Who signs the certificates of clients." } },
              ["cert", "key"],
            ),
          },
          ["http"],
        ),
        watermarks: { oneOf: [fileWatermarks(), postgresWatermarks()] },
        keys: { type: "array", minItems: 1, maxItems: KEYS_MAX, items: keySchema() },
        authentication: objectOf(
          { authorizedKeys: { type: "array", minItems: 1, items: { type: "string", pattern: "^(ed|sp|p2|BL)pk" } } },
          ["authorizedKeys"],
        ),
        policy: objectOf({ chains: CHAINS, listKnownKeys: { type: "boolean", default: false } }),
        limits: objectOf(
          Object.fromEntries(
            Object.entries(LIMITS).map(([name, { preset, min, max }]) => [name, whole(preset, min, max)]),
          ),
        ),
        log: objectOf({ level: { enum: [...LOG_LEVELS], default: "info" } }),
      },
      ["listen", "watermarks", "keys"],
    ),
  };
}

function fileWatermarks(): object {
  return objectOf({ kind: { const: "file" }, dir: PATH, acceptMissingHistory: { type: "boolean", default: false } }, [
    "kind",
    "dir",
  ]);
}

function postgresWatermarks(): object {
  const { preset, min, max } = LEASE_MS;
  return objectOf(
    {
      kind: { const: "postgres" },
      url: { type: "string", pattern: "^postgres(ql)?://" },
      lease: objectOf({ name: { type: "string", minLength: 1 }, ttlMs: whole(preset, min, max) }, ["name"]),
      acceptMissingHistory: { type: "boolean", default: false },
    },
    ["kind", "url"],
  );
}

function keySchema(): object {
  const sources = ["secret", "secretFile", "keystore", "remote", "web3signer"];
  return {
    ...objectOf(
      {
        secret: { type: "string", description: "unencrypted:edsk…, encrypted:edesk… (also spsk, p2sk, BLsk)." },
        secretFile: { ...PATH, description: "A file with the same text." },
        keystore: { ...PATH, description: "EIP-2335 key file." },
        remote: {
          type: "string",
          description: "Key at an Octez signer: http(s)://host:port/tz1…, tcp://…, unix:…?pkh=…",
        },
        web3signer: { type: "string", pattern: "^https?://", description: "Address of a Web3Signer; with publicKey." },
        passwordFile: { ...PATH, description: "Its first line opens the key." },
        passwordEnv: { type: "string", minLength: 1, description: "Environment variable that opens the key." },
        publicKey: {
          type: "string",
          pattern: "^((0x)?[0-9a-fA-F]{96}|BLpk.+)$",
          description: "Of a key at a Web3Signer, or of a remote tz4 key that signs for a Sealwright network.",
        },
        tls: {
          ...objectOf({ cert: PATH, key: PATH, ca: PATH }),
          description: "Beside an https:// address: the certificate that is shown there, and who signs its own.",
        },
        authenticate: {
          ...objectOf({ secretFile: PATH, passwordFile: PATH, passwordEnv: { type: "string", minLength: 1 } }, [
            "secretFile",
          ]),
          description: "Beside remote: the key that says who asks, one of the other signer's authorized keys.",
        },
        allow: { type: "array", uniqueItems: true, items: { enum: [...ALLOWED_KINDS] } },
        chains: CHAINS,
        protocols: { type: "array", minItems: 1, uniqueItems: true, items: { enum: [...SERVICE_PROTOCOLS] } },
        signedBefore: { type: "boolean", default: false },
        enabled: { type: "boolean", default: true },
      },
      ["allow"],
    ),
    oneOf: sources.map((source) => ({ required: [source] })),
  };
}

function whole(preset: number, minimum: number, maximum: number): object {
  return { type: "integer", default: preset, minimum, maximum };
}

function objectOf(properties: Readonly<Record<string, object>>, required: readonly string[] = []): object {
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    properties,
  };
}
