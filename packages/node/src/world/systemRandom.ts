import { randomBytes } from "node:crypto";
import type { Random } from "@sealwright/types";

/** The operating system's randomness. */
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
