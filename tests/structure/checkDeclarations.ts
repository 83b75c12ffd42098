import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "./workspace.js";

/** A package other than ours and Node, as a declaration names it. */
const FOREIGN = /from "((?!node:|@sealwright\/)(?:@[^/"]+\/)?[^./"][^/"]*)/g;

/**
 * What compiled declarations name must bring its types along: those of `@types` are installed with this repository, not
 * with a package of it, so whoever compiles against one without `skipLibCheck` would meet errors.
 * @param name of a package that was built
 */
export function checkDeclarations(name: string, root: string = REPOSITORY_ROOT): readonly string[] {
  const dist = join(root, "packages", name, "dist");
  const files = existsSync(dist) ? readdirSync(dist, { recursive: true, encoding: "utf8" }) : [];
  return files
    .filter((file) => file.endsWith(".d.ts"))
    .flatMap((file) =>
      namesIn(readFileSync(join(dist, file), "utf8"))
        .filter((specifier) => !hasTypes(specifier, root))
        .map((specifier) => `packages/${name}/dist/${file}: names ${specifier}, which has no types of its own.`),
    );
}

function namesIn(declarations: string): readonly string[] {
  return [...new Set([...declarations.matchAll(FOREIGN)].map((match) => match[1] ?? ""))];
}

function hasTypes(specifier: string, root: string): boolean {
  const folder = join(root, "node_modules", specifier);
  if (!existsSync(join(folder, "package.json"))) return false;
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const main = (JSON.parse(manifest) as { main?: string }).main ?? "index.js";
  const isNamed = /"(types|typings)":/.test(manifest) || /\.d\.[mc]?ts"/.test(manifest);
  return isNamed || existsSync(join(folder, main.replace(/(\.js)?$/, ".d.ts")));
}
