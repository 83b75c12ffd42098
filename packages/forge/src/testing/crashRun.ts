import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** It lives no longer than its standard input, so that none is left when its watcher is killed. */
export const CRASH_PROGRAM = fileURLToPath(new URL("../../dist/testing/crashForge.js", import.meta.url));

/** Everything that any of the killed forges said it signed, and what contradicts. */
export class SignedLedger {
  readonly #digests = new Map<string, string>();
  /** The highest place of each key and kind. */
  readonly #heights = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #checksMarks: boolean;
  signedCount = 0;
  changedLogCount = 0;

  /** @param options `checksMarks`: forges run one after the other, so what a start finds may not be below what was signed */
  constructor({ checksMarks }: { readonly checksMarks: boolean }) {
    this.#checksMarks = checksMarks;
  }

  take(line: string): void {
    const [word, key = "", height = "", digest = ""] = line.split(" ");
    if (line === "changed log") this.changedLogCount += 1;
    if (word === "signed" && digest.length === 64) this.#sign(key, height, digest);
    if (this.#checksMarks && word === "mark" && height !== "" && Number(height) < (this.#heights.get(key) ?? 0)) {
      this.problems.push(`mark of key ${key} is ${height}, but ${this.#heights.get(key)} was signed`);
    }
  }

  /** Of all that was signed. */
  get kinds(): ReadonlySet<string> {
    return new Set([...this.#heights.keys()].map((key) => key.slice(key.indexOf("/") + 1)));
  }

  #sign(key: string, height: string, digest: string): void {
    this.signedCount += 1;
    const place = `${key} ${height}`;
    const known = this.#digests.get(place);
    if (known !== undefined && known !== digest) this.problems.push(`two things signed at ${place}`);
    this.#digests.set(place, digest);
    this.#heights.set(key, Math.max(this.#heights.get(key) ?? 0, Number(height)));
  }
}

/** One forge process whose lines go into a ledger. */
export class CrashingForge {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #lines = 0;
  #isReady = false;
  #errors = "";

  constructor(args: readonly string[], ledger: SignedLedger) {
    this.#child = spawn(process.execPath, [CRASH_PROGRAM, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let rest = "";
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      // The last piece may be half a line: of a kill in the middle of it nothing is known, so it does not count.
      rest = lines.pop() ?? "";
      for (const line of lines) ledger.take(line);
      this.#isReady ||= lines.includes("ready");
      this.#lines += lines.length;
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => (this.#errors += chunk.toString("utf8")));
    this.#ended = new Promise((resolve) => this.#child.on("close", () => resolve()));
  }

  get lines(): number {
    return this.#lines;
  }

  get errors(): string {
    return this.#errors;
  }

  /** Waits until it has told its marks and begins to sign, or has ended by itself. */
  untilReady(): Promise<void> {
    return this.#until(() => this.#isReady);
  }

  /** Waits until it has said this many lines, or has ended by itself. */
  untilLines(count: number): Promise<void> {
    return this.#until(() => this.#lines >= count);
  }

  async #until(isSo: () => boolean): Promise<void> {
    let ended = false;
    void this.#ended.then(() => (ended = true));
    while (!isSo() && !ended) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** `kill -9`, and all that it had said until then is in the ledger. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
