/** What is used of the emulator, an Emscripten module that @ton/sandbox ships without types. Texts are C strings. */
export interface EmulatorModule {
  _create_emulator(config: number, verbosity: number): number;
  _emulate_with_emulator(emulator: number, libs: number, account: number, message: number, parameters: number): number;
  _run_get_method(parameters: number, stack: number, config: number): number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number): string;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytesMax: number): void;
}
