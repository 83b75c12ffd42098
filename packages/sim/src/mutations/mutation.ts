import type { FaultName } from "../faults/fault.js";
import type { LiarName } from "../liars/liarKinds.js";

/** Who finds a broken rule: one search of the explorer, by its name, or simulations, with all faults unless told. */
export type Finder =
  | { readonly by: "explore"; readonly search: string }
  | { readonly by: "sim"; readonly faults?: readonly (FaultName | LiarName)[] };

/** One text of a compiled module, and what stands in its place. */
export interface Edit {
  /** Compiled file, as `package/dist/path`. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/**
 * One rule of the protocol, broken on purpose in the compiled modules that hold it. The shipped code has no switch for
 * this: the text is replaced while the modules are loaded, and only in a child process of the simulator.
 */
export interface Mutation {
  readonly rule: string;
  /** What is broken, for people. */
  readonly means: string;
  readonly edits: readonly Edit[];
  readonly foundBy: Finder;
}
