import { type PackageManifest, roleOf, type Workspace, type WorkspacePackage } from "./workspace.js";

export type PlantedPackage = {
  /** Path below the package's folder -> text. */
  readonly files: Readonly<Record<string, string>>;
  readonly dependencies?: readonly string[];
  readonly references?: readonly string[];
  readonly bundle?: PackageManifest["bundle"];
  readonly readme?: string;
  readonly license?: string;
  /** Beside name, dependencies and bundle. */
  readonly manifest?: Partial<PackageManifest>;
};

/** A workspace written in a test, to show a check an offence that the real tree must not have. */
export function plantWorkspace(
  packages: Readonly<Record<string, PlantedPackage>>,
  { rootReferences = Object.keys(packages), rootDevDependencies = ["vitest"] }: Partial<Workspace> = {},
): Workspace {
  return {
    packages: Object.entries(packages).map(([name, planted]) => plantPackage(name, planted)),
    rootReferences,
    rootDevDependencies,
  };
}

function plantPackage(name: string, planted: PlantedPackage): WorkspacePackage {
  const dependencies = Object.fromEntries((planted.dependencies ?? []).map((each) => [each, "0.1.0"]));
  return {
    name,
    manifest: {
      name: `@sealwright/${name}`,
      dependencies,
      ...(planted.bundle && { bundle: planted.bundle }),
      ...planted.manifest,
    },
    references: planted.references ?? [],
    readme: planted.readme,
    license: planted.license,
    files: Object.entries(planted.files).map(([below, text]) => {
      const path = `packages/${name}/${below}`;
      return { path, role: roleOf(path), text };
    }),
  };
}
