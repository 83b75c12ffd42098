import { verifyAggregate, verifyBatch } from "@sealwright/crypto";
import {
  type AggregatedAttestation,
  type BlockHeader,
  type BlockId,
  decodeFinalityProof,
  encodeFinalityProof,
  type FinalityProof,
  type NetworkId,
  type SignerIndex,
  unwrap,
} from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { buildFinalityProof, checkFinalityProof } from "./finalityProof.js";
import {
  attest,
  attestSigned,
  certify,
  createSigningKeepers,
  createTestNetwork,
  firstKeepers,
  TestChain,
} from "./testing/index.js";

const signing = createSigningKeepers(4);
const { rules, root } = createTestNetwork(signing);
const { networkId, keepers } = rules;
const chain = new TestChain(rules, root);
const b1 = chain.grow();
const b2 = chain.grow();
const b3 = chain.grow({ attestations: [attest(b1, [3]), attestSigned(rules, signing, b2, [0, 1, 2])] });
const b4 = chain.grow();
const qc3 = attestSigned(rules, signing, b3, [1, 2, 3], "fallback");
const qc4 = attestSigned(rules, signing, b4, [0, 1, 3]);

/** Proof for block `from` (1..) by the last of the first `count` blocks. */
function proofOf(from: number, count: number, certificate: AggregatedAttestation): FinalityProof {
  return buildFinalityProof(chain.blocks.slice(from - 1, count), b3.id, b2.id, certificate, keepers.quorum);
}

function verdict(proof: FinalityProof): string {
  const checked = checkFinalityProof(networkId, keepers, proof);
  if (!checked.ok) return checked.error.code;
  return verifyBatch(checked.value.signatureSets).length === 0 ? `final ${checked.value.blockId}` : "badSignature";
}

describe("a finality proof, with real signatures", () => {
  it("[F1] holds for the certified block, by the carrier's own certificate", () => {
    expect(verdict(proofOf(2, 3, qc3))).toBe(`final ${b2.id}`);
  });

  it("[F1] holds by the certificate of a descendant of the carrier", () => {
    expect(verdict(proofOf(2, 4, qc4))).toBe(`final ${b2.id}`);
  });

  it("[F2] holds for an ancestor, by the headers down to it", () => {
    expect(verdict(proofOf(1, 3, qc3))).toBe(`final ${b1.id}`);
    expect(verdict(proofOf(1, 4, qc4))).toBe(`final ${b1.id}`);
  });

  it("[F2] says what it proves, and survives the wire", () => {
    const proof = unwrap(decodeFinalityProof(encodeFinalityProof(proofOf(1, 4, qc4))));
    const checked = unwrap(checkFinalityProof(networkId, keepers, proof));
    expect(checked).toMatchObject({ blockId: b1.id, threadId: rules.threadId, header: chain.blocks[0]!.header });
    for (const set of checked.signatureSets)
      expect(verifyAggregate(set.publicKeys, set.message, set.signature)).toBe(true);
  });

  it("[F2] [I12] is refused with any one byte changed, wherever it is", () => {
    const bytes = encodeFinalityProof(proofOf(2, 3, qc3));
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const decoded = decodeFinalityProof(changed);
      if (decoded.ok && verdict(decoded.value).startsWith("final")) throw new Error(`byte ${at} changed nothing`);
    }
  });

  it("[§3] is refused when a certificate names the right keepers but fewer of them signed", () => {
    const short = { ...qc3, signature: attestSigned(rules, signing, b3, [1, 2], "fallback").signature };
    expect(verdict(proofOf(2, 3, short))).toBe("badSignature");
  });
});

describe("a finality proof is refused", () => {
  const good = proofOf(1, 4, qc4);
  const [h1, h2, h3, h4] = good.headers as [BlockHeader, BlockHeader, BlockHeader, BlockHeader];

  it.each<[string, FinalityProof]>([
    ["noHeaders", { ...good, headers: [] }],
    ["wrongNetwork", { ...good, headers: [h1, h2, h3, { ...h4, networkId: "ee".repeat(32) as NetworkId }] }],
    ["brokenChain", { ...good, headers: [h1, h3, h4] }],
    ["brokenChain", { ...good, headers: [h2, h1, h3, h4] }],
    ["brokenChain", { ...good, headers: [{ ...h1, gasUsed: 1n }, h2, h3, h4] }],
    ["carrierOutside", { ...good, carrierIndex: 4 }],
    ["carrierOutside", { ...good, carrierIndex: -1 }],
    ["notCarried", { ...good, carrierIndex: 3 }],
    ["notCarried", { ...good, carried: qc3 }],
    ["notCarried", { ...good, carriedPath: { ...good.carriedPath, index: 0 } }],
    ["notCarried", { ...good, carriedPath: { ...good.carriedPath, count: Infinity } }],
    ["certifiedBlockOutside", { ...good, headers: [h3, h4], carrierIndex: 0 }],
    ["certificateOfAnotherBlock", { ...good, certificate: qc3 }],
    [
      "certificateOfAnotherBlock",
      { ...good, certificate: { ...qc4, attestation: { ...qc4.attestation, height: h3.height } } },
    ],
    ["badSigners", { ...good, certificate: { ...qc4, signers: qc4.signers.slice(1) } }],
    ["badSigners", { ...good, certificate: { ...qc4, signers: [0, 1, 4] as SignerIndex[] } }],
    ["badSigners", { ...good, certificate: { ...qc4, signers: [0, 0, 0] as SignerIndex[] } }],
    ["badSigners", { ...good, certificate: { ...qc4, signers: [-1, 0, 1] as SignerIndex[] } }],
  ])("[F1] [F2] %s", (code, proof) => {
    expect(verdict(proof)).toBe(code);
  });

  it("[F1] when what the carrier carries is less than a quorum", () => {
    const short = buildFinalityProof(chain.blocks.slice(0, 3), b3.id, b1.id, qc3, 1);
    expect(verdict(short)).toBe("badSigners");
  });

  it("[F1] when the second certificate is of a later term", () => {
    const switched = new TestChain(rules, root);
    const first = switched.grow();
    const second = switched.growCertified();
    const third = switched.grow({ round: 1 });
    const proof = buildFinalityProof(switched.blocks, second.id, first.id, certify(rules, third), keepers.quorum);
    expect(verdict(proof)).toBe("termsDiffer");
  });

  it("[F1] when the certificate stands in a switch certificate, which carries nothing", () => {
    const switched = new TestChain(rules, root);
    switched.grow();
    const parent = switched.growCertified();
    const first = switched.grow({ round: 1 });
    const inCertificate = switched.blocks[2]!.body.switchCertificate!.qc!;
    expect(inCertificate.attestation.blockId).toBe(parent.id);
    const forged: FinalityProof = {
      headers: switched.blocks.slice(1).map((block) => block.header),
      carrierIndex: 1,
      carried: inCertificate,
      carriedPath: { index: 0, count: 1, siblings: [] },
      certificate: certify(rules, first),
    };
    expect(verdict(forged)).toBe("notCarried");
  });
});

describe("buildFinalityProof", () => {
  it("is asked only for what the chain holds", () => {
    const stranger = "ee".repeat(32) as BlockId;
    expect(() => buildFinalityProof(chain.blocks, stranger, b2.id, qc4, 3)).toThrow("carrier lies on the chain");
    expect(() => buildFinalityProof(chain.blocks, b3.id, b1.id, qc4, 3)).toThrow("carries the certificate");
  });

  it("picks the certificate among aggregates of the same block that are none", () => {
    const five = createTestNetwork(5);
    const mixed = new TestChain(five.rules, five.root);
    const block = mixed.grow();
    const attestations = [attest(block, [0], "fallback"), attest(block, firstKeepers(4))];
    const carrier = mixed.grow({ attestations });
    const proof = buildFinalityProof(mixed.blocks, carrier.id, block.id, certify(five.rules, carrier), 4);
    expect(proof.carried.signers).toHaveLength(4);
    expect(checkFinalityProof(five.rules.networkId, five.rules.keepers, proof).ok).toBe(true);
  });
});
