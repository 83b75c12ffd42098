import { assertNever, ok } from "@sealwright/types";
import type { BuildProgress } from "./buildProgress.js";
import type { ExecutionCore } from "./executionCore.js";
import { unpackBytes } from "./packedBytes.js";
import type { QuestionStop } from "./questionStop.js";
import { type Answers, type Job, type NumberedJob, packBlock, unpackBuild, unpackVerify } from "./workerProtocol.js";

/** What a worker shares with its caller. */
export interface SharedMemory {
  readonly progress: BuildProgress;
  readonly questions: QuestionStop;
}

/** The worker's side of one job. Throws what the core throws. */
export function runJob(
  core: ExecutionCore,
  { number, job }: NumberedJob,
  { progress, questions }: SharedMemory,
): Answers[Job["type"]] {
  switch (job.type) {
    case "beginLoad":
      return done(core.beginLoad());
    case "addEntries": {
      const values = unpackBytes(job.values);
      return done(core.addEntries(unpackBytes(job.keys).map((key, i) => ({ key, value: values[i]! }))));
    }
    case "finishLoad":
      return core.finishLoad(job.atBlock);
    case "admit":
      return core
        .admit(unpackBytes(job.messages), job.nowMs)
        .flatMap((refused, i) => (refused === null ? [] : [[i, refused] as const]));
    case "build": {
      const built = core.build(unpackBuild(job.request), progress.watch(job.number));
      return built.ok ? ok({ ...packBlock(built.value), traces: core.traces(built.value.ref) }) : built;
    }
    case "bind":
      return done(core.bind(job, job.blockId));
    case "verify": {
      const verified = core.verify(unpackVerify(job.request));
      return verified.ok ? ok({ ...verified.value, traces: core.traces({ block: job.request.blockId }) }) : verified;
    }
    case "applyUpdate":
      return core.applyUpdate(job.request);
    case "finalize":
      return done(core.finalize(job.blockId));
    case "release":
      return done(core.release(job.refs));
    case "holds":
      return core.holds(job.ref);
    case "account":
      return core.account(job.id, job.at);
    case "totals":
      return core.totals(job.at);
    case "query":
      return core.query(job.query, job.at, { nowMs: job.nowMs, isOver: questions.isOver(number) });
    case "cursors":
      return core.cursors(job.at, job.sources);
    default:
      return assertNever(job);
  }
}

function done(_nothing: void): null {
  return null;
}
