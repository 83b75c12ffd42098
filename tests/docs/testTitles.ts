import ts from "typescript";
import { isTestFunction, switchesIn } from "../structure/checkTestsRun.js";

/**
 * Sentences of the tests that run: a comment or another text is none, nor is a test that is switched off, by itself or with
 * those around it. A sentence that is put together keeps its `${…}` or `%s`.
 */
export function testTitlesIn(path: string, text: string): readonly string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTestFunction(node.expression)) {
      const title = titleOf(node, source);
      if (title !== null && isSwitched(node)) return;
      if (title !== null && isSingle(node.expression)) return void titles.push(title);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** @returns null for the table of an `each`, which comes in a call of its own */
function titleOf({ arguments: [first] }: ts.CallExpression, source: ts.SourceFile): string | null {
  if (first === undefined) return null;
  if (ts.isStringLiteralLike(first)) return first.text;
  return ts.isTemplateExpression(first) ? first.getText(source).slice(1, -1) : null;
}

/** A test with all that it does; of one that holds others only the head: what is switched off inside is judged there. */
function isSwitched(call: ts.CallExpression): boolean {
  const isSingleTest = isSingle(call.expression);
  return switchesIn(call, (child) => isSingleTest || !ts.isFunctionLike(child)).length > 0;
}

function isSingle(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return node.text === "it" || node.text === "test";
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return isSingle(node.expression);
  return ts.isTaggedTemplateExpression(node) && isSingle(node.tag);
}
