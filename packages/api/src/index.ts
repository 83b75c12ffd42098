export {
  type BlockDelay,
  type BlockLife,
  type BlockVote,
  DELAY_REASONS,
  type DelayReason,
  type HeightLives,
} from "./backend/blockLife.js";
export {
  type BlockRef,
  endsWait,
  hasReached,
  isLastWord,
  MESSAGE_PROGRESS,
  MESSAGE_STATUSES,
  type MessageProgress,
  type MessageRecord,
  type MessageResult,
  type MessageRefusal,
  type MessageState,
  type MessageStatus,
  type ProducerHint,
  SUBMIT_REFUSAL_CODES,
  type SubmitOutcome,
  type SubmitRefusalCode,
} from "./backend/message.js";
export type { NodeBackend } from "./backend/nodeBackend.js";
export {
  type AccountRecord,
  type AccountState,
  type AccountView,
  BLOCK_STAGES,
  BLOCK_STATUSES,
  type BlockHeadline,
  type BlockQuery,
  type BlockAbsence,
  type BlockAnswer,
  type BlockRecord,
  type BlockSelector,
  type BlockStage,
  type BlockStatus,
  type EvidenceRecord,
  type FinalityProofAnswer,
  type KeeperRecord,
  type NetworkRecord,
  type ReadinessCheck,
  type ThreadRecord,
  type ThreadTotals,
  type TimelineEntry,
} from "./backend/records.js";
export { ApiClientError, type ApiClientErrorCode, type ApiClientErrorOptions } from "./client/apiClientError.js";
export type { ClientEvent, EventsOptions } from "./client/clientEvents.js";
export {
  type BlockName,
  type CallOptions,
  SealwrightClient,
  type SealwrightClientOptions,
  type SubmitOptions,
  type ThreadName,
  type WaitForOptions,
} from "./client/sealwrightClient.js";
export { ApiRefusal, type ApiRefusalOptions, type ErrorDetails } from "./errors/apiRefusal.js";
export { API_ERROR_CODES, API_ERRORS, type ApiErrorCode } from "./errors/apiErrors.js";
export {
  type EventCursor,
  EventLog,
  type EventLogOptions,
  type LogItem,
  parseEventCursor,
  type SubscribeOptions,
} from "./events/eventLog.js";
export { ALL_EVENTS, type EventFilter, filterEvent } from "./events/eventFilter.js";
export {
  type BlockDelayEvent,
  type BlockEvent,
  type KeeperEvent,
  type MessageStatusEvent,
  type MessageTransition,
  type NackEvent,
  NODE_EVENT_TYPES,
  type NodeEvent,
  type NodeEventType,
  type ThreadEvent,
} from "./events/nodeEvent.js";
export { createNodeEventLog, EVENT_MESSAGES_KEPT_MAX, EVENTS_KEPT_MAX } from "./events/nodeEventLog.js";
export type { ReadinessJson } from "./http/healthRoutes.js";
export type { AccountJson } from "./json/accountJson.js";
export type { AggregateJson } from "./json/attestationJson.js";
export type { BlockHeadlineJson, BlockJson, BlockListJson } from "./json/blockJson.js";
export type { BlockDelayJson, BlockLifeJson, HeightLivesJson } from "./json/blockLifeJson.js";
export type { BlockRefJson, ProducerJson } from "./json/blockRefJson.js";
export type { ErrorAnswerJson, ErrorJson } from "./json/errorJson.js";
export type {
  BlockDelayEventJson,
  BlockEventJson,
  EventJson,
  GapEventJson,
  KeeperEventJson,
  MessageStatusEventJson,
  NackEventJson,
  ThreadEventJson,
} from "./json/eventJson.js";
export type { FinalityProofJson } from "./json/finalityProofJson.js";
export type { HeaderJson } from "./json/headerJson.js";
export type { InclusionProofJson } from "./json/inclusionProofJson.js";
export type { EvidenceJson, KeeperJson } from "./json/keeperJson.js";
export type {
  BatchAnswerJson,
  BatchOutcomeJson,
  MessageJson,
  RefusedMessageJson,
  SubmittedMessageJson,
  WaitedMessageJson,
} from "./json/messageJson.js";
export type { NetworkJson } from "./json/networkJson.js";
export type { ThreadJson } from "./json/threadJson.js";
export {
  type BatchDecodeError,
  decodeMessageBatch,
  encodeMessageBatch,
  MESSAGE_BATCH_TYPE,
  MESSAGES_PER_BATCH_MAX,
} from "./messages/messageBatch.js";
export {
  type Counter,
  createMetrics,
  type Gauge,
  type GaugeOptions,
  type Histogram,
  type HistogramOptions,
  type MetricOptions,
  type Metrics,
  SECONDS_BUCKETS,
} from "./metrics/createMetrics.js";
export { type ApiLimits, DEFAULT_API_LIMITS } from "./server/apiLimits.js";
export type { PageFile, PageFiles } from "./http/pageRoutes.js";
export { type ApiDependencies, type ApiPluginOptions, createApiPlugin } from "./server/apiPlugin.js";
export {
  type ApiAddress,
  ApiListenError,
  type ApiListenErrorCode,
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  REMOTE_REQUESTS_PER_SECOND_MAX,
} from "./server/apiServer.js";
export type { AckiNackiBackend, ExecutedMessage } from "./backend/ackiNackiBackend.js";
export {
  TON_TRANSACTIONS_MAX,
  type TonBackend,
  type TonEmulation,
  type TonGetMethodCall,
  type TonGetMethodResult,
  type TonRefusal,
  type TonTransaction,
  type TonTransactionName,
  type TonTransactionQuery,
} from "./backend/tonBackend.js";
export type { ThreadTotalsJson } from "./json/threadTotalsJson.js";
