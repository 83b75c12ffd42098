import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { BlsSecretKey, CryptoPool, InlineCrypto } from "@sealwright/crypto";
import {
  FileWatermarkStore,
  type ForgeRequest,
  type ForgeWorker,
  LocalBlsSigner,
  localTezosKey,
  LocalTezosSigner,
  publicKeyHexFromBytes,
  type Signer,
  startForgeWorker,
  type WatermarkStore,
} from "@sealwright/forge";
import { systemClock } from "@sealwright/node";
import { type BlockHash, type BlockPayloadHash, type ChainId, level, round, slot } from "@sealwright/tezos";
import {
  type BlockId,
  DEFAULT_THREAD_ID,
  type EnvelopeHash,
  err,
  height,
  type NetworkId,
  ok,
  sha256Hex,
  silentLogger,
  term,
  unwrap,
} from "@sealwright/types";

/** The forge under measurement, and the same signer without it. */
export interface BenchForge extends AsyncDisposable {
  readonly keys: number;
  /** Its nth request for each key; every one is for a new place. */
  request(key: number, nth: number): ForgeRequest;
  sign(request: ForgeRequest): Promise<void>;
  /** What `sign` would have signed, by the signer alone. */
  signBare(key: number, nth: number): Promise<void>;
}

const NETWORK = sha256Hex(new TextEncoder().encode("bench")) as NetworkId;
const QUEUE = { waitingPerKeyMax: 1_024, waitingMax: 65_536, signTimeoutMs: 600_000 } as const;
const MESSAGE_BYTES = 151;

/** Keys of our own chain on threads of their own, with marks in a file. */
export async function openBlsForge(keyCount: number, signThreads: number): Promise<BenchForge> {
  const secrets = Array.from({ length: keyCount }, () => unwrap(BlsSecretKey.fromKeygen(randomBytes(32))));
  const publicKeys = secrets.map((secret) => secret.publicKey());
  const ids = publicKeys.map(publicKeyHexFromBytes);
  const pool = new CryptoPool({
    signerKeys: secrets.map((secret) => secret.toBytes()),
    workers: signThreads,
    jobsMax: 65_536,
  });
  const signer = new LocalBlsSigner({ keys: ids }, { service: pool });
  const forge = await withFileMarks(signer);
  const message = (nth: number): Uint8Array => new Uint8Array(MESSAGE_BYTES).fill(nth & 255);
  return {
    keys: keyCount,
    request: (key, nth) => attestationOf(ids[key]!, nth),
    sign: (request) => signOrThrow(forge.worker, request),
    signBare: async (key, nth) => void (await pool.sign(publicKeys[key]!, message(nth))),
    async [Symbol.asyncDispose]() {
      await forge.close();
      await pool[Symbol.asyncDispose]();
    },
  };
}

/** Tezos keys whose signatures cost next to nothing: what is left is the forge and the disk. */
export async function openEd25519Forge(keyCount: number): Promise<BenchForge> {
  const keys = Array.from({ length: keyCount }, () =>
    unwrap(localTezosKey({ scheme: "ed25519", form: "seed", seed: new Uint8Array(randomBytes(32)) })),
  );
  const signer: Signer = new LocalTezosSigner({ keys }, { service: new InlineCrypto() });
  const forge = await withFileMarks(signer);
  const { signal } = new AbortController();
  const branch = new Uint8Array(32) as BlockHash;
  const payloadHash = new Uint8Array(32) as BlockPayloadHash;
  const chainId = new Uint8Array(4) as ChainId;
  return {
    keys: keyCount,
    request: (key, nth) => {
      const place = { slot: slot(0), level: level(nth + 1), round: round(0) };
      const vote = { kind: "preattestation", branch, payloadHash, ...place } as const;
      return { kind: "tezosPreattestation", key: keys[key]!.id, chainId, vote };
    },
    sign: (request) => signOrThrow(forge.worker, request),
    signBare: async (key, nth) => {
      const bytes = new Uint8Array(MESSAGE_BYTES).fill(nth & 255);
      unwrap(await signer.sign(keys[key]!.id, bytes, { signal, deadlineMs: null }));
    },
    [Symbol.asyncDispose]: () => forge.close(),
  };
}

/** No signature and no disk: what a request costs inside the forge. */
export async function openEmptyForge(keyCount: number): Promise<BenchForge> {
  const ids = Array.from({ length: keyCount }, () => publicKeyHexFromBytes(randomBytes(48)));
  const signature = ok(new Uint8Array(96));
  const signer: Signer = {
    name: "no signer",
    concurrentMax: Infinity,
    keys: () => ids,
    sign: () => Promise.resolve(signature),
  };
  const worker = await startWorker(signer, YES_STORE);
  return {
    keys: keyCount,
    request: (key, nth) => attestationOf(ids[key]!, nth),
    sign: (request) => signOrThrow(worker, request),
    signBare: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => worker.shutdown(),
  };
}

/** Remembers nothing: for measuring only, and in reach of nothing else. */
const YES_STORE: WatermarkStore = {
  guard: () => Promise.resolve(ok({ kind: "first", signature: null })),
  remember: () => undefined,
  marksOf: () => Promise.resolve(err({ code: "storeClosed", message: "it has none", retryable: false })),
  scopes: () => Promise.resolve(ok([])),
  raise: () => Promise.resolve(ok(undefined)),
  health: () => ({ ok: true }),
  close: () => Promise.resolve(),
};

async function withFileMarks(signer: Signer): Promise<{ readonly worker: ForgeWorker; close(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), "sealwright-bench-"));
  const store = unwrap(
    await FileWatermarkStore.open({ directory: join(parent, "marks") }, { clock: systemClock, logger: silentLogger }),
  );
  const worker = await startWorker(signer, store);
  return {
    worker,
    close: async () => {
      await worker.shutdown();
      await store.close();
      await rm(parent, { recursive: true, force: true });
    },
  };
}

async function startWorker(signer: Signer, watermarks: WatermarkStore): Promise<ForgeWorker> {
  const parts = { signers: [signer], watermarks, clock: systemClock, logger: silentLogger };
  return unwrap(await startForgeWorker(QUEUE, parts));
}

function attestationOf(key: ReturnType<typeof publicKeyHexFromBytes>, nth: number): ForgeRequest {
  const hash = nth.toString(16).padStart(64, "0");
  const attestation = {
    threadId: DEFAULT_THREAD_ID,
    term: term(0),
    height: height(nth + 1),
    blockId: hash as BlockId,
    envelopeHash: hash as EnvelopeHash,
    target: "primary",
  } as const;
  return { kind: "attestation", key, networkId: NETWORK, attestation };
}

async function signOrThrow(worker: ForgeWorker, request: ForgeRequest): Promise<void> {
  const outcome = await worker.forge(request);
  if (!("signature" in outcome)) throw new Error(`a bench request ended as ${outcome.kind}`, { cause: outcome });
}
