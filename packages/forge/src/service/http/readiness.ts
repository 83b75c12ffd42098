import type { TezosKeyHash } from "../../keyId.js";
import type { ServiceContext } from "./serviceContext.js";

/** Of no key: nothing is recorded there. */
const PROBED_SCOPE = { chain: "tezos", chainId: "readiness", key: "" as TezosKeyHash } as const;

export interface ReadinessCheck {
  readonly name: "running" | "store" | "keys";
  readonly ok: boolean;
  readonly detail: string;
}

export interface Readiness {
  readonly ready: boolean;
  /** Keys that can sign now, of those configured. */
  readonly keys: { readonly usable: number; readonly configured: number };
  readonly checks: readonly ReadinessCheck[];
}

/**
 * Ready when nothing stops it, watermarks can be written, and as many keys as expected can sign; without an expectation
 * one is enough, for a dead signer elsewhere hurts only its own keys.
 */
export async function readinessOf(context: ServiceContext, expectedKeys: number | null): Promise<Readiness> {
  // Looked at, not remembered: a database that went away or came back shows here without a request for a signature.
  await context.watermarks.marksOf(PROBED_SCOPE);
  const health = context.watermarks.health();
  const reachable = await context.keys.reachableHomes();
  const { keys } = context.keys;
  const usable = keys.filter(({ enabled, home }) => enabled && (home === null || reachable.has(home))).length;
  const configured = context.config().keys.length;
  const wanted = expectedKeys ?? 1;
  const isDraining = context.isDraining();
  const checks: ReadinessCheck[] = [
    { name: "running", ok: !isDraining, detail: isDraining ? "the service is stopping" : "requests are taken" },
    {
      name: "store",
      ok: health.ok,
      detail: health.ok ? "watermarks can be written" : `${health.failure.code}: ${health.failure.message}`,
    },
    { name: "keys", ok: usable >= wanted, detail: `can sign for ${usable} of ${configured} keys, ${wanted} expected` },
  ];
  return { ready: checks.every(({ ok }) => ok), keys: { usable, configured }, checks };
}
