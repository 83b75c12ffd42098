import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { networkIdOf, parseGenesis } from "@sealwright/consensus";
import { type BlsSecretKey, verifyPossession } from "@sealwright/crypto";
import { createDevnet, sleepMs } from "@sealwright/devnet";
import { TlsTransport } from "@sealwright/network";
import { loadKeys, nodeDirOf, parseNodeConfig, systemClock, systemRandom } from "@sealwright/node";
import {
  type AggregatedAttestation,
  attestationSigningBytes,
  type BlockId,
  encodeEvidence,
  encodeWireMessage,
  type EnvelopeHash,
  height,
  type KeeperId,
  type NetworkId,
  type SignerIndex,
  silentLogger,
  term,
  type ThreadId,
  unwrap,
} from "@sealwright/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-evidence-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function voteOf(
  networkId: NetworkId,
  threadId: ThreadId,
  signer: SignerIndex,
  key: BlsSecretKey,
  id: string,
): AggregatedAttestation {
  const attestation = {
    threadId,
    term: term(0),
    height: height(1_000_000),
    blockId: id.repeat(32) as BlockId,
    envelopeHash: id.repeat(32) as EnvelopeHash,
    target: "primary" as const,
  };
  return { attestation, signers: [signer], signature: key.sign(attestationSigningBytes(networkId, attestation)) };
}

describe("a keeper that votes twice in a network of processes", () => {
  it("[§8] is shown by every node and by the command line, also after a restart", async () => {
    const dataDir = join(dir, "devnet");
    await using devnet = await createDevnet({
      executor: "ledger",
      nodes: 4,
      threads: 1,
      accounts: 2,
      dataDir,
      nodeCommand: [process.execPath, BIN, "node"],
      ports: { api: 0, keeper: 0 },
    });
    // The double voter takes the place of a keeper, with that keeper's keys.
    const { producer } = await devnet.clients[0]!.thread(0);
    const leader = devnet.folder.keeperIds.indexOf(producer.keeperId as KeeperId);
    const [guilty, restarted] = [(leader + 1) % 4, (leader + 2) % 4];
    const others = [0, 1, 2, 3].filter((index) => index !== guilty);
    await devnet.kill(guilty);
    const nodeDir = nodeDirOf(dataDir, guilty);
    const config = unwrap(parseNodeConfig(await readFile(join(nodeDir, "node.yaml"), "utf8"), nodeDir, {}));
    const keys = unwrap(await loadKeys(config.keys));
    const genesis = unwrap(parseGenesis(JSON.parse(await readFile(config.genesisPath, "utf8")), verifyPossession));
    const networkId = networkIdOf(genesis);
    const sorted = genesis.keepers.map(({ id }) => id).sort();
    const self = devnet.folder.keeperIds[guilty] as KeeperId;
    const signer = sorted.indexOf(self) as SignerIndex;
    const threadId = (await devnet.clients[others[0]!]!.threads())[0]!.threadId as ThreadId;

    const peers = config.peers.map(({ id, address }) => {
      const publicKey = genesis.keepers.find((keeper) => keeper.id === id)!.transportPublicKey;
      return { id, publicKey, ...address };
    });
    await using transport = new TlsTransport(
      { self, networkId, seed: keys.transportSeed, listen: config.listen.keeper, peers },
      { clock: systemClock, random: systemRandom, logger: silentLogger },
    );
    unwrap(await transport.start());
    const isConnected = (): boolean => transport.peers().some(({ state }) => state === "connected");
    while (!isConnected()) await sleepMs(50);
    const votes = ["aa", "bb"].map((id) => voteOf(networkId, threadId, signer, keys.blsSecretKey, id));
    const evidence = encodeEvidence({ kind: "doubleAttestation", accused: signer, votes: [votes[0]!, votes[1]!] });
    const first = transport.peers().find(({ state }) => state === "connected")!;
    transport.send(first.id, encodeWireMessage({ type: "evidence", evidence }));

    const shown = async (index: number): Promise<readonly { kind: string; accused: string }[]> =>
      devnet.clients[index]!.evidence();
    for (const index of others) {
      while ((await shown(index)).length === 0) await sleepMs(50);
      expect(await shown(index)).toMatchObject([{ kind: "doubleAttestation", accused: self, height: "1000000" }]);
    }
    await devnet.kill(restarted);
    await devnet.restart(restarted);
    expect(await shown(restarted)).toHaveLength(1);
    const { code, stdout } = await sealwright("evidence", "--data-dir", dataDir);
    expect(stdout).toContain("voted for two blocks of one height");
    expect(code).toBe(1);
  });
});

function sealwright(...args: string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { timeout: 30_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    );
  });
}
