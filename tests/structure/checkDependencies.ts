import { builtinModules } from "node:module";
import { importsOf, ownPackage, type Workspace, type WorkspacePackage } from "./workspace.js";

const BUILTIN = new Set(builtinModules);

/**
 * What a package imports, declares in package.json and references in tsconfig.json is one and the same list. A bundle also
 * declares what the packages inside of it import and it leaves out.
 */
export function checkDependencies(workspace: Workspace): readonly string[] {
  return [
    ...workspace.packages.flatMap((each) => checkPackage(each, workspace.rootDevDependencies)),
    ...checkRootReferences(workspace),
  ];
}

function checkPackage(each: WorkspacePackage, rootDevDependencies: readonly string[]): readonly string[] {
  const declared = Object.keys(each.manifest.dependencies ?? {});
  const forTests = new Set([...declared, ...Object.keys(each.manifest.devDependencies ?? {}), ...rootDevDependencies]);
  const shipped = new Map<string, string>();
  const problems: string[] = [];
  for (const file of each.files) {
    const ships = file.role === "source" || file.role === "testing";
    for (const specifier of importsOf(file)) {
      const dependency = packageNameOf(specifier);
      if (dependency === undefined || dependency === each.manifest.name) continue;
      if (ships) shipped.set(dependency, file.path);
      const allowed = file.role === "source" ? declared.includes(dependency) : forTests.has(dependency);
      if (!allowed) {
        problems.push(
          `${file.path}: imports ${dependency}, which packages/${each.name}/package.json does not declare.`,
        );
      }
    }
  }
  const outsideOfBundle = new Set(each.manifest.bundle?.external ?? []);
  for (const external of outsideOfBundle) {
    if (!declared.includes(external))
      problems.push(`packages/${each.name}/package.json: its bundle asks for ${external}, which it does not declare.`);
  }
  for (const dependency of declared) {
    if (!shipped.has(dependency) && !outsideOfBundle.has(dependency)) {
      problems.push(
        `packages/${each.name}/package.json: declares ${dependency}, which nothing in src imports. Remove it (tests take theirs from devDependencies).`,
      );
    }
  }
  return [...problems, ...checkReferences(each, shipped)];
}

function checkReferences(each: WorkspacePackage, shipped: ReadonlyMap<string, string>): readonly string[] {
  const imported = [...shipped.keys()].map((name) => ownPackage(name)?.name).filter((name) => name !== undefined);
  const tsconfig = `packages/${each.name}/tsconfig.json`;
  return [
    ...imported
      .filter((name) => !each.references.includes(name))
      .map((name) => `${tsconfig}: lacks a reference to ../${name}, so a build may use its old types. Add it.`),
    ...each.references
      .filter((name) => !imported.includes(name))
      .map((name) => `${tsconfig}: references ../${name}, which src does not import. Remove it.`),
  ];
}

function checkRootReferences(workspace: Workspace): readonly string[] {
  return workspace.packages
    .filter((each) => each.references.length > 0 || each.files.some((file) => file.path.endsWith(".ts")))
    .filter((each) => !workspace.rootReferences.includes(each.name))
    .map((each) => `tsconfig.json: does not build packages/${each.name}. Add it to the references.`);
}

/** @returns the npm package of an import, or undefined for a relative path or a part of Node */
function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:") || BUILTIN.has(specifier)) return undefined;
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}
