import ts from "typescript";

const TEST_FUNCTIONS = new Set(["it", "test", "describe", "suite"]);
const SWITCHES = new Set(["skip", "only", "todo", "fails", "skipIf", "runIf"]);

/** No test is switched off, and none switches the others off: a green run means that everything ran. */
export function switchedTestsIn(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return switchesIn(source).map(({ node, what }) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    return `${path}:${line + 1}: uses ${what}. Make the test pass everywhere, or delete it with what it tested.`;
  });
}

interface Switch {
  readonly node: ts.Node;
  readonly what: string;
}

/** @param isLookedInto which nodes below are looked into; all unless told */
export function switchesIn(node: ts.Node, isLookedInto: (child: ts.Node) => boolean = () => true): readonly Switch[] {
  const found: Switch[] = [];
  const visit = (one: ts.Node): void => {
    if (ts.isPropertyAccessExpression(one) && SWITCHES.has(one.name.text) && isTestFunction(one.expression))
      found.push({ node: one, what: one.getText() });
    if (ts.isCallExpression(one)) found.push(...switchesOfCall(one));
    ts.forEachChild(one, (child) => {
      if (isLookedInto(child)) visit(child);
    });
  };
  visit(node);
  return found;
}

function switchesOfCall(call: ts.CallExpression): readonly Switch[] {
  const { expression } = call;
  const found: Switch[] = [];
  if (ts.isIdentifier(expression) && /^(xit|xtest|xdescribe|fit|fdescribe)$/.test(expression.text))
    found.push({ node: call, what: expression.text });
  if (isContextSkip(call)) found.push({ node: call, what: "the skip of a test's context" });
  if (!isTestFunction(expression)) return found;
  const properties = call.arguments.flatMap((one) => (ts.isObjectLiteralExpression(one) ? [...one.properties] : []));
  for (const property of properties) {
    const { name } = property;
    if (name !== undefined && ts.isIdentifier(name) && SWITCHES.has(name.text))
      found.push({ node: property, what: `{ ${name.text} }` });
  }
  return found;
}

/** `it`, `it.each`, `it.concurrent.skip`, `it.each(table)`: a chain that begins with a test function. */
export function isTestFunction(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return TEST_FUNCTIONS.has(node.text);
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return isTestFunction(node.expression);
  return ts.isTaggedTemplateExpression(node) && isTestFunction(node.tag);
}

/** `context.skip()` inside a test, under the names that people give the context. */
function isContextSkip(call: ts.CallExpression): boolean {
  if (ts.isIdentifier(call.expression)) return call.expression.text === "skip";
  if (!ts.isPropertyAccessExpression(call.expression) || call.expression.name.text !== "skip") return false;
  const { expression } = call.expression;
  return ts.isIdentifier(expression) && /^(ctx|context|t|task)$/.test(expression.text);
}
