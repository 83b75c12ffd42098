import { FALSE_WORLDS, floorOf, SAME_FLOOR } from "./floors.js";
import { importsOf, ownPackage, type SourceFile, type Workspace, type WorkspacePackage } from "./workspace.js";

const PUBLIC_SUBPATHS = new Set(["", "/client", "/testing", "/testing/contracts"]);

/** Imports between packages go down, or sideways where the table says so, and through the front door only. */
export function checkFloors(workspace: Workspace): readonly string[] {
  const known = new Set(workspace.packages.map((each) => each.name));
  return workspace.packages.flatMap((each) => {
    if (floorOf(each.name) === undefined) {
      return [`packages/${each.name}: has no floor. Give it one in tests/structure/floors.ts.`];
    }
    return each.files.flatMap((file) => importsOf(file).flatMap((to) => checkImport(each, file, to, known)));
  });
}

function checkImport(
  from: WorkspacePackage,
  file: SourceFile,
  specifier: string,
  known: ReadonlySet<string>,
): readonly string[] {
  const target = ownPackage(specifier);
  if (target === undefined) return checkStaysInside(from, file, specifier);
  if (target.name === from.name) {
    return [`${file.path}: imports its own package by name (${specifier}). Use the relative path of the file.`];
  }
  if (!known.has(target.name)) return [`${file.path}: imports ${specifier}, which is not a package of this workspace.`];
  const problems: string[] = [];
  if (!PUBLIC_SUBPATHS.has(target.subpath)) {
    problems.push(
      `${file.path}: reaches into ${specifier}. Import from "@sealwright/${target.name}", its "/client" or "/testing"; export there what is missing.`,
    );
  }
  if (target.subpath.startsWith("/testing") && file.role === "source" && !FALSE_WORLDS.has(from.name)) {
    problems.push(`${file.path}: uses ${specifier} in code that ships. Only tests and src/testing may.`);
  }
  if (!mayImport(from.name, target.name)) {
    problems.push(
      `${file.path}: imports ${specifier} from floor ${floorOf(target.name) ?? "?"} on floor ${floorOf(from.name) ?? "?"}. Imports go down only: let this package own an interface that the upper one implements, or move the shared part down.`,
    );
  }
  return problems;
}

function checkStaysInside(from: WorkspacePackage, file: SourceFile, specifier: string): readonly string[] {
  if (!specifier.startsWith(".")) return [];
  const resolved = new URL(specifier, `file:///${file.path}`).pathname.slice(1);
  if (resolved.startsWith(`packages/${from.name}/`)) return [];
  return [`${file.path}: climbs out of its package (${specifier}). Import the other package by its name.`];
}

function mayImport(from: string, to: string): boolean {
  const fromFloor = floorOf(from);
  const toFloor = floorOf(to);
  if (fromFloor === undefined || toFloor === undefined) return false;
  return toFloor < fromFloor || (SAME_FLOOR[from]?.includes(to) ?? false);
}
