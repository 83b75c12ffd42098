import type { LoadCounts } from "../load/loadPlan.js";
import type { Checks } from "./checks.js";

/** What became of a load: every promise was kept, and the network took enough of it for that to mean something. */
export function checkLoad({ sent, rejected, expired, lost, unsettled }: LoadCounts, checks: Checks): void {
  checks.check("I9", lost === 0, () => `${lost} messages were told "included" and never ended`);
  checks.check("M3", unsettled === 0, () => `${unsettled} accepted messages never ended`);
  checks.check(
    "load",
    (rejected + expired) * 2 <= sent,
    () => `of ${sent} messages ${rejected} were rejected and ${expired} expired: most of the load was never carried`,
  );
}
