import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** `source` ships and runs in a node; `testing` ships for tests of others; `test` and `bench` never ship. */
export type FileRole = "source" | "testing" | "test" | "bench";

export type SourceFile = {
  /** From the repository root, with forward slashes: `packages/types/src/hash.ts`. */
  readonly path: string;
  readonly role: FileRole;
  readonly text: string;
};

export type PackageManifest = {
  readonly name: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  /** Subpath -> condition -> file, in this order. */
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** Of a package that ships as a bundle: what stays outside of it, and is found from there. */
  readonly bundle?: { readonly external: readonly string[] };
};

export type WorkspacePackage = {
  /** Folder below `packages/`, and the name without its scope. */
  readonly name: string;
  readonly manifest: PackageManifest;
  /** Folder names of the tsconfig's references. */
  readonly references: readonly string[];
  readonly files: readonly SourceFile[];
  readonly readme: string | undefined;
  readonly license: string | undefined;
};

/** What the structure checks look at, as plain data, so that each check can be shown a workspace with a planted offence. */
export type Workspace = {
  readonly packages: readonly WorkspacePackage[];
  /** Packages that the root offers to tests. */
  readonly rootDevDependencies: readonly string[];
  /** Folder names that the root tsconfig builds. */
  readonly rootReferences: readonly string[];
};

export type TextFile = { readonly path: string; readonly text: string };

export const REPOSITORY_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const SCOPE = "@sealwright/";
const NOT_OURS = new Set(["node_modules", "dist", "bundle", ".git", "coverage", ".sealwright"]);
const SOURCE = /\.(ts|tsx|mts|js|mjs)$/;
const TEXT =
  /\.(ts|tsx|mts|js|mjs|json|md|ya?ml|html|css|sh)$|(^|\/)(run|LICENSE|\.npmrc|\.gitignore|\.prettierignore)$/;

/** @returns the package's folder name when `specifier` names one of ours, and what follows it (`"/testing"`, or empty) */
export function ownPackage(specifier: string): { readonly name: string; readonly subpath: string } | undefined {
  if (!specifier.startsWith(SCOPE)) return undefined;
  const rest = specifier.slice(SCOPE.length);
  const slash = rest.indexOf("/");
  return slash < 0 ? { name: rest, subpath: "" } : { name: rest.slice(0, slash), subpath: rest.slice(slash) };
}

/** As `importsOf`, without what is gone when the types are: the modules that must be there when the file is loaded. */
export function loadedBy(file: SourceFile): readonly string[] {
  const { statements } = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022);
  return statements.flatMap((statement) => {
    const isLoaded =
      (ts.isImportDeclaration(statement) && statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) ||
      (ts.isExportDeclaration(statement) && !statement.isTypeOnly);
    const specifier = isLoaded ? statement.moduleSpecifier : undefined;
    return specifier !== undefined && ts.isStringLiteral(specifier) ? [specifier.text] : [];
  });
}

/** Every module that a file names: static, type-only and dynamic imports, re-exports. */
export function importsOf(file: SourceFile): readonly string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((imported) => imported.fileName);
}

export function roleOf(path: string): FileRole {
  if (/\.test\.tsx?$/.test(path)) return "test";
  if (/^packages\/[^/]+\/bench\//.test(path)) return "bench";
  return /^packages\/[^/]+\/src\/testing\//.test(path) ? "testing" : "source";
}

/** Reads the real workspace from disk. */
export function readWorkspace(root: string = REPOSITORY_ROOT): Workspace {
  const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readPackage(root, entry.name));
  const manifest = readJson(join(root, "package.json")) as PackageManifest;
  return {
    packages,
    rootDevDependencies: Object.keys(manifest.devDependencies ?? {}),
    rootReferences: referencesIn(join(root, "tsconfig.json")),
  };
}

/** Every text file that belongs to the project, wherever it is. */
export function readTextFiles(root: string = REPOSITORY_ROOT): readonly TextFile[] {
  return listFiles(root)
    .map((path) => relative(root, path).split(sep).join(posix.sep))
    .filter((path) => TEXT.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function readPackage(root: string, name: string): WorkspacePackage {
  const folder = join(root, "packages", name);
  const all = listFiles(folder).map((path) => relative(root, path).split(sep).join(posix.sep));
  const files = all
    .filter((path) => SOURCE.test(path) && /^packages\/[^/]+\/(src|bin|bench)\//.test(path))
    .map((path) => ({ path, role: roleOf(path), text: readFileSync(join(root, path), "utf8") }));
  const textOf = (file: string): string | undefined =>
    all.includes(`packages/${name}/${file}`) ? readFileSync(join(folder, file), "utf8") : undefined;
  return {
    name,
    manifest: readJson(join(folder, "package.json")) as PackageManifest,
    references: referencesIn(join(folder, "tsconfig.json")),
    files,
    readme: textOf("README.md"),
    license: textOf("LICENSE"),
  };
}

function referencesIn(tsconfigPath: string): readonly string[] {
  const { references = [] } = readJson(tsconfigPath) as { references?: readonly { path: string }[] };
  return references.map((reference) => posix.basename(reference.path));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}
