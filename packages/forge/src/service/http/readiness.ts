import type { ServiceContext } from "./serviceContext.js";
import type { Found } from "./storeProbe.js";

export interface ReadinessCheck extends Found {
  readonly name: "running" | "store" | "keys";
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
  const [store, reachable] = await Promise.all([context.storeProbe.answer(), context.keys.reachableHomes()]);
  const { keys } = context.keys;
  const usable = keys.filter(({ enabled, home }) => enabled && (home === null || reachable.has(home))).length;
  const configured = context.config().keys.length;
  const wanted = expectedKeys ?? 1;
  const isDraining = context.isDraining();
  const checks: ReadinessCheck[] = [
    { name: "running", ok: !isDraining, detail: isDraining ? "the service is stopping" : "requests are taken" },
    { name: "store", ...store },
    { name: "keys", ok: usable >= wanted, detail: `can sign for ${usable} of ${configured} keys, ${wanted} expected` },
  ];
  return { ready: checks.every(({ ok }) => ok), keys: { usable, configured }, checks };
}
