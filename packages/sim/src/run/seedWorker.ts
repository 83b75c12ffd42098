import { endWithParent } from "./endWithParent.js";
import type { PlanOptions } from "./plan.js";
import { runSeed, type SeedOptions } from "./runSeed.js";

/** What a worker process is asked: one seed at a time. */
export interface SeedOrder {
  readonly plan: PlanOptions;
  readonly options: SeedOptions;
}

// The entry of a worker process: it answers each order with a `SeedResult`, and ends when its parent hangs up.
endWithParent();
process.on("message", (order: SeedOrder) => {
  runSeed(order.plan, order.options).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
      process.disconnect?.();
    },
  );
});
