/** The thread's side of `PossessionProver`: one proof per message. */
import { assert } from "@sealwright/types";
import { parentPort } from "node:worker_threads";
import { proveTezosPossession } from "./provePossession.js";

/** What is asked of the thread. */
export interface PossessionJob {
  /** 32 bytes, big-endian. */
  readonly scalar: Uint8Array;
  /** 48 bytes. */
  readonly publicKey: Uint8Array;
}

const port = parentPort;
assert(port !== null, "possessionWorker.js runs as a worker thread only");
port.on("message", ({ scalar, publicKey }: PossessionJob) => port.postMessage(proveTezosPossession(scalar, publicKey)));
