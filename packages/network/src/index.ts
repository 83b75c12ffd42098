export { DEFAULT_TRANSPORT_LIMITS, FRAME_OVERHEAD_BYTES, type TransportLimits } from "./limits.js";
export { type Penalty, PENALTY_POINTS, SCORE_MAX } from "./penalty.js";
export { DEFAULT_SCORE_LIMITS, PeerScores, type ScoreLimits } from "./peerScores.js";
export type { ListenAddress } from "./tls/accept.js";
export type { TransportPeer } from "./tls/dial.js";
export { DEFAULT_TLS_LIMITS, type TlsTransportLimits } from "./tls/tlsLimits.js";
export { TlsTransport, type TlsTransportDependencies, type TlsTransportOptions } from "./tls/tlsTransport.js";
export {
  generateTransportKey,
  TRANSPORT_KEY_BYTES,
  type TransportKey,
  transportKeyFromSeed,
} from "./tls/transportKey.js";
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
