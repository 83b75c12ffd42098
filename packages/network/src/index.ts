export { DEFAULT_TRANSPORT_LIMITS, FRAME_OVERHEAD_BYTES, type TransportLimits } from "./limits.js";
export { type Penalty, PENALTY_POINTS, SCORE_MAX } from "./penalty.js";
export { DEFAULT_SCORE_LIMITS, PeerScores, type ScoreLimits } from "./peerScores.js";
export type {
  DisconnectReason,
  PeerStatus,
  RefusalCode,
  SendOptions,
  SendOutcome,
  SendPriority,
  Transport,
  TransportListener,
  TransportStartError,
} from "./transport.js";
