export type { AuditCheck } from "./audit/auditCheck.js";
export type { AuditedBlock } from "./audit/auditedBlock.js";
export { ChainAudit } from "./audit/chainAudit.js";
export type { Underway } from "./audit/crossings.js";
export { EXPIRY_AHEAD_MS_MAX } from "./blockRules.js";
export { createExecutor } from "./createExecutor.js";
export type { AccountReader, AccountWrite, Engine, MessageContext, Outcome, ParsedMessage } from "./engine.js";
export { type EncodedAccount, genesisEntries } from "./genesisEntries.js";
export type {
  AdmittedMessage,
  ApplyOutcome,
  BlockBuilder,
  BlockContext,
  BlockLimits,
  EngineAnswer,
  EngineQuery,
  Executor,
  ImportedRange,
  ImportError,
  ImportRange,
  InboundMessage,
  MessageFacts,
  PrecheckContext,
  QueryContext,
  ProvedAccount,
  SealedExecution,
  ThreadState,
  Totals,
  Trace,
  UpdateError,
} from "./executor.js";
export { type Rejection, rejection, type RejectionCode } from "./rejection.js";
export { type AccountProof, decodeAccountProof, encodeAccountProof, type PathEnd } from "./state/accountProof.js";
export {
  type AccountView,
  type ApplyFault,
  type ApplyRequest,
  type BuildCulprit,
  type BuildRequest,
  type BuildTime,
  type BuiltBlock,
  type ExecutedRoots,
  type ExecutionClaim,
  ExecutionError,
  type ExecutionErrorCode,
  type ExecutionFault,
  type MessageResult,
  type StateRef,
  type ThreadExecution,
  type VerifyRequest,
} from "./threadExecution.js";
export { type ExecutorSource, executorSource } from "./host/executorSource.js";
export type { CoreOptions } from "./host/executionCore.js";
export { createInlineExecution, type ExecutionOptions } from "./host/inlineExecution.js";
export {
  createRevivingExecution,
  type RevivingExecutionDependencies,
  type RevivingExecutionOptions,
} from "./host/revivingExecution.js";
export {
  createWorkerExecution,
  type WorkerExecutionDependencies,
  type WorkerExecutionOptions,
} from "./host/workerExecution.js";
export { type LedgerAccount, decodeLedgerAccount, encodeLedgerAccount } from "./ledger/account.js";
export { accountIdOf } from "./ledger/accountId.js";
export {
  createStoreMessage,
  createTransfer,
  createTransfers,
  type StoreOptions,
  type TransferOptions,
} from "./ledger/createMessage.js";
export { type Credit, decodeCredit } from "./ledger/credit.js";
export { LEDGER_GAS, ledgerEngine, type LedgerOptions } from "./ledger/ledgerEngine.js";
export { ledgerExecutor, ledgerExecutorSource } from "./ledger/ledgerExecutor.js";
export { type GenesisAccount, ledgerGenesisEntries } from "./ledger/ledgerGenesis.js";
export { type LedgerMessage, parseLedgerMessage, STORE_PAYLOAD_BYTES_MAX } from "./ledger/ledgerMessage.js";
export { describeLedgerReceipt, LEDGER_RECEIPT, type LedgerRefusal } from "./ledger/ledgerReceipt.js";
export { nextNonce, NONCE_WINDOW, type NonceWindow } from "./ledger/nonceWindow.js";
export { ENTRY_KIND } from "./state/entryKeys.js";
export { verifyAccount } from "./state/state.js";
export { decodeTotals } from "./state/totals.js";
export {
  type ShardAccountView,
  type TvmAccountState,
  type TvmAccountView,
  viewShardAccount,
} from "./tvm/accountView.js";
export { type BagLimits, isReadableBag } from "./tvm/bagCheck.js";
export { GIVEN_BAG, MADE_BAG, readBag, readCell } from "./tvm/bagOfCells.js";
export { BocView, type CellSlice, ShortCellError } from "./tvm/bocView.js";
export { type CellPart, dataBitsOf } from "./tvm/cellPart.js";
export { TvmEmulator } from "./tvm/emulator.js";
export { JoinedBags } from "./tvm/joinedBags.js";
export {
  type ExternalView,
  type InternalView,
  type MessageView,
  type OutwardView,
  viewMessage,
} from "./tvm/messageView.js";
export { type TransactionFees, type TransactionView, viewTransaction } from "./tvm/transaction.js";
export { TvmAccount } from "./tvm/tvmAccount.js";
export { writeBag } from "./tvm/writeBag.js";
export { accountIdOfAddress, accountIdOfText, addressOf, WORKCHAIN } from "./tvm/tvmAddress.js";
export { TVM_CONFIG } from "./tvm/tvmConfig.js";
export { tvmExecutor, tvmExecutorSource, tvmReader } from "./tvm/tvmExecutor.js";
export type { TvmOptions } from "./tvm/tvmEngine.js";
export { type TvmGenesisAccount, tvmGenesisEntries } from "./tvm/tvmGenesis.js";
export {
  bocOfEnvelope,
  earlierExpiry,
  encodeExternalTo,
  encodeTvmEnvelope,
  parseAnyExternal,
  parseExternal,
  parseTvmMessage,
  expiryForUnbounded,
  type TvmEnvelope,
} from "./tvm/tvmMessage.js";
export { decodeRefusalDetail, decodeTransactionDetail, type TransactionDetail, TVM_RECEIPT } from "./tvm/tvmReceipt.js";
