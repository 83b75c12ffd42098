import ts from "typescript";

/** A `ts` block of a page. */
export interface Sample {
  /** Path of the page from the repository root, and the line at which the block begins. */
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

export function samplesIn(page: string, text: string): readonly Sample[] {
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length + 1,
    text: match[1]!,
  }));
}

/**
 * What a sample leaves to its reader: names that it does not declare (2304, 2552, 18004), and the function around a
 * `return` (1108), which also decides what is returned. Such a name is of any type, so all else is still checked.
 */
const LEFT_TO_THE_READER = new Set([1108, 2304, 2552, 18004]);

/** Compiles samples as strictly as their readers would. @param at absolute path of a folder from which imports resolve */
export function faultsOf(samples: readonly Sample[], at: string): readonly string[] {
  const files = new Map(samples.map((sample, i) => [`${at}/sample${i}.ts`, sample]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path)?.text ?? disk.readFile(path),
    getSourceFile: (path, ...rest) => {
      const sample = files.get(path);
      return sample === undefined
        ? disk.getSourceFile(path, ...rest)
        : ts.createSourceFile(path, sample.text, ts.ScriptTarget.ES2022);
    },
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files].flatMap(([path, sample]) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .filter(({ code }) => !LEFT_TO_THE_READER.has(code))
      .map(({ code, messageText, start = 0 }) => {
        const line = sample.line + file.getLineAndCharacterOfPosition(start).line;
        return `${sample.page}:${line}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      });
  });
}
