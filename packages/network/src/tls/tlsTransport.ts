import {
  assert,
  type Clock,
  err,
  type KeeperId,
  type Logger,
  type NetworkId,
  ok,
  type Random,
  type Result,
  type Timer,
  toHex,
} from "@sealwright/types";
import { Listeners } from "../listeners.js";
import type { Penalty } from "../penalty.js";
import { PeerScores } from "../peerScores.js";
import type {
  PeerStatus,
  RefusalCode,
  SendOptions,
  SendOutcome,
  Transport,
  TransportListener,
  TransportStartError,
} from "../transport.js";
import { Acceptor, type ListenAddress } from "./accept.js";
import type { TransportPeer } from "./dial.js";
import { createIdentity, type Identity } from "./identity.js";
import { PeerLink } from "./peerLink.js";
import { assertTlsLimits, DEFAULT_TLS_LIMITS, type TlsTransportLimits } from "./tlsLimits.js";
import { TRANSPORT_KEY_BYTES, transportKeyFromSeed } from "./transportKey.js";

/** Who this keeper is, where it listens, and whom it knows. */
export interface TlsTransportOptions {
  readonly self: KeeperId;
  readonly networkId: NetworkId;
  /** The own Ed25519 transport seed, 32 secret bytes. */
  readonly seed: Uint8Array;
  readonly listen: ListenAddress;
  /** All keepers; the own entry may be among them, its key is then checked against `seed`. */
  readonly peers: readonly TransportPeer[];
  readonly limits?: Partial<TlsTransportLimits>;
}

/** What a transport acts through besides its sockets. */
export interface TlsTransportDependencies {
  readonly clock: Clock;
  /** Spreads redials. */
  readonly random: Random;
  readonly logger: Logger;
}

type State =
  | { readonly phase: "new" }
  | { readonly phase: "starting"; readonly acceptor: Acceptor }
  | { readonly phase: "running"; readonly acceptor: Acceptor; readonly address: ListenAddress }
  | { readonly phase: "closed"; readonly done: Promise<void> };

/** Keepers connected over TLS 1.3, each end proving the transport key that the genesis document lists for it. */
export class TlsTransport implements Transport {
  readonly self: KeeperId;
  readonly #options: TlsTransportOptions;
  readonly #deps: TlsTransportDependencies;
  readonly #limits: TlsTransportLimits;
  readonly #listeners = new Listeners();
  readonly #scores: PeerScores;
  /** Of all peers, sorted by id. */
  readonly #links: ReadonlyMap<KeeperId, PeerLink>;
  #state: State = { phase: "new" };
  #heartbeat: Timer | undefined;
  #lastBeatMs = 0;

  constructor(options: TlsTransportOptions, dependencies: TlsTransportDependencies) {
    this.self = options.self;
    this.#options = options;
    this.#deps = dependencies;
    this.#limits = { ...DEFAULT_TLS_LIMITS, ...options.limits };
    assertTlsLimits(this.#limits);
    this.#scores = new PeerScores(this.#limits.score, dependencies.clock);
    const linkDeps = { ...dependencies, scores: this.#scores, listeners: this.#listeners };
    const others = options.peers.filter((peer) => peer.id !== this.self).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#links = new Map(
      others.map((peer) => [peer.id, new PeerLink({ peer, self: this.self, limits: this.#limits }, linkDeps)]),
    );
  }

  /** Where this node listens; null before `start` resolved and after `close`. */
  get address(): ListenAddress | null {
    return this.#state.phase === "running" ? this.#state.address : null;
  }

  async start(): Promise<Result<void, TransportStartError>> {
    assert(this.#state.phase === "new", "a transport starts once");
    const flaw = findFlaw(this.#options, this.#limits);
    if (flaw !== null) return err(flaw);
    const { networkId, seed } = this.#options;
    const identity = createIdentity(this.self, networkId, transportKeyFromSeed(seed));
    const acceptor = this.#createAcceptor(identity);
    this.#state = { phase: "starting", acceptor };
    const listening = await acceptor.listen();
    if (!listening.ok) return listening;
    if (this.#isClosed()) {
      await acceptor.close();
      return ok(undefined);
    }
    this.#state = { phase: "running", acceptor, address: listening.value };
    this.#deps.logger.log("info", "network.listening", { ...listening.value });
    for (const link of this.#links.values()) link.start(identity);
    this.#lastBeatMs = this.#deps.clock.monotonicMs();
    this.#beatLater();
    return ok(undefined);
  }

  send(to: KeeperId, frame: Uint8Array, options?: SendOptions): SendOutcome {
    this.#assertFrame(frame);
    const link = this.#state.phase === "running" ? this.#links.get(to) : undefined;
    return link === undefined ? "notConnected" : link.send(frame, options?.priority ?? "consensus");
  }

  broadcast(frame: Uint8Array, options?: SendOptions): void {
    this.#assertFrame(frame);
    if (this.#state.phase !== "running") return;
    // The queues share the one frame; only its five bytes of header are written anew for each.
    for (const link of this.#links.values()) link.send(frame, options?.priority ?? "consensus");
  }

  peers(): readonly PeerStatus[] {
    return [...this.#links.values()].map((link) => link.status());
  }

  penalize(peer: KeeperId, penalty: Penalty, reason: string): void {
    const link = this.#links.get(peer);
    if (link === undefined || penalty === "none") return;
    const outcome = this.#scores.penalize(peer, penalty);
    const fields = { peer, penalty, reason, score: this.#scores.score(peer) };
    if (outcome === "kept") return this.#deps.logger.log("debug", "network.penalized", fields);
    this.#deps.logger.log("warn", "network.banned", { ...fields, banMs: this.#scores.banLeftMs(peer) });
    link.ban();
  }

  /**
   * For fault drills: connections to these peers end at once, and none is made, dialled or taken, until a later call
   * leaves them out. What was on its way is lost.
   */
  setUnreachable(peers: ReadonlySet<KeeperId>): void {
    this.#deps.logger.log("warn", "network.unreachable", { peers: [...peers] });
    for (const [peer, link] of this.#links) link.setReachable(!peers.has(peer));
  }

  on(listener: TransportListener): () => void {
    return this.#listeners.add(listener);
  }

  close(): Promise<void> {
    const state = this.#state;
    if (state.phase === "closed") return state.done;
    // A turn later, so that the state is `closed` before listeners hear of it and may call back.
    const done = Promise.resolve().then(() => this.#shutDown(state));
    this.#state = { phase: "closed", done };
    return done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shutDown(state: Exclude<State, { phase: "closed" }>): Promise<void> {
    this.#heartbeat?.cancel();
    if (state.phase === "new") return;
    // Begun together: the acceptor is done only when the connections it took are.
    const closing = [state.acceptor.close()];
    for (const link of this.#links.values()) closing.push(link.close());
    await Promise.all(closing);
  }

  #createAcceptor(identity: Identity): Acceptor {
    const owners = new Map(this.#options.peers.map((peer) => [toHex(peer.publicKey), peer.id]));
    return new Acceptor(
      { listen: this.#options.listen, identity, limits: this.#limits },
      {
        clock: this.#deps.clock,
        logger: this.#deps.logger,
        ownerOf: (publicKeyHex) => owners.get(publicKeyHex),
        objection: (peer) => this.#objection(peer),
        accepted: (peer, framed) => this.#links.get(peer)?.accept(framed),
      },
    );
  }

  #isClosed(): boolean {
    return this.#state.phase === "closed";
  }

  #objection(peer: KeeperId): RefusalCode | null {
    if (peer >= this.self) return "wrongDirection";
    return this.#scores.isBanned(peer) ? "banned" : null;
  }

  #beatLater(): void {
    this.#heartbeat = this.#deps.clock.setTimer(this.#limits.pingEveryMs, () => this.#beat());
  }

  #beat(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    // A node that was itself stopped or stalled must not take the peers' unread frames for silence.
    const canJudge = nowMs - this.#lastBeatMs < 2 * this.#limits.pingEveryMs;
    this.#lastBeatMs = nowMs;
    this.#beatLater();
    for (const link of this.#links.values()) link.beat(canJudge);
  }

  #assertFrame(frame: Uint8Array): void {
    const max = this.#limits.frameBytesMax;
    assert(frame.length <= max, `a frame of ${frame.length} bytes is over the limit of ${max}`);
  }
}

/** What would fail later, and less clearly. */
function findFlaw(options: TlsTransportOptions, limits: TlsTransportLimits): TransportStartError | null {
  const { seed, peers, self, listen } = options;
  if (!isPort(listen.port)) return { code: "badAddress", ...listen };
  if (seed.length !== TRANSPORT_KEY_BYTES) return { code: "badKey", detail: `the own seed has ${seed.length} bytes` };
  if (peers.length > limits.peersMax) {
    return { code: "badPeers", detail: `${peers.length} peers, at most ${limits.peersMax} are allowed` };
  }
  const ownKey = toHex(transportKeyFromSeed(seed).publicKey);
  const keys = new Map([[ownKey, self]]);
  const ids = new Set<KeeperId>();
  for (const { id, publicKey, host, port } of peers) {
    if (publicKey.length !== TRANSPORT_KEY_BYTES) {
      return { code: "badKey", detail: `the key of ${id} has ${publicKey.length} bytes` };
    }
    if (host === "" || !isPort(port)) return { code: "badPeers", detail: `${id} has the address "${host}:${port}"` };
    if (ids.has(id)) return { code: "badPeers", detail: `${id} is listed twice` };
    ids.add(id);
    const key = toHex(publicKey);
    if (id === self && key !== ownKey) return { code: "badKey", detail: "the own seed does not fit the own entry" };
    if (id !== self && keys.has(key)) return { code: "badPeers", detail: `${id} and ${keys.get(key)} share a key` };
    keys.set(key, id);
  }
  return null;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
