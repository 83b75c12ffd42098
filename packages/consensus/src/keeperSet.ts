import {
  assert,
  compareBytes,
  err,
  idBytes,
  type KeeperId,
  keeperIdFromBytes,
  limits,
  ok,
  type Result,
  sha256,
  signerIndex,
  type SignerIndex,
  toHex,
} from "@sealwright/types";
import { faultTolerance, majority, quorum } from "./quorum.js";

/** A member of the BK set: one keeper, one BLS key, one vote. */
export interface KeeperMember {
  readonly id: KeeperId;
  /** BLS12-381 min-pk public key, 48 bytes; its proof of possession was checked when it entered the set. */
  readonly blsPublicKey: Uint8Array;
  /** Ed25519 key of the keeper's transport certificate, 32 bytes. */
  readonly transportPublicKey: Uint8Array;
}

/** Why keepers form no set. */
export type KeeperSetError =
  | { readonly code: "emptySet" }
  | { readonly code: "setTooLarge"; readonly count: number }
  | { readonly code: "duplicateKey"; readonly keeper: KeeperId };

/** A keeper is named by the hash of its BLS key, so nobody chooses a place in the sorted set. */
export function keeperIdOf(blsPublicKey: Uint8Array): KeeperId {
  return keeperIdFromBytes(sha256(blsPublicKey));
}

/** The BKs that attest and may produce, sorted bytewise by id; a member's signer index is its place. */
export class KeeperSet {
  readonly members: readonly KeeperMember[];
  readonly size: number;
  readonly faultTolerance: number;
  readonly quorum: number;
  readonly majority: number;
  readonly #indexes: ReadonlyMap<KeeperId, SignerIndex>;

  private constructor(members: readonly KeeperMember[]) {
    this.members = members;
    this.size = members.length;
    this.faultTolerance = faultTolerance(this.size);
    this.quorum = quorum(this.size);
    this.majority = majority(this.size);
    this.#indexes = new Map(members.map((member, i) => [member.id, signerIndex(i)]));
  }

  static create(members: readonly KeeperMember[]): Result<KeeperSet, KeeperSetError> {
    if (members.length === 0) return err({ code: "emptySet" });
    if (members.length > limits.KEEPERS_MAX) return err({ code: "setTooLarge", count: members.length });
    const taken = new Set<string>();
    for (const member of members) {
      const key = toHex(member.blsPublicKey);
      if (taken.has(key) || taken.has(member.id)) return err({ code: "duplicateKey", keeper: member.id });
      taken.add(key).add(member.id);
    }
    return ok(new KeeperSet([...members].sort((a, b) => compareBytes(idBytes(a.id), idBytes(b.id)))));
  }

  indexOf(id: KeeperId): SignerIndex | null {
    return this.#indexes.get(id) ?? null;
  }

  has(index: SignerIndex): boolean {
    return this.members[index] !== undefined;
  }

  /**
   * Whether these are members, each named once, in ascending order: what may be counted towards a quorum.
   * The decoder lets nothing else in; what did not come through it (JSON, our own aggregation) is asked here.
   */
  areDistinct(signers: readonly SignerIndex[]): boolean {
    return signers.every((signer, i) => this.has(signer) && (i === 0 || signers[i - 1]! < signer));
  }

  at(index: SignerIndex): KeeperMember {
    const member = this.members[index];
    assert(member !== undefined, `no keeper at index ${index}`);
    return member;
  }
}
