import { BlsSecretKey, aggregateSignatures, provePossession, verifyBatch } from "@sealwright/crypto";
import {
  type AggregatedAttestation,
  type AttestationTarget,
  attestationSigningBytes,
  sha256,
  type SignerIndex,
  unwrap,
} from "@sealwright/types";
import type { BlockFacts } from "../blockFacts.js";
import type { SignatureSet } from "../certificate.js";
import type { GenesisKeeper } from "../genesis.js";
import { keeperIdOf } from "../keeperSet.js";
import type { ThreadRules } from "../threadRules.js";
import { attest } from "./testChain.js";

/** A keeper that can sign; its key follows from its number, so never use it outside tests. */
export interface SigningKeeper extends GenesisKeeper {
  readonly secretKey: BlsSecretKey;
}

export function createSigningKeepers(count: number): SigningKeeper[] {
  return Array.from({ length: count }, (_, i) => {
    const secretKey = unwrap(BlsSecretKey.fromKeygen(sha256(Buffer.from(`signing keeper ${i}`))));
    const blsPublicKey = secretKey.publicKey();
    return {
      id: keeperIdOf(blsPublicKey),
      secretKey,
      blsPublicKey,
      transportPublicKey: sha256(blsPublicKey),
      proofOfPossession: provePossession(secretKey),
    };
  });
}

/** What the keeper at `index` of the set signs for `message`. */
export function signAs(
  rules: ThreadRules,
  keepers: readonly SigningKeeper[],
  index: number,
  message: Uint8Array,
): Uint8Array {
  const { id } = rules.keepers.at(index as SignerIndex);
  return keepers.find((keeper) => keeper.id === id)!.secretKey.sign(message);
}

/** Whether every signature is good. */
export function areSigned(sets: readonly SignatureSet[]): boolean {
  return verifyBatch(sets).length === 0;
}

/** As `attest`, with every signature made and added up. */
export function attestSigned(
  rules: ThreadRules,
  keepers: readonly SigningKeeper[],
  block: BlockFacts,
  signers: readonly number[],
  target: AttestationTarget = "primary",
): AggregatedAttestation {
  const bare = attest(block, signers, target);
  const message = attestationSigningBytes(rules.networkId, bare.attestation);
  const signatures = bare.signers.map((signer) => signAs(rules, keepers, signer, message));
  return { ...bare, signature: unwrap(aggregateSignatures(signatures)) };
}
