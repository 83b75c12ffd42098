import type { KeeperId, Result, UnixMs } from "@sealwright/types";
import type { Penalty } from "./penalty.js";

/**
 * `sent`: taken into the peer's queue, not yet read by the peer.
 * `notConnected`: no live connection; the frame is forgotten.
 * `queueFull`: the peer reads too slowly; the frame is forgotten. Both are expected: what must arrive is asked for again.
 */
export type SendOutcome = "sent" | "notConnected" | "queueFull";

/** `consensus` frames (votes, blocks' headers) overtake queued `bulk` frames (bodies, sync); order holds within each. */
export type SendPriority = "consensus" | "bulk";

/** How urgent a frame is. */
export interface SendOptions {
  /** Default: `consensus`. */
  readonly priority?: SendPriority;
}

/** Why a listening side turned a dialler away; the numbers on the wire are in `hello.ts`. */
export type RefusalCode =
  "unknownKeeper" | "wrongNetwork" | "wrongVersion" | "wrongDirection" | "banned" | "malformedHello";

/** Why a live connection ended, or an attempt failed. */
export type DisconnectReason =
  /** The peer closed, restarted or crashed. */
  | "peerClosed"
  /** This node closes. */
  | "closing"
  /** The same peer came back on a newer connection. */
  | "replaced"
  /** Nothing heard, not even the answer to a ping. */
  | "silent"
  /** The peer was penalized down to the floor of its score. */
  | "banned"
  | "oversizedFrame"
  | "malformedFrame"
  /** Reset, unreachable, refused by the operating system; also a TLS failure. */
  | "socketFailed"
  | "handshakeTimeout"
  /** The other end proved a different key than the one known for this keeper. */
  | "wrongKey"
  /** By a simulated network, or by a fault drill. */
  | "partitioned"
  | { readonly refused: RefusalCode };

/** A peer and the link to it, as this end sees them now. */
export interface PeerStatus {
  readonly id: KeeperId;
  readonly state: "connected" | "disconnected" | "banned";
  /** `host:port` as configured, for people. */
  readonly address: string;
  /** 0 (banned) to 100 (nothing held against it). */
  readonly score: number;
  /** Payload bytes since this transport started, over all connections. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Waiting to be taken by the peer; 0 when not connected. */
  readonly queuedBytes: number;
  /** When `state` last changed. */
  readonly sinceMs: UnixMs;
  /** Of the last answered ping; null before the first, and in networks that have no pings. */
  readonly roundTripMs: number | null;
  /** The peer's clock minus this node's, by its last few answers; null where and while no answer tells the time. */
  readonly clockOffsetMs: number | null;
  /** Why the last connection ended or the last attempt failed; null while nothing went wrong yet. */
  readonly lastFailure: DisconnectReason | null;
}

/** Why a transport did not start; one that did not is of no further use. */
export type TransportStartError =
  | { readonly code: "portTaken"; readonly host: string; readonly port: number }
  | { readonly code: "noPermission"; readonly host: string; readonly port: number }
  /** The host to listen on is not an address of this machine. */
  | { readonly code: "badAddress"; readonly host: string; readonly port: number }
  /** The own key or a peer's key cannot be used; `detail` says which. */
  | { readonly code: "badKey"; readonly detail: string }
  /** The list of peers contradicts itself or is too long; `detail` says where. */
  | { readonly code: "badPeers"; readonly detail: string }
  | { readonly code: "listenFailed"; readonly cause: unknown };

/** Called synchronously, in the order of `on`. A listener that throws is a bug of ours and is not caught. */
export interface TransportListener {
  /**
   * One frame of an authenticated peer. `frame` is a view that is never reused: it may be kept, not modified; copy small
   * parts that live long, because a view keeps its whole receive buffer alive.
   *
   * Returning a promise is back-pressure: when the frames of one peer whose promises are pending outgrow the receive
   * window, nothing more is read from that peer, its sender's queue fills, and the sender sees `queueFull`.
   */
  message?(from: KeeperId, frame: Uint8Array): void | Promise<void>;
  connected?(peer: KeeperId): void;
  /** Follows every `connected`, exactly once. */
  disconnected?(peer: KeeperId, reason: DisconnectReason): void;
}

/**
 * Frames between keepers, one instance per node. Delivery is at most once and in order per peer and priority while a
 * connection lives; nothing is promised across connections. Peers are known from the start and authenticated before the
 * first frame of theirs is handed on.
 */
export interface Transport extends AsyncDisposable {
  readonly self: KeeperId;
  /** Opens listening and dialling; resolves when listening. Call once. */
  start(): Promise<Result<void, TransportStartError>>;
  /**
   * Never blocks and never calls listeners before it returns.
   * @param to a known peer; sending to oneself or to a stranger answers `notConnected`
   * @param frame at most `frameBytesMax` bytes (longer is our own bug: throws); must not be modified afterwards
   */
  send(to: KeeperId, frame: Uint8Array, options?: SendOptions): SendOutcome;
  /** To every connected peer; a peer whose queue is full misses it. */
  broadcast(frame: Uint8Array, options?: SendOptions): void;
  /** All known peers but oneself, connected or not, sorted by id. */
  peers(): readonly PeerStatus[];
  /**
   * Lowers a peer's score, which recovers with time; at the floor the peer is dropped (`disconnected` is called before
   * this returns) and refused for a time that doubles with each ban.
   * @param reason for the log: a stable code such as "badSignature"
   */
  penalize(peer: KeeperId, penalty: Penalty, reason: string): void;
  /** @returns removes the listener */
  on(listener: TransportListener): () => void;
  /** Ends all connections and stops listening. Idempotent; afterwards `send` answers `notConnected`. */
  close(): Promise<void>;
}
