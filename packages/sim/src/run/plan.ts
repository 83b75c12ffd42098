import { type ExecutorKind, faultTolerance } from "@sealwright/consensus";
import { type FaultName, type PlannedFault } from "../faults/fault.js";
import { FAULT_KINDS } from "../faults/faultKinds.js";
import type { LiarName } from "../liars/liarKinds.js";
import { SimRandom } from "../world/simRandom.js";

export interface PlannedLiar {
  readonly type: LiarName;
  readonly keeper: number;
}

export interface PlannedLottery {
  /** On average; null: as many as a real network has. Fewer of them, so that all ways of a lottery are taken. */
  readonly verifiers: number | null;
  readonly verifyWindowMs: number;
}

/** Everything that a seed decides before a run: the run follows from it. Plain data. */
export interface SimPlan {
  readonly seed: number;
  readonly keepers: number;
  readonly threads: number;
  /** Accounts and transfers, or real contracts in their virtual machine. */
  readonly executor: ExecutorKind;
  /** Signatures are real BLS: slow, so only some runs. */
  readonly realBls: boolean;
  /** Null: every keeper verifies. */
  readonly lottery: PlannedLottery | null;
  readonly troubleMs: number;
  readonly messageEveryMs: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly syncMsMax: number;
  readonly faults: readonly PlannedFault[];
  readonly liars: readonly PlannedLiar[];
}

/** What a plan is drawn from; the same options give the same plan. */
export interface PlanOptions {
  readonly seed: number;
  readonly keepers: { readonly min: number; readonly max: number };
  readonly faults: readonly (FaultName | LiarName)[];
  /** How long faults may begin; 8 s unless told. */
  readonly troubleMs?: number;
  /** `ledger` unless told. */
  readonly executor?: ExecutorKind;
}

const TROUBLE_MS = 8_000;
const FAULTS_MAX = 8;
const LIAR_RUNS = 0.5;
const LOTTERY_RUNS = 0.3;
const SAFE_LOTTERIES = 0.25;
const REAL_BLS_EVERY = 50;
/** Contracts always have somebody in another thread to send to. */
const THREADS_MIN = { ledger: 1, tvm: 2 } as const satisfies Record<ExecutorKind, number>;

/** @param options.faults kinds that may be drawn; none of them: a run without trouble */
export function drawPlan({ seed, keepers, faults, troubleMs = TROUBLE_MS, executor = "ledger" }: PlanOptions): SimPlan {
  const random = new SimRandom(seed, "plan");
  const keeperCount = random.between(keepers.min, keepers.max);
  const kinds = faults.filter((name): name is FaultName => name in FAULT_KINDS);
  const lies = faults.filter((name): name is LiarName => !(name in FAULT_KINDS));
  return {
    seed,
    keepers: keeperCount,
    threads: Math.max(random.between(1, 2), THREADS_MIN[executor]),
    executor,
    lottery: drawLottery(random.fork("lottery"), keeperCount),
    realBls: seed % REAL_BLS_EVERY === REAL_BLS_EVERY - 1,
    troubleMs,
    messageEveryMs: random.between(100, 900),
    latencyMs: random.between(1, 20),
    jitterMs: random.between(0, 30),
    syncMsMax: random.between(0, 8),
    faults: drawFaults(random.fork("faults"), kinds, keeperCount, troubleMs),
    liars: drawLiars(random.fork("liars"), lies, keeperCount),
  };
}

function drawLottery(random: SimRandom, keeperCount: number): PlannedLottery | null {
  if (!random.happens(LOTTERY_RUNS)) return null;
  const verifiers = random.happens(SAFE_LOTTERIES) ? null : random.between(1, keeperCount);
  return { verifiers, verifyWindowMs: random.between(20, 300) };
}

function drawFaults(
  random: SimRandom,
  kinds: readonly FaultName[],
  keeperCount: number,
  troubleMs: number,
): PlannedFault[] {
  if (kinds.length === 0) return [];
  const faults = Array.from({ length: random.between(1, FAULTS_MAX) }, (): PlannedFault => {
    const type = random.pick(kinds);
    const atMs = random.int(troubleMs);
    return { type, atMs, ...FAULT_KINDS[type].draw(random, keeperCount) };
  });
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** At most f keepers lie: more may break anything. */
function drawLiars(random: SimRandom, lies: readonly LiarName[], keeperCount: number): PlannedLiar[] {
  if (lies.length === 0 || !random.happens(LIAR_RUNS)) return [];
  const first = random.int(keeperCount);
  return Array.from({ length: random.between(1, faultTolerance(keeperCount)) }, (_, i) => ({
    type: random.pick(lies),
    keeper: (first + i) % keeperCount,
  }));
}
