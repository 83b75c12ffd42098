import { ALL_VERIFY } from "@sealwright/consensus";
import { certify, createTestNetwork, TestChain } from "@sealwright/consensus/testing";
import { type AggregatedAttestation, type SignedNack, signerIndex, type ThreadId } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import type { KeeperPorts } from "./keeperPorts.js";
import { KeeperRunner } from "./keeperRunner.js";
import { initialKeeperState } from "./keeperState.js";

const { rules, root } = createTestNetwork(4);
const peers = rules.keepers.members.map(({ id }) => id);

function open(ports: Partial<KeeperPorts>): KeeperRunner {
  const config = {
    rules,
    self: peers[3]!,
    signer: signerIndex(3),
    timeAheadMaxMs: 500,
    voteResendMs: 300,
    verification: ALL_VERIFY,
  };
  const silent: KeeperPorts = {
    checkSignatures: () => new Promise(() => undefined),
    checkCertificate: () => new Promise(() => undefined),
    execute: () => new Promise(() => undefined),
    applyUpdate: () => new Promise(() => undefined),
    checkNack: () => new Promise(() => undefined),
    drawTicket: () => new Promise(() => undefined),
    acknowledge: () => undefined,
    forgeNack: () => new Promise(() => undefined),
    sendNack: () => undefined,
    commit: () => new Promise(() => undefined),
    forgeVote: () => new Promise(() => undefined),
    forgeLock: () => new Promise(() => undefined),
    aggregateLocks: () => new Promise(() => undefined),
    completeCertificate: () => new Promise(() => undefined),
    sendSuspect: () => undefined,
    sendYield: () => undefined,
    sendLock: () => undefined,
    sendVote: () => undefined,
    finalize: () => undefined,
    sendStatus: () => undefined,
    requestBlocks: () => undefined,
    penalize: () => undefined,
    notify: () => undefined,
    releaseStates: () => undefined,
    fail: () => undefined,
  };
  return new KeeperRunner(initialKeeperState(config, root, null), {
    ports: { ...silent, ...ports },
    clock: new ManualClock(),
  });
}

function certificateAt(n: number): AggregatedAttestation {
  const chain = new TestChain(rules, root);
  return certify(rules, chain.grow({ externals: [Uint8Array.of(n)] }));
}

describe("KeeperRunner", () => {
  it("[I12] checks a bounded number of certificates per peer at a time, and each block's only once", () => {
    const checked: string[] = [];
    const keeper = open({
      checkCertificate: ({ attestation }) => {
        checked.push(attestation.blockId);
        return new Promise(() => undefined);
      },
    });
    for (let n = 0; n < 20; n++) keeper.offerCertificate(certificateAt(n), peers[0]!);
    expect(checked).toHaveLength(8);
    keeper.offerCertificate(certificateAt(0), peers[1]!);
    expect(checked).toHaveLength(8);
    keeper.offerCertificate(certificateAt(30), peers[1]!);
    expect(checked).toHaveLength(9);
  });

  it("penalizes who sends a bad certificate, and takes it up when it is good", async () => {
    const penalized: string[] = [];
    let isGood = false;
    const keeper = open({
      checkCertificate: () => Promise.resolve(isGood),
      penalize: (peer) => penalized.push(peer),
    });
    keeper.offerCertificate(certificateAt(1), peers[0]!);
    await Promise.resolve();
    expect(penalized).toEqual([peers[0]]);
    isGood = true;
    keeper.offerCertificate(certificateAt(1), peers[1]!);
    await Promise.resolve();
    expect(keeper.state.certificates.size).toBe(1);
    expect(keeper.isBehind()).toBe(true);
  });

  it("[I12] a certificate of another thread counts for none but its own, whatever it came with", () => {
    const penalized: string[] = [];
    const checked: string[] = [];
    const keeper = open({
      checkCertificate: ({ attestation }) => {
        checked.push(attestation.blockId);
        return Promise.resolve(true);
      },
      penalize: (peer, cause) => penalized.push(`${peers.indexOf(peer)} ${cause}`),
    });
    const good = certificateAt(1);
    const foreign = { ...good, attestation: { ...good.attestation, threadId: "ab".repeat(34) as ThreadId } };
    keeper.offerCertificate(foreign, peers[0]!);
    expect(checked).toEqual([]);
    expect(penalized).toEqual(["0 badCertificate"]);
  });

  it("[I12] checks at most four Nacks per peer at a time, each once, and penalizes whose signature is bad", async () => {
    const checked: string[] = [];
    const penalized: string[] = [];
    const answers: ((good: boolean) => void)[] = [];
    const keeper = open({
      checkNack: ({ verdict }) => {
        checked.push(verdict.blockId);
        return new Promise((resolve) => answers.push(resolve));
      },
      penalize: (peer, cause, detail) => penalized.push(`${peers.indexOf(peer)} ${cause} ${detail}`),
    });
    const nackAt = (n: number): SignedNack => {
      const { threadId, blockId, envelopeHash } = certificateAt(n).attestation;
      const verdict = { threadId, blockId, envelopeHash };
      return { verdict, signer: signerIndex(0), reason: 1, ticket: null, signature: new Uint8Array(96) };
    };
    for (let n = 0; n < 8; n++) keeper.offerNack(nackAt(n >> 1), peers[0]!);
    keeper.offerNack(nackAt(9), peers[0]!);
    expect(checked).toHaveLength(4);
    answers[0]!(false);
    answers[1]!(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(penalized).toEqual(["0 badSignature nack"]);
    expect(keeper.state.nacking.fetching).toHaveLength(1);
    keeper.offerNack({ ...nackAt(9), ticket: new Uint8Array(96) }, peers[0]!);
    expect(penalized).toHaveLength(2);
  });

  it("[§9] tells the node when an edge fails instead of answering, and nothing after it stopped", async () => {
    const failures: unknown[] = [];
    const keeper = open({
      checkCertificate: () => Promise.reject(new Error("crypto died")),
      fail: (error) => failures.push(error),
    });
    keeper.offerCertificate(certificateAt(1), peers[0]!);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toHaveLength(1);
    keeper.stop();
    keeper.offerCertificate(certificateAt(2), peers[0]!);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures).toHaveLength(1);
  });
});
