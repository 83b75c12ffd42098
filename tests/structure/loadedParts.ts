import { build, type Metafile } from "esbuild";
import { bundleOptions } from "../../scripts/bundle/bundleOptions.mjs";

/** What each part of the bundle is made of, with nothing written. Needs what the compiler wrote. */
export async function readBundle(): Promise<Metafile> {
  const { metafile } = await build({ ...bundleOptions("packages/cli/bundle"), write: false, metafile: true });
  return metafile;
}

/**
 * @param entry compiled module at which a part begins: a command, a worker
 * @returns the modules that must be there when that part is loaded, from the repository root
 */
export function loadedWith({ outputs }: Metafile, entry: string): readonly string[] {
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry);
  if (first === undefined) throw new Error(`no part of the bundle begins with ${entry}`);
  const seen = new Set([first]);
  // A set goes on with what is added on the way.
  for (const path of seen) {
    for (const { kind, path: next } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && next in outputs) seen.add(next);
    }
  }
  return [...seen].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
}
