import { aggregateSignatures } from "@sealwright/crypto";
import { assert, type Clock, err, ok, type Result } from "@sealwright/types";

const WEIGHT_BITS = 255;
/** Doublings between pauses: about 5 ms of work. */
const DOUBLINGS_PER_TURN = 24;

/**
 * `base + weight · point` of two BLS signatures: how DAL content is bound to a tz4 attestation. The library adds points
 * but does not multiply them, so this doubles and adds; 255 doublings take some 50 ms, in turns that let others run.
 * @param weight reduced modulo the group's order
 */
export async function addWeighted(
  base: Uint8Array,
  point: Uint8Array,
  weight: bigint,
  clock: Clock,
): Promise<Result<Uint8Array, { readonly code: "badSignature" }>> {
  assert(weight >= 0n && weight < 1n << BigInt(WEIGHT_BITS), "a weight is reduced modulo the order of the group");
  const summands = [base];
  let doubled = point;
  for (let bit = 0; weight >> BigInt(bit) > 0n; bit++) {
    if (bit > 0) {
      const sum = aggregateSignatures([doubled, doubled]);
      if (!sum.ok) return err({ code: "badSignature" });
      doubled = sum.value;
    }
    if ((weight >> BigInt(bit)) & 1n) summands.push(doubled);
    if (bit % DOUBLINGS_PER_TURN === DOUBLINGS_PER_TURN - 1)
      await new Promise<void>((resolve) => void clock.setTimer(0, resolve));
  }
  const sum = aggregateSignatures(summands);
  return sum.ok ? ok(sum.value) : err({ code: "badSignature" });
}
