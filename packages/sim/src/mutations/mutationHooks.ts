import type { LoadHook } from "node:module";
import { assert } from "@sealwright/types";
import { mutatedSource } from "./mutatedSource.js";
import type { Mutation } from "./mutation.js";

let mutation: Mutation | null = null;

/** Called by Node with what `register` was given. */
export function initialize(given: Mutation): void {
  mutation = given;
}

/** Replaces texts of modules while they are loaded. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const edits = mutation?.edits.filter(({ file }) => url.endsWith(`/packages/${file}`)) ?? [];
  if (mutation === null || edits.length === 0) return loaded;
  assert(loaded.source !== undefined && loaded.source !== null, "a module has a source");
  const source =
    typeof loaded.source === "string" ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
  return { ...loaded, source: mutatedSource(mutation.rule, edits, source) };
};
