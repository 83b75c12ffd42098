import { aggregateSignatures, verifyAggregateDistinct, verifyBatch } from "@sealwright/crypto";
import { blockSigningBytes, type KeeperId, type SignerIndex, type SwitchCertificate, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { carriedSignatureSets, claimOf, lockMessages, producerSignatureSet } from "./blockSignatures.js";
import { aggregateSignatureSet, certificateSignatureSet, isQuorum, sameAttestation } from "./certificate.js";
import {
  attest,
  attestSigned,
  createSigningKeepers,
  createTestNetwork,
  sealTestBlock,
  signAs,
  switchTo,
  TestChain,
} from "./testing/index.js";

const signing = createSigningKeepers(4);
const { rules, root } = createTestNetwork(signing);
const chain = new TestChain(rules, root);
const first = chain.grow();

describe("a block's signatures, with real keys", () => {
  it("[§8] the producer signs network, place and id; the check asks for exactly that", () => {
    const unsigned = sealTestBlock(rules, first).block;
    const message = blockSigningBytes(rules.networkId, claimOf(unsigned));
    const index = rules.keepers.indexOf(unsigned.header.producer)!;
    const signature = signAs(rules, signing, index, message);
    const { block } = sealTestBlock(rules, first, { signature });
    expect(block.id).toBe(unsigned.id);
    const set = producerSignatureSet(rules, block)!;
    expect(verifyBatch([set])).toEqual([]);
    const another = { ...block, header: { ...block.header, height: (block.header.height + 1n) as never } };
    expect(verifyBatch([producerSignatureSet(rules, another)!])).toEqual([0]);
    const stranger = { ...block, header: { ...block.header, producer: "ee".repeat(32) as KeeperId } };
    expect(producerSignatureSet(rules, stranger)).toBeNull();
  });

  it("[§5] carried aggregates and the switch certificate's QC are all checked", () => {
    const qc = attestSigned(rules, signing, first, [0, 1, 3]);
    const { block } = sealTestBlock(rules, first, {
      attestations: [qc, attestSigned(rules, signing, first, [2], "fallback")],
    });
    expect(verifyBatch(carriedSignatureSets(rules, block)!)).toEqual([]);
    const switchCertificate = { ...switchTo(rules, first, 1n), qc };
    const opener = sealTestBlock(rules, first, { round: 1, switchCertificate }).block;
    expect(verifyBatch(carriedSignatureSets(rules, opener)!)).toEqual([]);
    expect(carriedSignatureSets(rules, opener)).toHaveLength(1);
    const forged = { ...switchCertificate, qc: attest(first, [0, 1, 3]) };
    expect(
      verifyBatch(
        carriedSignatureSets(rules, sealTestBlock(rules, first, { round: 1, switchCertificate: forged }).block)!,
      ),
    ).toEqual([0]);
  });

  it("[I12] an aggregate with a stranger among its signers has no signature to check", () => {
    const qc = attest(first, [0, 1, 4]);
    expect(carriedSignatureSets(rules, sealTestBlock(rules, first, { attestations: [qc] }).block)).toBeNull();
    const switchCertificate = { ...switchTo(rules, first, 1n), qc };
    expect(carriedSignatureSets(rules, sealTestBlock(rules, first, { round: 1, switchCertificate }).block)).toBeNull();
    expect(carriedSignatureSets(rules, sealTestBlock(rules, first).block)).toEqual([]);
  });

  it("[S5] each Lock of a switch certificate is signed over its own claim, in one aggregate", () => {
    const bare = switchTo(rules, first, 1n);
    const locks = bare.locks.map((lock, i) =>
      i === 1 ? { ...lock, qcHeight: root.height, qcBlockId: root.id } : lock,
    );
    const draft: SwitchCertificate = { ...bare, locks };
    const { publicKeys, messages } = lockMessages(rules, draft);
    const signatures = locks.map((lock, i) => signAs(rules, signing, lock.signer, messages[i]!));
    const signature = unwrap(aggregateSignatures(signatures));
    const items = publicKeys.map((publicKey, i) => ({ publicKey, message: messages[i]! }));
    expect(verifyAggregateDistinct(items, signature)).toBe(true);
    const swapped = lockMessages(rules, { ...draft, locks: bare.locks });
    const others = swapped.publicKeys.map((publicKey, i) => ({ publicKey, message: swapped.messages[i]! }));
    expect(verifyAggregateDistinct(others, signature)).toBe(false);
  });
});

describe("certificates", () => {
  const of = (signers: number[]): ReturnType<typeof attest> => ({
    ...attest(first, [0]),
    signers: signers as SignerIndex[],
  });

  it("[§3] are aggregates of a quorum of distinct members", () => {
    const check = (signers: number[]): unknown => {
      const set = certificateSignatureSet(rules.networkId, rules.keepers, of(signers));
      expect(set.ok).toBe(isQuorum(rules.keepers, of(signers)));
      return set.ok ? set.value.publicKeys.length : set.error;
    };
    expect(check([0, 1, 2])).toBe(3);
    expect(check([0, 1, 2, 3])).toBe(4);
    expect(check([0, 1])).toEqual({ code: "noQuorum", signers: 2 });
    expect(check([0, 1, 1])).toEqual({ code: "unknownSigner" });
    expect(check([0, 1, 9])).toEqual({ code: "unknownSigner" });
    expect(aggregateSignatureSet(rules.networkId, rules.keepers, of([2])).ok).toBe(true);
  });

  it("[§3] add up only attestations that agree in every field", () => {
    const { attestation } = attest(first, [0]);
    expect(sameAttestation(attestation, { ...attestation })).toBe(true);
    const other = attest(
      { ...chain.grow(), term: 9n as never, threadId: "22".repeat(34) as never },
      [0],
      "fallback",
    ).attestation;
    for (const field of Object.keys(attestation) as (keyof typeof attestation)[]) {
      expect(sameAttestation(attestation, { ...attestation, [field]: other[field] }), field).toBe(false);
    }
  });
});
