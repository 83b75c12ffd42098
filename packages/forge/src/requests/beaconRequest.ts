import { fromHex, sha256Hex } from "@sealwright/types";
import type { PublicKeyHex } from "../keyId.js";
import type { Claim, MarkScope } from "../watermarks/marks.js";

interface ForKey {
  readonly key: PublicKeyHex;
  /** Genesis validators root of the network, 64 hex digits. */
  readonly genesisRoot: string;
  /** What is signed: the caller computes it from the object whose numbers stand beside it. 64 hex digits. */
  readonly signingRoot: string;
  /** The object itself as JSON (`type`, `fork_info`, …): what a Web3Signer wants to see. Local keys do not need it. */
  readonly object?: Readonly<Record<string, unknown>>;
}

/** What any other BLS validator has signed: the two kinds that can be slashed, and everything else. */
export type BeaconRequest =
  | (ForKey & { readonly kind: "beaconBlock"; readonly slot: bigint })
  | (ForKey & { readonly kind: "beaconAttestation"; readonly sourceEpoch: bigint; readonly targetEpoch: bigint })
  /** Selection proofs, reveals, sync committees: no mark guards them. */
  | (ForKey & { readonly kind: "beaconOther" });

export function planBeacon(request: BeaconRequest): { readonly bytes: Uint8Array; readonly claim: Claim | null } {
  const bytes = fromHex(request.signingRoot) ?? new Uint8Array();
  const scope = scopeOf(request);
  const digest = sha256Hex(bytes);
  switch (request.kind) {
    case "beaconBlock":
      return { bytes, claim: { scope, claim: { type: "block", slot: request.slot, digest } } };
    case "beaconAttestation":
      return {
        bytes,
        claim: {
          scope,
          claim: { type: "attestation", source: request.sourceEpoch, target: request.targetEpoch, digest },
        },
      };
    case "beaconOther":
      return { bytes, claim: null };
  }
}

/** Whose marks guard it; null for what none guards. */
export function beaconScope(request: BeaconRequest): MarkScope | null {
  return request.kind === "beaconOther" ? null : scopeOf(request);
}

function scopeOf({ genesisRoot, key }: ForKey): Extract<MarkScope, { chain: "beacon" }> {
  return { chain: "beacon", genesisRoot, key };
}

const ROOT = /^[0-9a-f]{64}$/;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Requests that no honest caller makes; null when there is nothing to say. */
export function beaconDefect(request: BeaconRequest): string | null {
  if (!ROOT.test(request.signingRoot)) return "a signing root is 64 lower-case hex digits";
  if (!ROOT.test(request.genesisRoot)) return "a genesis validators root is 64 lower-case hex digits";
  const numbers =
    request.kind === "beaconBlock"
      ? [request.slot]
      : request.kind === "beaconAttestation"
        ? [request.sourceEpoch, request.targetEpoch]
        : [];
  return numbers.every((number) => number >= 0n && number <= U64_MAX) ? null : "slots and epochs fit 64 bits";
}
