import { posix } from "node:path";
import { importsOf, ownPackage, type SourceFile, type Workspace } from "./workspace.js";

/**
 * No file and no package reaches itself through imports. Type-only imports count: a circle of types cannot be read or
 * moved one file at a time either.
 */
export function checkCycles(workspace: Workspace): readonly string[] {
  const files = workspace.packages.flatMap((each) => each.files);
  const fileCycles = findCycles(fileGraph(files)).map(
    (cycle) => `${cycle.join(" -> ")}: files import each other. Move what both need into a third file.`,
  );
  const packageCycles = findCycles(packageGraph(workspace)).map(
    (cycle) => `${cycle.join(" -> ")}: packages import each other. Move what both need to the floor below.`,
  );
  return [...fileCycles, ...packageCycles];
}

type Graph = ReadonlyMap<string, readonly string[]>;

function fileGraph(files: readonly SourceFile[]): Graph {
  const paths = new Set(files.map((file) => file.path));
  return new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => resolveIn(paths, posix.join(posix.dirname(file.path), specifier)))
        .filter((path) => path !== undefined),
    ]),
  );
}

function packageGraph(workspace: Workspace): Graph {
  return new Map(
    workspace.packages.map((each) => {
      const targets = each.files.flatMap(importsOf).map((specifier) => ownPackage(specifier)?.name);
      return [each.name, [...new Set(targets.filter((name) => name !== undefined && name !== each.name))] as string[]];
    }),
  );
}

/** Imports name the file as it is after the build (`.js`); the workspace holds what it is built from. */
function resolveIn(paths: ReadonlySet<string>, target: string): string | undefined {
  const stem = target.replace(/\.js$/, "");
  return [target, `${stem}.ts`, `${stem}.tsx`].find((path) => paths.has(path));
}

/** Depth-first search; reports one cycle per back edge, written from its first node back to it. */
function findCycles(graph: Graph): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): void => {
    const start = path.indexOf(node);
    if (start >= 0) {
      cycles.push([...path.slice(start), node]);
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return cycles;
}
