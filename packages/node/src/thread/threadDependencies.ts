import type { EventLog, NodeEvent } from "@sealwright/api";
import type { CryptoService } from "@sealwright/crypto";
import type { ThreadExecution } from "@sealwright/execution";
import type { ForgeWorker } from "@sealwright/forge";
import type { WitnessRunner } from "@sealwright/keeper";
import type { Transport } from "@sealwright/network";
import type { MessageQueue } from "@sealwright/producer";
import type { BlockStateRepository, Repository } from "@sealwright/store";
import type { AggregatedAttestation, Clock, KeeperId, Logger, ThreadId } from "@sealwright/types";
import type { MessageDesk } from "../messages/messageDesk.js";
import type { SnapshotKeeper } from "../sync/snapshotKeeper.js";
import type { ImportDesk } from "./importDesk.js";
import type { SignatureDesk } from "./signatureDesk.js";

/** What one thread of one node acts through. */
export interface ThreadDependencies {
  readonly execution: ThreadExecution;
  readonly queue: MessageQueue;
  readonly repository: Repository;
  readonly blockStates: BlockStateRepository;
  readonly forge: ForgeWorker;
  readonly crypto: CryptoService;
  readonly signatures: SignatureDesk;
  /** Watches this thread for faults that prove themselves. */
  readonly witness: WitnessRunner;
  readonly snapshots: SnapshotKeeper;
  readonly imports: ImportDesk;
  readonly transport: Transport;
  readonly events: EventLog<NodeEvent>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The desk that follows messages; asked for late, because desk and threads know each other. */
  readonly desk: () => MessageDesk;
  /** A block of this thread is final: other threads' imports may go on. */
  readonly finalMoved: (threadId: ThreadId) => void;
  /** A good certificate of another thread, found in the proof of a ref. */
  readonly certificateFound: (certificate: AggregatedAttestation) => void;
  /** How many threads besides this one this node produces now. */
  readonly othersProduced: (threadId: ThreadId) => number;
  readonly apiUrlOf: (keeper: KeeperId) => string | null;
  /** Something that guards safety failed: the node must stop. */
  readonly fail: (error: unknown) => void;
}
