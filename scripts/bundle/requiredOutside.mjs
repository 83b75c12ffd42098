const NAMESPACE = "required outside";
const PACKAGE = /^(?:@[^/]+\/)?[^/]+/;
const IMPORTS = new Set(["import-statement", "dynamic-import"]);

/**
 * Lets the bundle ask for foreign packages that stay outside with `require`, whatever its modules write.
 *
 * Node reads a CommonJS package that is imported twice: before it runs, all of its files for the names that they might
 * export. With a keeper's native packages and the virtual machine, 7 MB of text, that is a good part of its start, and of that
 * of each of its workers.
 * @param {readonly string[]} packages CommonJS, each by its name
 * @returns {import("esbuild").Plugin}
 */
export function requiredOutside(packages) {
  const outside = new Set(packages);
  return {
    name: NAMESPACE,
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (!outside.has(PACKAGE.exec(path)?.[0] ?? "")) return undefined;
        return IMPORTS.has(kind) ? { path, namespace: NAMESPACE, sideEffects: false } : { path, external: true };
      });
      build.onLoad({ filter: /^/, namespace: NAMESPACE }, ({ path }) => {
        return { contents: `module.exports = require(${JSON.stringify(path)});`, loader: "js" };
      });
    },
  };
}
