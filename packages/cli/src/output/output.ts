import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Where a command writes. Text goes to people, JSON lines to programs; never both on stdout. */
export class Output {
  constructor(
    readonly isJson: boolean,
    private readonly stdout: NodeJS.WriteStream = process.stdout,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {}

  /** A terminal that a person looks at. */
  get isLive(): boolean {
    return !this.isJson && this.stdout.isTTY;
  }

  get columns(): number {
    return this.stdout.columns ?? 100;
  }

  /** For people; nothing with `--json`. */
  text(line = ""): void {
    if (!this.isJson) this.stdout.write(`${line}\n`);
  }

  /** For programs; nothing without `--json`. */
  json(value: object): void {
    if (this.isJson) this.stdout.write(`${jsonLine(value)}\n`);
  }

  /** What people and programs both want, each in their form. */
  answer(value: object, lines: readonly string[]): void {
    this.json(value);
    for (const line of lines) this.text(line);
  }

  /** Beside the answer: progress and warnings. */
  note(line: string): void {
    if (!this.isJson) this.stderr.write(`${line}\n`);
  }

  /** Beside the answer whoever reads it: what was asked for on top of it. */
  aside(line: string): void {
    this.stderr.write(`${line}\n`);
  }

  /** Raw, for a live view. */
  raw(text: string): void {
    this.stdout.write(text);
  }

  style(style: Style, text: string): string {
    const isColoured = this.stdout.isTTY && process.env["NO_COLOR"] === undefined;
    return isColoured ? styleText(style, text) : text;
  }
}

function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner));
}
