import { createTestNetwork, sealTestBlock } from "@sealwright/consensus/testing";
import { KeeperSet, keeperIdOf } from "@sealwright/consensus";
import { fakeBls } from "@sealwright/crypto/testing";
import {
  encodeAccusation,
  NACK_REASON,
  nackSigningBytes,
  sha256,
  type SignedNack,
  signerIndex,
  ticketSigningBytes,
  unwrap,
} from "@sealwright/types";
import { beforeEach, describe, expect, it } from "vitest";
import { NackWitness, REFUTE_MS_MAX } from "./nackWitness.js";

const { rules, root } = createTestNetwork(4);
const keys = [0, 1, 2, 3].map((i) => {
  const secret = sha256(Buffer.from(`secret ${i}`));
  secret[0] = 1;
  return unwrap(fakeBls.secretKeyFromBytes(secret));
});
const keepers = unwrap(
  KeeperSet.create(
    keys.map((key) => ({
      id: keeperIdOf(key.publicKey()),
      blsPublicKey: key.publicKey(),
      transportPublicKey: sha256(key.publicKey()),
    })),
  ),
);
const [taker, signer] = [keepers.at(signerIndex(0)).id, keepers.at(signerIndex(1)).id];
const keyOf = (place: number) => keys.find((key) => keepers.at(signerIndex(place)).id === keeperIdOf(key.publicKey()))!;
const { networkId, threadId } = rules;
const { block } = sealTestBlock(rules, root);
const verdict = { threadId, blockId: block.id, envelopeHash: block.envelopeHash };

/** A Nack of the second keeper, by the hand of whoever sits at these places. */
function nack(by: number, ticketBy: number | null = null): SignedNack {
  return {
    verdict,
    signer: signerIndex(1),
    reason: NACK_REASON.execution,
    ticket: ticketBy === null ? null : keyOf(ticketBy).sign(ticketSigningBytes(networkId, block.id)),
    signature: keyOf(by).sign(nackSigningBytes(networkId, verdict, NACK_REASON.execution)),
  };
}

describe("NackWitness", () => {
  let witness: NackWitness;
  beforeEach(() => {
    witness = new NackWitness({ networkId, keepers }, fakeBls);
  });

  it("[§7] lets a Nack be taken that came with its signer's signature, whatever else came in its name", () => {
    for (const came of [nack(2), nack(1)]) witness.noteHeard(taker, came);
    witness.noteTaken(taker, signer, block.id);
  });

  it.each([
    ["by another hand", nack(2)],
    ["with a ticket of another", nack(1, 2)],
  ])("[§7] finds a Nack that is taken though it is signed %s", (_how, came) => {
    witness.noteHeard(taker, came);
    expect(() => witness.noteTaken(taker, signer, block.id)).toThrow(/^nack: .* who did not sign it$/);
  });

  it("[§7] finds a Nack that is taken though none came", () => {
    expect(() => witness.noteTaken(taker, signer, block.id)).toThrow(/^nack: /);
  });

  it("[§7] finds a keeper that took a Nack of a final block and neither refuted it nor holds a proof", () => {
    const take = (): void => {
      witness.noteHeard(taker, nack(1));
      witness.noteTaken(taker, signer, block.id);
      witness.noteFinal(taker, block.id, 1_000);
    };
    take();
    witness.checkRefuted(1_000 + REFUTE_MS_MAX);
    expect(() => witness.checkRefuted(1_001 + REFUTE_MS_MAX)).toThrow(/^nack: .* never found .* wrong$/);
    witness.noteRefuted(taker, signer, block.id);
    witness.checkRefuted(1_000_000);
    take();
    witness.noteRefuted(taker, signer, null);
    witness.checkRefuted(1_000_000);
    take();
    witness.noteDeath(taker);
    witness.checkRefuted(1_000_000);
  });

  it("[§7] finds a forged Nack in an honest producer's block, and lets a good one be carried", () => {
    const carrying = (carried: SignedNack) =>
      sealTestBlock(rules, root, { accusations: [encodeAccusation({ type: "nack", nack: carried })] }).block;
    witness.noteCarried(taker, carrying(nack(1)));
    expect(() => witness.noteCarried(taker, carrying(nack(3)))).toThrow(/^nack: .* its signer 1 did not sign$/);
  });
});
