import { assert } from "@sealwright/types";
import type { Mutation } from "./mutation.js";

/** @throws when the text is not there exactly once: then the code moved on, and the mutation must follow it */
export function mutatedSource({ rule, file, find, replace }: Mutation, source: string): string {
  const count = source.split(find).length - 1;
  assert(count === 1, `the text that '${rule}' breaks stands ${count} times in ${file}: ${find}`);
  return source.replace(find, () => replace);
}
