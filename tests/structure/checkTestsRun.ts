import ts from "typescript";

const TEST_FUNCTIONS = new Set(["it", "test", "describe", "suite"]);
const SWITCHES = new Set(["skip", "only", "todo", "fails", "skipIf", "runIf"]);

/** No test is switched off, and none switches the others off: a green run means that everything ran. */
export function switchedTestsIn(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (node: ts.Node, what: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push(`${path}:${line + 1}: uses ${what}. Make the test pass everywhere, or delete it with what it tested.`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && SWITCHES.has(node.name.text) && isTestFunction(node.expression)) {
      report(node, node.getText(source));
    }
    if (ts.isCallExpression(node)) reportCall(node, report);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function reportCall(call: ts.CallExpression, report: (node: ts.Node, what: string) => void): void {
  if (ts.isIdentifier(call.expression) && /^(xit|xtest|xdescribe|fit|fdescribe)$/.test(call.expression.text)) {
    report(call, call.expression.text);
  }
  if (isContextSkip(call)) report(call, "the skip of a test's context");
  if (!isTestFunction(call.expression)) return;
  for (const argument of call.arguments) {
    if (!ts.isObjectLiteralExpression(argument)) continue;
    for (const property of argument.properties) {
      const { name } = property;
      if (name !== undefined && ts.isIdentifier(name) && SWITCHES.has(name.text)) report(property, `{ ${name.text} }`);
    }
  }
}

/** `it`, `it.each`, `it.concurrent.skip`, `it.each(table)`: a chain that begins with a test function. */
function isTestFunction(node: ts.Expression): boolean {
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
