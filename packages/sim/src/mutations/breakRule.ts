import { register } from "node:module";
import { assert } from "@sealwright/types";
import { BREAK_ENV } from "./breakFlags.js";
import { findMutation } from "./mutations.js";

// Loaded before everything else in a worker process that runs with a broken rule.
const rule = process.env[BREAK_ENV] ?? "";
const mutation = findMutation(rule);
assert(mutation !== null, `no such rule to break: ${rule}`);
register("./mutationHooks.js", import.meta.url, { data: mutation });
