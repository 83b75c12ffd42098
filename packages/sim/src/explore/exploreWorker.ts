import { explore } from "./explore.js";
import type { Search } from "./searches.js";

// The entry of a worker process: it answers each `Search` with an `ExploreReport`.
process.on("message", (search: Search) => {
  process.send?.(explore(search));
});
