import { endWithParent } from "../run/endWithParent.js";
import { explore } from "./explore.js";
import type { Search } from "./searches.js";

// The entry of a worker process: it answers each `Search` with an `ExploreReport`.
endWithParent();
process.on("message", (search: Search) => {
  explore(search).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 1;
      process.disconnect?.();
    },
  );
});
