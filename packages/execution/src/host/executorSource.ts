/** How a worker thread makes its executor: a module, a function it exports, and what to hand to it. */
export interface ExecutorSource {
  /** URL of a compiled module. */
  readonly module: string;
  /** `(options, shared) => Executor | Promise<Executor>` */
  readonly exportName: string;
  /** How many messages it admits in about 2 ms: the longest that an admission may stand before a build. */
  readonly admittedAtOnce: number;
  /** Survives structured cloning. */
  readonly options: unknown;
  /** Makes what all workers of a process share, once; it survives structured cloning too. */
  readonly shared?: () => Promise<unknown>;
}

/**
 * @param here `import.meta.url` of the caller
 * @param source its `module` is relative to `here`; named, because a bundler may have moved the caller to another file
 */
export function executorSource(here: string, { module, ...rest }: ExecutorSource): ExecutorSource {
  return { module: new URL(module, compiledUrl(here)).href, ...rest };
}

/** A worker cannot run TypeScript, so code that runs from src/ (test runners) names its twin in dist/. */
export function compiledUrl(here: string): string {
  if (!here.endsWith(".ts")) return here;
  return here.replace(/\/src\/(?!.*\/src\/)/, "/dist/").replace(/\.ts$/, ".js");
}
