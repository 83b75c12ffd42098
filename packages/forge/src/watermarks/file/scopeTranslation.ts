import { assert } from "@sealwright/types";
import type { ScopeText } from "../marks.js";
import type { LogEntry } from "./logFormat.js";

/** From one log's scope indexes to another one's, which grow with what they do not have yet. */
export class ScopeTranslation {
  /** Of the log that is translated to. */
  readonly indexes: Map<ScopeText, number>;
  /** Of the log that is translated from; definitions that come later are learned as they pass. */
  readonly #names: Map<number, ScopeText>;

  constructor(from: ReadonlyMap<ScopeText, number>, to: ReadonlyMap<ScopeText, number>) {
    this.#names = new Map([...from].map(([scope, index]) => [index, scope]));
    this.indexes = new Map(to);
  }

  /** Entries in the order in which they are written: a scope's definition goes before its records, or is there already. */
  readonly translate = (entry: LogEntry): readonly LogEntry[] => {
    if (entry.type === "scope") this.#names.set(entry.index, entry.scope);
    const scope = this.#names.get(entry.index);
    assert(scope !== undefined, "a record's scope is defined before it");
    const known = this.indexes.get(scope);
    if (entry.type === "record") {
      assert(known !== undefined, "a scope's definition goes before its records");
      return [{ ...entry, index: known }];
    }
    if (known !== undefined) return [];
    const index = this.indexes.size;
    this.indexes.set(scope, index);
    return [{ type: "scope", index, scope }];
  };
}
