export {
  BlockProducer,
  type BlockProducerDependencies,
  type ProducerCommand,
  type ProducerInput,
} from "./blockProducer.js";
export type { WaitingAccusation } from "./waitingAccusation.js";
export type { BuildBudget } from "./buildBudget.js";
export { hasWork } from "./blockWork.js";
export { IGNORED_REASONS, type IgnoredReason } from "./ignoredReason.js";
export {
  DEFAULT_QUEUE_LIMITS,
  type EnqueueOutcome,
  MessageQueue,
  type QueuedMessage,
  type QueueLimits,
} from "./messageQueue.js";
export type { BuildOrder, ProducerEffect } from "./producerEffect.js";
export type { ProducerEvent } from "./producerEvent.js";
export type { ImportOffer, ProducerPorts, SealOutcome } from "./producerPorts.js";
export {
  initialProducerState,
  type ProducerConfig,
  type ProducerState,
  type Parked,
  type ProducerBase,
  type Producing,
  type Starting,
  type Stopping,
  UNSEALED_MAX,
  type WaitingForParent,
} from "./producerState.js";
export type { ProducerStep } from "./producerStep.js";
export type { SealDraft, Sealing, UnderSeal } from "./sealDraft.js";
export type { Collected, TailBlock } from "./sealedTail.js";
export type { StartOutcome, StartParams } from "./startParams.js";
export { step } from "./step.js";
export { STOP_REASONS, type StopReason } from "./stopReason.js";
export type { Assumptions, UnsealedBlock } from "./unsealedBlock.js";
