/** The worker thread's side of `CryptoPool`: jobs in, answers out, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "@sealwright/types";
import { blstScheme } from "../bls/blsScheme.js";
import { runCryptoJobs, type NumberedJob } from "./runCryptoJobs.js";
import { openSignerKeys } from "./signerKeys.js";
import type { CryptoWorkerData } from "./spawnCryptoWorker.js";

const port = parentPort;
assert(port !== null, "cryptoWorker.js runs as a worker thread only");
const keys = openSignerKeys(blstScheme, (workerData as CryptoWorkerData).signerKeys);
port.on("message", (jobs: readonly NumberedJob[]) => {
  runCryptoJobs(blstScheme, keys, jobs, (answers) => port.postMessage(answers));
});
