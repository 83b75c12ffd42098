export {
  BLOCK_STATUSES,
  type BlockPlace,
  type BlockState,
  type BlockStatePatch,
  type BlockStatus,
  type BlockTimeline,
  isSettled,
} from "./blockState.js";
export {
  type BlockStateLimits,
  type BlockStateListener,
  type BlockStateRepository,
  CHILDREN_MAX,
  KeyValueBlockStateRepository,
  SETTLED_RECORDS_MAX,
  UNSETTLED_RECORDS_MAX,
} from "./blockStateRepository.js";
export type { CommitRider } from "./commitRider.js";
export { type CustodyRecord, decodeCustody, encodeCustody } from "./custodyRecord.js";
export { EVIDENCE_PER_KEEPER_MAX, type EvidenceRecord } from "./evidenceRecord.js";
export { FACTS_BYTES_MAX, type FinalRecord } from "./finalRecord.js";
export type { StoredHeadline } from "./headerRecord.js";
export {
  type CommitOptions,
  keyAfter,
  type KeyRange,
  type KeyValueEntry,
  type KeyValueOp,
  type KeyValueStore,
  prefixEnd,
  prefixRange,
  RANGE_ENTRIES_MAX,
  type StoreStatus,
} from "./keyValueStore.js";
export { BLOCKS_PER_HEIGHT_MAX, FINAL_RANGE_MAX, KeyValueRepository } from "./kvRepository.js";
export { type LevelOpenError, openLevelStore } from "./levelStore.js";
export { type MemoryStore, memoryStore, type MemoryStoreOptions } from "./memoryStore.js";
export {
  decodeMessageStatus,
  encodeMessageStatus,
  isFinalAnswer,
  MESSAGE_STATES,
  type MessageState,
  type MessageStatusRecord,
} from "./messageStatus.js";
export {
  memoryNodeStore,
  type NodeStore,
  type NodeStoreError,
  type NodeStoreOptions,
  openNodeStore,
  openNodeStoreOver,
  type StoreOwner,
} from "./nodeStore.js";
export type {
  FinalEntry,
  InitializeError,
  PruneOptions,
  Repository,
  RepositoryBatch,
  SealedEntry,
  StateEntry,
  SweepOptions,
  TraceQuery,
  ThreadGenesis,
} from "./repository.js";
export { FORMAT_VERSION } from "./stamp.js";
export { type SnapshotRecord, type SnapshotStage, SnapshotStore, storedChunks } from "./snapshotStore.js";
export { findOrphanedLevelFile } from "./orphanedLevelFile.js";
export { classifyDiskError, type DiskFault, StoreError, type StoreErrorCode } from "./storeError.js";
export type { PlacedTrace, TraceRecord } from "./traceRecord.js";
