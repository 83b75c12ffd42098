import ts from "typescript";
import { floorOf, PURE_FLOOR_MAX } from "./floors.js";
import type { Workspace } from "./workspace.js";

const CLOCK = "Take a Clock from @sealwright/types (nowMs, monotonicMs, setTimer) in the dependencies.";
const RANDOMNESS =
  "Take a Random from @sealwright/types in the dependencies: a simulation must replay it from its seed.";
const SURROUNDINGS = "Take it as an option: only floor 4 and above look at the machine and the process.";

/** Names that may not be used at all, as a variable or as a property. */
const FORBIDDEN_NAMES: ReadonlyMap<string, string> = new Map([
  ["setTimeout", CLOCK],
  ["setInterval", CLOCK],
  ["setImmediate", CLOCK],
  ["performance", CLOCK],
  ["hrtime", CLOCK],
  ["randomBytes", RANDOMNESS],
  ["randomUUID", RANDOMNESS],
  ["randomInt", RANDOMNESS],
  ["randomFill", RANDOMNESS],
  ["randomFillSync", RANDOMNESS],
  ["getRandomValues", RANDOMNESS],
  ["randombytes_buf", RANDOMNESS],
  ["randombytes_random", RANDOMNESS],
  ["randombytes_uniform", RANDOMNESS],
]);

/** Globals of which only some members are forbidden. Using one without naming a member could reach any of them. */
const FORBIDDEN_MEMBERS: ReadonlyMap<string, { readonly members: ReadonlySet<string>; readonly fix: string }> = new Map(
  [
    ["Date", { members: new Set(["now"]), fix: CLOCK }],
    ["Math", { members: new Set(["random"]), fix: RANDOMNESS }],
    ["AbortSignal", { members: new Set(["timeout"]), fix: CLOCK }],
    [
      "process",
      {
        members: new Set("env argv execArgv cwd chdir uptime platform arch exit exitCode on once".split(" ")),
        fix: SURROUNDINGS,
      },
    ],
  ],
);

const FORBIDDEN_MODULES: ReadonlyMap<string, string> = new Map([
  ["os", SURROUNDINGS],
  ["process", SURROUNDINGS],
  ["timers", CLOCK],
  ["timers/promises", CLOCK],
  ["perf_hooks", CLOCK],
]);

/** Floors 0 to 3 read no clock, no randomness and nothing of the machine, so the same events give the same outcome. */
export function checkPurity(workspace: Workspace): readonly string[] {
  return workspace.packages
    .filter((each) => (floorOf(each.name) ?? Infinity) <= PURE_FLOOR_MAX)
    .flatMap((each) => each.files)
    .filter((file) => file.role === "source")
    .flatMap((file) => impuritiesIn(file.path, file.text));
}

/** Reads the syntax tree, not the text: comments and strings cannot offend, and spelling tricks cannot hide. */
export function impuritiesIn(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, what: string, fix: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push(`${path}:${line + 1}: uses ${what}. ${fix}`);
  };
  const visit = (node: ts.Node): void => {
    if (isTypeOnly(node)) return;
    visitModule(node, report);
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) visitName(node, report);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

type Report = (node: ts.Node, what: string, fix: string) => void;

/** What the compiler erases cannot read anything at run time. */
function isTypeOnly(node: ts.Node): boolean {
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isImportDeclaration(node)) return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  return ts.isImportSpecifier(node) && node.isTypeOnly;
}

function visitModule(node: ts.Node, report: Report): void {
  const specifier = moduleSpecifierOf(node);
  if (specifier === undefined) return;
  const fix = FORBIDDEN_MODULES.get(specifier.replace(/^node:/, ""));
  if (fix !== undefined) report(node, `the module "${specifier}"`, fix);
}

function moduleSpecifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const named = node.moduleSpecifier;
    return named !== undefined && ts.isStringLiteralLike(named) ? named.text : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const isRequire = ts.isIdentifier(node.expression) && /require$/i.test(node.expression.text);
  if (node.expression.kind !== ts.SyntaxKind.ImportKeyword && !isRequire) return undefined;
  const [argument] = node.arguments;
  return argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined;
}

function visitName(node: ts.Identifier | ts.StringLiteralLike, report: Report): void {
  // A string counts only where it names a member: Date["now"].
  if (ts.isStringLiteralLike(node) && !isElementName(node)) return;
  const fix = FORBIDDEN_NAMES.get(node.text);
  if (fix !== undefined && !declaresMember(node)) report(node, node.text, fix);
  const group = FORBIDDEN_MEMBERS.get(node.text);
  if (group !== undefined && ts.isIdentifier(node) && isGlobal(node)) visitGroup(node, group, report);
}

function visitGroup(
  node: ts.Identifier,
  group: { readonly members: ReadonlySet<string>; readonly fix: string },
  report: Report,
): void {
  const parent = expressionAround(node);
  if (ts.isPropertyAccessExpression(parent) && isObjectOf(parent, node)) {
    if (group.members.has(parent.name.text)) report(node, `${node.text}.${parent.name.text}`, group.fix);
    return;
  }
  if (ts.isElementAccessExpression(parent) && isObjectOf(parent, node)) {
    const name = parent.argumentExpression;
    const harmless = ts.isStringLiteralLike(name) && !group.members.has(name.text);
    if (!harmless) report(node, `${node.text}[…]`, group.fix);
    return;
  }
  if (node.text === "Date" && ts.isNewExpression(parent) && converts(parent)) return;
  const isInstanceOf = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
  if (isInstanceOf && parent.right === node) return;
  const what = ts.isNewExpression(parent) ? `new ${node.text}()` : `${node.text} as a value`;
  report(node, what, group.fix);
}

/** `new Date(ms)` converts a number; without an argument it reads the clock, and a spread may be empty. */
function converts(made: ts.NewExpression): boolean {
  const [first] = made.arguments ?? [];
  return first !== undefined && !ts.isSpreadElement(first);
}

/** The node that uses a global, looking through `globalThis.` in front of it. */
function expressionAround(node: ts.Identifier): ts.Node {
  const { parent } = node;
  return ts.isPropertyAccessExpression(parent) && parent.name === node ? parent.parent : parent;
}

function isObjectOf(access: ts.PropertyAccessExpression | ts.ElementAccessExpression, node: ts.Identifier): boolean {
  return (
    access.expression === node || (ts.isPropertyAccessExpression(access.expression) && access.expression.name === node)
  );
}

/** A name that stands for the global: not the property of something else, and not the name of a declaration. */
function isGlobal(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && /^(globalThis|global|self)$/.test(parent.expression.text);
  }
  return !declaresMember(node) && !ts.isImportSpecifier(parent);
}

/** `interface { setTimeout(): … }` and `{ process: … }` give a name away; they do not use one. */
function declaresMember(node: ts.Node): boolean {
  const { parent } = node;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isGetAccessorDeclaration(parent) ||
    ts.isSetAccessorDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertySignature(parent);
  return isMember && parent.name === node;
}

function isElementName(node: ts.Node): boolean {
  return ts.isElementAccessExpression(node.parent) && node.parent.argumentExpression === node;
}
