import { assert } from "@sealwright/types";
import type { Edit } from "./mutation.js";

/** @throws when a text is not there exactly once: then the code moved on, and the mutation must follow it */
export function mutatedSource(rule: string, edits: readonly Edit[], source: string): string {
  return edits.reduce((text, { file, find, replace }) => {
    const count = text.split(find).length - 1;
    assert(count === 1, `the text that '${rule}' breaks stands ${count} times in ${file}: ${find}`);
    return text.replace(find, () => replace);
  }, source);
}
