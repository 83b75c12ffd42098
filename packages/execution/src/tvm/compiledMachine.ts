let compiled: Promise<WebAssembly.Module> | null = null;

/**
 * The virtual machine's code, compiled once in a process: each thread makes a machine of its own of it. Its text is as long
 * as all other code together, so it is read only where it is compiled.
 */
export function compiledMachine(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  const { default: code } = await import("@ton/sandbox/dist/executor/emulator-emscripten.wasm.js");
  return WebAssembly.compile(Buffer.from(code.EmulatorEmscriptenWasm, "base64"));
}
