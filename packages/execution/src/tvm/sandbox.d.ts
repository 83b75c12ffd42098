/** Parts of @ton/sandbox that it ships without types. */
declare module "@ton/sandbox/dist/executor/emulator-emscripten.js" {
  const createModule: (options: {
    readonly wasmBinary: Uint8Array;
  }) => Promise<import("./emulatorModule.js").EmulatorModule>;
  export = createModule;
}

declare module "@ton/sandbox/dist/executor/emulator-emscripten.wasm.js" {
  const code: { readonly EmulatorEmscriptenWasm: string };
  export = code;
}
