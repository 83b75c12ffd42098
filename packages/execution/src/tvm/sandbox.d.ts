/** What is used of WebAssembly: its types come with those of browsers, which this code does not see. */
declare namespace WebAssembly {
  type Module = import("./compiledMachine.js").CompiledMachine;
  type Import = (...values: readonly (number | bigint)[]) => number | bigint | undefined;
  type Imports = Readonly<Record<string, Readonly<Record<string, Import>>>>;
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: unknown;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}

/** Parts of @ton/sandbox that it ships without types. */
declare module "@ton/sandbox/dist/executor/emulator-emscripten.js" {
  const createModule: (options: {
    readonly instantiateWasm: (
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) => unknown;
  }) => Promise<import("./emulatorModule.js").EmulatorModule>;
  export = createModule;
}

declare module "@ton/sandbox/dist/executor/emulator-emscripten.wasm.js" {
  const code: { readonly EmulatorEmscriptenWasm: string };
  export = code;
}
