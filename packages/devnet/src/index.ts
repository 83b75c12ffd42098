export { DevnetError, type DevnetErrorCode } from "./devnetError.js";
export { type Fault, FAULT_ACTIONS, type FaultAction, type FaultTarget, faultText } from "./faults/fault.js";
export type { FaultDone } from "./faults/faultDrill.js";
export { planFlaw, type PlannedNetwork } from "./faults/planFlaw.js";
export type { LoadCounts, LoadPlan, LoadProgress, LoadResult, LoadWork } from "./load/loadPlan.js";
export { type Quantiles, quantilesOf } from "./load/quantiles.js";
export { type LoadRun, startLoad } from "./load/startLoad.js";
export { createDevnet, DEFAULT_PORTS, Devnet, type DevnetEvent, type DevnetOptions } from "./network/devnet.js";
export type { DevnetFolder, FundedAccounts, PortWishes } from "./network/devnetFolder.js";
export { DEVNET_DEFAULTS, type DevnetParameters, type DevnetWishes } from "./network/devnetParameters.js";
export { chooseDevnetPlace, type DevnetPlace, devnetPlaceAt } from "./network/devnetPlace.js";
export {
  createWalletTransfer,
  openWallet,
  type OpenWallet,
  seqnoOf,
  type TestWallet,
  WALLET_VERSIONS,
  type WalletVersion,
} from "./wallets/wallet.js";
export { type DevnetUrls, writeReadyFile } from "./network/devnetUrls.js";
export { type DevnetEndpoint, type EndpointsFile, endpointsPathOf, readEndpoints } from "./network/endpointsFile.js";
export { type RunningDevnet, runningDevnets } from "./network/runningDevnets.js";
export type { ProcessExit } from "./network/keeperProcess.js";
export { type DevnetReport, isGood } from "./report/devnetReport.js";
export { type DevnetRunOptions, runDevnet } from "./report/devnetRun.js";
export type { FaultReport } from "./report/faultReports.js";
export type { NodeFigures } from "./report/nodeFigures.js";
export { sleepMs, wakefulClock } from "./wakefulClock.js";
export {
  BENCHMARKS,
  type BenchmarkName,
  type BenchResult,
  type FaultBenchRun,
  type IdleBenchRun,
  type LoadBenchRun,
  type LoadStep,
} from "./bench/benchResult.js";
export type { ForgeBenchResult, ForgeBurst, ForgePace } from "./bench/forge/forgeBenchResult.js";
export { type ForgeBenchOptions, runForgeBench } from "./bench/forge/runForgeBench.js";
export { type BenchOptions, runBench } from "./bench/runBench.js";
