/** Who finds a broken rule: the exploration of the small world, or simulations. */
export type Finder = "explore" | "sim";

/**
 * One rule of the protocol, broken on purpose in the compiled module that holds it. The shipped code has no switch for
 * this: the text is replaced while the module is loaded, and only in a child process of the simulator.
 */
export interface Mutation {
  readonly rule: string;
  /** What is broken, for people. */
  readonly means: string;
  /** Compiled file, as `package/dist/path`. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly foundBy: Finder;
}
