declare const code: unique symbol;

/**
 * The virtual machine's code, made ready for the processor. It is a `WebAssembly.Module`; that type comes with those of
 * browsers, and whoever uses this package need not have them.
 */
export interface CompiledMachine {
  readonly [code]: true;
}

let compiled: Promise<CompiledMachine> | null = null;

/**
 * The virtual machine's code, compiled once in a process: each thread makes a machine of its own of it. Its text is as long
 * as all other code together, so it is read only where it is compiled.
 */
export function compiledMachine(): Promise<CompiledMachine> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<CompiledMachine> {
  const { default: code } = await import("@ton/sandbox/dist/executor/emulator-emscripten.wasm.js");
  return WebAssembly.compile(Buffer.from(code.EmulatorEmscriptenWasm, "base64"));
}
