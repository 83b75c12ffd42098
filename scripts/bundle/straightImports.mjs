import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * @typedef {{ readonly file: string, readonly name: string }} Origin a module, and its own name for what is wanted of it
 * @typedef {ReadonlyMap<string, Origin>} Door where the things come from that a module passes on, by the names it gives them
 */

const OWN_MODULE = /[/\\]packages[/\\][a-z]+[/\\]dist[/\\].*\.js$/;
// As the compiler writes them: a statement a line.
const NAMED_IMPORT = /^import \{([^{}]*)\} from "(@sealwright\/[a-z/]+|\.[^"]*)";$/gm;
const NAMED_REEXPORT = /^export \{([^{}]*)\} from "(\.[^"]*)";$/;
const NAMESPACE_REEXPORT = /^export \* as \w+ from "\.[^"]*";$/;

/**
 * Lets each import of our own code name the module that has the thing, not the front door that passes it on.
 *
 * esbuild puts into a part of the bundle all that its imports lead to, used or not. Through a front door they lead to a whole
 * package and to all that it needs: a command that asks a node one question would load a node, with its server.
 * @returns {import("esbuild").Plugin}
 */
export function straightImports() {
  return {
    name: "straight imports",
    setup(build) {
      // What stays outside is entered as everybody enters it.
      const outside = new Set(build.initialOptions.external);
      build.onLoad({ filter: OWN_MODULE }, ({ path }) => ({ contents: straighten(path, outside), loader: "js" }));
    },
  };
}

/**
 * @param {string} path of a module that the compiler wrote
 * @param {ReadonlySet<string>} outside packages that are imported as before
 * @returns the module's text, with straight imports
 */
export function straighten(path, outside) {
  return readFileSync(path, "utf8").replaceAll(
    NAMED_IMPORT,
    (/** @type {string} */ statement, /** @type {string} */ names, /** @type {string} */ specifier) => {
      const door = outside.has(specifier) ? null : readDoor(moduleAt(path, specifier));
      if (door === null) return statement;
      // On one line, so that those of a stack trace stay what they are.
      return namesIn(names)
        .map(({ name, as }) => {
          const origin = door.get(name) ?? { file: specifier, name };
          return `import { ${origin.name} as ${as} } from ${JSON.stringify(origin.file)};`;
        })
        .join(" ");
    },
  );
}

const { resolve } = createRequire(import.meta.url);
/** @type {Map<string, Door | null>} */
const doors = new Map();

/**
 * @param {string} path
 * @returns {Door | null} null when the module does more than pass on
 */
function readDoor(path) {
  const known = doors.get(path);
  if (known !== undefined) return known;
  const door = doorOf(path);
  doors.set(path, door);
  return door;
}

/**
 * @param {string} path
 * @returns {Door | null}
 */
function doorOf(path) {
  /** @type {Map<string, Origin>} */
  const door = new Map();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "" || line.startsWith("//") || NAMESPACE_REEXPORT.test(line)) continue;
    const [, names, specifier] = NAMED_REEXPORT.exec(line) ?? [];
    if (names === undefined || specifier === undefined) return null;
    const file = moduleAt(path, specifier);
    for (const { name, as } of namesIn(names)) door.set(as, readDoor(file)?.get(name) ?? { file, name });
  }
  return door;
}

/**
 * @param {string} names such as `a, b as c,`
 */
function namesIn(names) {
  return names
    .split(",")
    .map((each) => each.trim().split(" as "))
    .flatMap(([name = "", as = name]) => (name === "" ? [] : [{ name, as }]));
}

/**
 * @param {string} importer
 * @param {string} specifier
 */
function moduleAt(importer, specifier) {
  return specifier.startsWith(".") ? join(dirname(importer), specifier) : resolve(specifier);
}
