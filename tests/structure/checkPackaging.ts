import { isBuiltin } from "node:module";
import { floorOf } from "./floors.js";
import {
  importsOf,
  loadedBy,
  ownPackage,
  type SourceFile,
  type Workspace,
  type WorkspacePackage,
} from "./workspace.js";

/** What is packed of every package: what was compiled, what its maps point at, and no test. Names after these are its own. */
const PACKED = ["dist", "!dist/.tsbuildinfo", "src", "!src/**/*.test.ts"];
/** Entry -> module. */
const ENTRIES: ReadonlyMap<string, string> = new Map([
  [".", "index"],
  ["./client", "client/index"],
  ["./testing", "testing/index"],
  ["./testing/contracts", "testing/contracts"],
]);
/** Contract suites need a test runner; nothing else that ships may. */
const CONTRACTS = "src/testing/contracts.ts";
const TEST_TOOLS = new Set(["vitest", "fast-check"]);

/** What whoever installs a package from a tarball meets: entries that are there, types first, and its licence. */
export function checkPackaging(workspace: Workspace, license: string): readonly string[] {
  const shipped = workspace.packages.flatMap(({ files }) => files.filter(isShipped));
  const modules = new Map(shipped.map((file) => [file.path, loadedModule(file)]));
  return workspace.packages.flatMap((each) => [
    ...checkManifest(each),
    ...checkEntries(each),
    ...(each.license === license ? [] : [`packages/${each.name}/LICENSE: is not a copy of the root's.`]),
    ...checkPeers(each),
    ...checkLoadedTools(modules, each),
    ...checkClient(modules, each),
  ]);
}

const isShipped = ({ role }: SourceFile): boolean => role === "source" || role === "testing";

function checkManifest({ name, manifest }: WorkspacePackage): readonly string[] {
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ["type", manifest.type, "module"],
    ["sideEffects", manifest.sideEffects, false],
    ["engines", manifest.engines?.["node"], ">=20"],
    ["files", manifest.files?.slice(0, PACKED.length).join(", "), PACKED.join(", ")],
  ];
  return expected
    .filter(([, is, should]) => is !== should)
    .map(([field, is, should]) => `packages/${name}/package.json: ${field} is ${String(is)}, not ${String(should)}.`);
}

function checkEntries({ name, manifest, files }: WorkspacePackage): readonly string[] {
  const at = `packages/${name}/package.json`;
  const sources = new Set(files.map(({ path }) => path));
  const exported = manifest.exports ?? {};
  const known = [...ENTRIES].flatMap(([entry, path]) => {
    const hasSource = sources.has(`packages/${name}/src/${path}.ts`);
    const conditions = exported[entry];
    if (conditions === undefined) return hasSource ? [`${at}: does not export ${entry}, which src has.`] : [];
    if (!hasSource) return [`${at}: exports ${entry}, which src does not have.`];
    const wanted = JSON.stringify({ types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` });
    return JSON.stringify(conditions) === wanted ? [] : [`${at}: ${entry} is to be ${wanted}.`];
  });
  const others = Object.keys(exported).filter((entry) => !ENTRIES.has(entry));
  return [...known, ...others.map((entry) => `${at}: exports ${entry}. ${[...ENTRIES.keys()].join(", ")} are enough.`)];
}

/** A tool that the declarations or the suites of a package name is declared as a peer, for package managers that are strict. */
function checkPeers(each: WorkspacePackage): readonly string[] {
  const named = new Set(
    each.files
      .filter(isShipped)
      .flatMap(importsOf)
      .filter((specifier) => TEST_TOOLS.has(specifier)),
  );
  const peers = Object.keys(each.manifest.peerDependencies ?? {});
  const at = `packages/${each.name}/package.json`;
  return [
    ...[...named].filter((tool) => !peers.includes(tool)).map((tool) => `${at}: has no optional peer ${tool}.`),
    ...peers.filter((peer) => !named.has(peer)).map((peer) => `${at}: has a peer ${peer}, which src does not name.`),
  ];
}

/** No door but that of the contracts loads a test tool, through whatever modules and packages: they work without one. */
function checkLoadedTools(modules: ReadonlyMap<string, LoadedModule>, each: WorkspacePackage): readonly string[] {
  const doors = ["src/index.ts", "src/client/index.ts", "src/testing/index.ts"];
  return doors
    .map((door) => `packages/${each.name}/${door}`)
    .flatMap((door) => {
      for (const [path, { libraries }] of loadedFrom(door, modules)) {
        const tool = libraries.find((library) => TEST_TOOLS.has(library));
        if (tool !== undefined) return [`${door}: loads ${tool}, by ${path}. Export that from ${CONTRACTS}.`];
      }
      return [];
    });
}

/** A client's door is for programs that only ask: behind it is no library but what the ground floor needs. */
function checkClient(modules: ReadonlyMap<string, LoadedModule>, { name }: WorkspacePackage): readonly string[] {
  const door = `packages/${name}/src/client/index.ts`;
  return [...loadedFrom(door, modules)].flatMap(([path, { libraries }]) =>
    floorOf(path.split("/")[1] ?? "") === 0
      ? []
      : libraries.map((library) => `${door}: loads ${library}, by ${path}. A client does without.`),
  );
}

/** A module and all that it leads to, by whatever ways; empty when there is no such module. */
function loadedFrom(first: string, modules: ReadonlyMap<string, LoadedModule>): ReadonlyMap<string, LoadedModule> {
  const loaded = new Map<string, LoadedModule>();
  const toVisit = [first];
  for (let path = toVisit.pop(); path !== undefined; path = toVisit.pop()) {
    const module = modules.get(path);
    if (module === undefined || loaded.has(path)) continue;
    loaded.set(path, module);
    toVisit.push(...module.loads);
  }
  return loaded;
}

interface LoadedModule {
  /** Neither ours nor Node's. */
  readonly libraries: readonly string[];
  /** Paths of our own modules. */
  readonly loads: readonly string[];
}

function loadedModule(file: SourceFile): LoadedModule {
  const loaded = loadedBy(file);
  return {
    libraries: loaded.filter((name) => !name.startsWith(".") && ownPackage(name) === undefined && !isBuiltin(name)),
    loads: loaded.flatMap((specifier) => sourceOf(file, specifier)),
  };
}

function sourceOf(from: SourceFile, specifier: string): readonly string[] {
  if (specifier.startsWith("."))
    return [new URL(specifier, `file:///${from.path}`).pathname.slice(1).replace(/\.js$/, ".ts")];
  const own = ownPackage(specifier);
  if (own === undefined) return [];
  const door = own.subpath === "/testing/contracts" ? own.subpath : `${own.subpath}/index`;
  return [`packages/${own.name}/src${door}.ts`];
}
