// For programs that only ask nodes: nothing behind this door needs a library, and nothing of the server is loaded.
export type { DelayReason } from "../backend/blockLife.js";
export { MESSAGE_PROGRESS, MESSAGE_STATUSES, type MessageProgress, type MessageStatus } from "../backend/message.js";
export type { AccountView } from "../backend/records.js";
export type { EventCursor } from "../events/eventLog.js";
export { NODE_EVENT_TYPES, type NodeEventType } from "../events/nodeEvent.js";
export type { ReadinessJson } from "../http/healthRoutes.js";
export type { AccountJson } from "../json/accountJson.js";
export type { AggregateJson } from "../json/attestationJson.js";
export type { BlockHeadlineJson, BlockJson, BlockListJson } from "../json/blockJson.js";
export type { BlockDelayJson, BlockLifeJson, HeightLivesJson } from "../json/blockLifeJson.js";
export type { BlockRefJson, ProducerJson } from "../json/blockRefJson.js";
export type { ErrorAnswerJson, ErrorJson } from "../json/errorJson.js";
export type {
  BlockDelayEventJson,
  BlockEventJson,
  EventJson,
  GapEventJson,
  KeeperEventJson,
  MessageStatusEventJson,
  NackEventJson,
  ThreadEventJson,
} from "../json/eventJson.js";
export type { FinalityProofJson } from "../json/finalityProofJson.js";
export type { HeaderJson } from "../json/headerJson.js";
export type { InclusionProofJson } from "../json/inclusionProofJson.js";
export type { EvidenceJson, KeeperJson } from "../json/keeperJson.js";
export type {
  BatchAnswerJson,
  BatchOutcomeJson,
  MessageJson,
  RefusedMessageJson,
  SubmittedMessageJson,
  WaitedMessageJson,
} from "../json/messageJson.js";
export type { NetworkJson } from "../json/networkJson.js";
export type { ThreadJson } from "../json/threadJson.js";
export type { ThreadTotalsJson } from "../json/threadTotalsJson.js";
export { MESSAGES_PER_BATCH_MAX } from "../messages/messageBatch.js";
export { ApiClientError, type ApiClientErrorCode, type ApiClientErrorOptions } from "./apiClientError.js";
export type { ClientEvent, EventsOptions } from "./clientEvents.js";
export {
  type BlockName,
  type CallOptions,
  SealwrightClient,
  type SealwrightClientOptions,
  type SubmitOptions,
  type ThreadName,
  type WaitForOptions,
} from "./sealwrightClient.js";
