import type { Workspace } from "./workspace.js";

const INVARIANTS_HEADING = /^#{1,6} .*\bInvariants\b/m;

/** Every package says what it promises. */
export function checkReadmes(workspace: Workspace): readonly string[] {
  return workspace.packages.flatMap((each) => {
    if (each.readme === undefined) {
      return [`packages/${each.name}: has no README.md. Say what it owns, what it refuses, and its invariants.`];
    }
    if (INVARIANTS_HEADING.test(each.readme)) return [];
    return [`packages/${each.name}/README.md: has no heading "Invariants". Number what the package promises.`];
  });
}
