import createModule from "@ton/sandbox/dist/executor/emulator-emscripten.js";
import { assert } from "@sealwright/types";
import type { CompiledMachine } from "./compiledMachine.js";
import type { EmulatorModule } from "./emulatorModule.js";

/** What the binary calls the two functions that read and move its stack pointer. */
interface StackExports {
  /** @param to an address; the stack grows downwards from there */
  readonly Ra: (to: number) => void;
  readonly Ta: () => number;
}

/**
 * The module's own stack has 64 KiB and no guard: about 300 nested cells write over its data, and the results of one
 * keeper differ from those of another, or the machine dies. Cells may nest 512 levels, tuples that a method leaves some
 * thousand.
 */
const STACK_BYTES = 8 * 1024 * 1024;
/** The module takes it for granted. */
const STACK_ALIGNMENT = 16;
/** Of its log: it says whether a contract ran at all. */
export const VERBOSITY = 0;

/** Calls of the binary to itself that may end in an exception go through functions of this name. */
const INNER_CALL = /^invoke_/;

/** One emulator in memory of its own, and how to hand it texts. */
export class EmulatorInstance {
  private constructor(readonly module: EmulatorModule) {}

  /** @param watch called before many of the binary's calls to itself; when it throws, the instance is of no use any more */
  static async open(binary: CompiledMachine, watch: (() => void) | null): Promise<EmulatorInstance> {
    const instances: WebAssembly.Instance[] = [];
    const module = await createModule({
      instantiateWasm: (imports, done) => {
        const instance = new WebAssembly.Instance(binary, watch === null ? imports : watched(imports, watch));
        instances.push(instance);
        done(instance, binary);
        return instance.exports;
      },
    });
    moveStack(module, instances[0]!.exports as StackExports);
    return new EmulatorInstance(module);
  }

  /** @returns the handle of one that executes messages under a configuration */
  createEmulator(config: string): number {
    const emulator = this.module._create_emulator(this.write(config), VERBOSITY);
    assert(emulator !== 0, "the emulator takes the network's configuration");
    return emulator;
  }

  call<Answer>(texts: readonly string[], run: (pointers: readonly number[]) => number): Answer {
    const pointers = texts.map((text) => this.write(text));
    const answered = run(pointers);
    const text = this.module.UTF8ToString(answered);
    for (const pointer of [...pointers, answered]) this.module._free(pointer);
    const { output, fail, message } = JSON.parse(text) as { output?: Answer; fail?: boolean; message?: string };
    assert(output !== undefined && fail !== true, `the emulator answers: ${message ?? text}`);
    return output;
  }

  write(text: string): number {
    const bytes = this.module.lengthBytesUTF8(text) + 1;
    const pointer = this.module._malloc(bytes);
    assert(pointer !== 0, "the emulator has memory for its input");
    this.module.stringToUTF8(text, pointer, bytes);
    return pointer;
  }
}

function moveStack(module: EmulatorModule, { Ra: moveTo, Ta: current }: StackExports): void {
  const lowest = module._malloc(STACK_BYTES);
  assert(lowest !== 0, "the emulator has memory for a stack");
  const top = lowest + STACK_BYTES - ((lowest + STACK_BYTES) % STACK_ALIGNMENT);
  moveTo(top);
  assert(current() === top, "the emulator's binary is the one whose functions are known");
}

function watched(imports: WebAssembly.Imports, watch: () => void): WebAssembly.Imports {
  const wrapped = Object.entries(imports).map(([space, functions]) => [
    space,
    Object.fromEntries(Object.entries(functions).map(([name, called]) => [name, watchedCall(called, watch)])),
  ]);
  return Object.fromEntries(wrapped) as WebAssembly.Imports;
}

function watchedCall(called: WebAssembly.Import, watch: () => void): WebAssembly.Import {
  if (!INNER_CALL.test(called.name)) return called;
  return (...values) => {
    watch();
    return called(...values);
  };
}
