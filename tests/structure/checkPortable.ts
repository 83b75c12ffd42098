import type { TextFile } from "./workspace.js";

const LEAKS: readonly { readonly pattern: RegExp; readonly fix: string }[] = [
  {
    pattern: /(?:file:\/\/|(?<![\w./$}-]))\/(?:home|root|Users|work)\/[\w.-]+/,
    fix: "It exists on one machine only. Use a path relative to the file, or a temporary folder made by the test.",
  },
  {
    pattern: /\b[A-Za-z]:\\+Users\\+\w+/,
    fix: "It exists on one machine only. Use a path relative to the file, or a temporary folder made by the test.",
  },
  {
    pattern:
      /\bregistry\.[\w-]+(?:\.[\w-]+)*\.(?:org|com|net|io|dev)\b|\b(?:files\.)?pythonhosted\.org\b|\bdeb\.debian\.org\b/,
    fix: "Where packages come from is the reader's setting. Name the package only.",
  },
  {
    pattern: /^\s*(?:@[\w-]+:)?registry\s*=/m,
    fix: "Where packages come from is the reader's setting. Leave it out of the project's .npmrc.",
  },
];

/** Nothing in the project knows the machine it was written on. */
export function machineTracesIn(file: TextFile): readonly string[] {
  return LEAKS.flatMap(({ pattern, fix }) => {
    const match = pattern.exec(file.text);
    if (match === null) return [];
    const line = file.text.slice(0, match.index).split("\n").length;
    return [`${file.path}:${line}: mentions ${match[0].trim()}. ${fix}`];
  });
}
