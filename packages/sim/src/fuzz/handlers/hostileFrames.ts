import { rankOfQc } from "@sealwright/consensus";
import type { BlsSigningKey } from "@sealwright/crypto";
import { fakeBls } from "@sealwright/crypto/testing";
import { createStoreMessage } from "@sealwright/execution";
import {
  ackSigningBytes,
  attestationSigningBytes,
  type BlockId,
  blockSigningBytes,
  bodyRootsOf,
  decodeWireMessage,
  encodeWireMessage,
  type KeeperId,
  limits,
  lockSigningBytes,
  nackSigningBytes,
  sealBlock,
  signerIndex,
  type SignerIndex,
  toHex,
  unixMs,
  unwrap,
  type WireMessage,
} from "@sealwright/types";
import { START_UNIX_MS } from "../../world/simGenesis.js";
import type { SimRandom } from "../../world/simRandom.js";
import type { FuzzSource } from "../fuzzSource.js";
import { mutateBytes } from "../mutateBytes.js";

/** What arrives at a besieged keeper, and over whose link. */
export interface HostileFrame {
  readonly from: KeeperId;
  readonly frame: Uint8Array;
}

const WIRE_SAMPLES = 400;
/** How much of what is made up is of the kind that a siege floods its keeper with. */
const FLOOD_RATIO = 0.5;
const BLOCK_SAMPLES = 40;
const HEIGHTS_NEAR = 60;
const EXTERNALS_MAX = 40;
/** Blocks as large as they may be, which the room for blocks without a parent is measured in. */
const LARGE_BLOCK_RATIO = 0.03;
const LARGE_UPDATE = new Uint8Array(limits.STATE_UPDATE_BYTES_MAX);
const THREAD_ID_CHARS = 68;
const HASH_CHARS = 64;

/**
 * Makes frames of all sorts: what was really sent, in its order or not; the same with changes; and made-up messages that
 * fit the network (its threads, its keepers, heights that are near) with made-up contents, half of them of one kind. One
 * peer signs what it makes up, as a liar does; the others' names only carry it.
 */
export class HostileFrames {
  readonly #source: FuzzSource;
  readonly #random: SimRandom;
  readonly #peers: readonly KeeperId[];
  readonly #liar: { readonly id: KeeperId; readonly key: BlsSigningKey };
  readonly #samples: readonly WireMessage[];
  readonly #flood: readonly WireMessage[];
  readonly #blockShapes: FuzzSource["blocks"];
  #next = 0;

  /** @param peers the first one lies */
  constructor(source: FuzzSource, peers: readonly KeeperId[], random: SimRandom) {
    const [id] = peers;
    this.#source = source;
    this.#random = random;
    this.#peers = peers;
    this.#liar = { id: id!, key: unwrap(fakeBls.secretKeyFromBytes(source.genesis.secrets.get(id!)!)) };
    this.#samples = source.sample("wireMessage", WIRE_SAMPLES);
    const floodType = random.pick([...new Set(this.#samples.map(({ type }) => type))]);
    this.#flood = this.#samples.filter(({ type }) => type === floodType);
    this.#blockShapes = source.sample("sealedBlock", BLOCK_SAMPLES);
  }

  next(): HostileFrame {
    const random = this.#random;
    const kind = random.int(1_000);
    if (kind < 450) return this.#nextReal();
    if (kind < 550) return { from: random.pick(this.#peers), frame: random.pick(this.#source.frames) };
    if (kind < 750) return this.#changed();
    if (kind < 997) return this.#madeUp();
    return this.#oversized();
  }

  /** What was sent next, over the link of whoever it speaks for; after the end it begins again. */
  #nextReal(): HostileFrame {
    const { frames } = this.#source;
    const frame = frames[this.#next++ % frames.length]!;
    return { from: this.#speakerOf(frame) ?? this.#random.pick(this.#peers), frame };
  }

  #changed(): HostileFrame {
    const { frames } = this.#source;
    const real = this.#random.pick(frames);
    const frame = mutateBytes(this.#random, real, this.#random.pick(frames)).subarray(0, limits.FRAME_BYTES_MAX);
    return { from: this.#speakerOf(real) ?? this.#random.pick(this.#peers), frame };
  }

  #madeUp(): HostileFrame {
    const from = this.#random.happens(0.5) ? this.#liar.id : this.#random.pick(this.#peers);
    const samples = this.#random.happens(FLOOD_RATIO) ? this.#flood : this.#samples;
    const message = this.#fitted(this.#random.pick(samples), this.#source.genesis.keepers.indexOf(from)!);
    const frame = encodeWireMessage(from === this.#liar.id ? this.#signed(message) : message);
    return { from, frame: frame.subarray(0, limits.FRAME_BYTES_MAX) };
  }

  /** As large as a frame may be: the codec's and the handlers' own limits are smaller. */
  #oversized(): HostileFrame {
    const frame = new Uint8Array(limits.FRAME_BYTES_MAX);
    const real = this.#random.pick(this.#source.frames);
    frame.set(real.subarray(0, frame.length));
    // Behind the tag of a list or of bytes stands a length: now and then one that fits.
    if (this.#random.happens(0.5)) new DataView(frame.buffer).setUint32(1, limits.BLOCK_BYTES_MAX);
    return { from: this.#random.pick(this.#peers), frame };
  }

  #speakerOf(frame: Uint8Array): KeeperId | null {
    const message = decodeWireMessage(frame);
    const signer = message.ok ? signerOf(message.value) : null;
    return signer === null ? null : this.#source.genesis.keepers.at(signer).id;
  }

  /** The message with this network's ids in the place of those that were made up, and `signer` as who speaks. */
  #fitted(message: WireMessage, signer: SignerIndex): WireMessage {
    if (message.type === "candidate") return { ...message, block: this.#madeUpBlock() };
    if (message.type === "blockResponse")
      return { ...this.#fit(message, signer), blocks: message.blocks.map(() => this.#madeUpBlock()) };
    if (message.type === "externals") return { ...message, messages: this.#externals() };
    return this.#fit(message, signer);
  }

  /** Walks through the message's fields: each is told by its name and form. */
  #fit<T>(value: T, signer: SignerIndex, name = ""): T {
    const random = this.#random;
    const { genesis, blocks } = this.#source;
    const known = random.pick(blocks);
    const fitted = (): unknown => {
      if (name === "networkId") return genesis.networkId;
      if (name === "signer") return signer;
      if (name === "signers") return [0, 1, 2].map(signerIndex);
      if (name === "producer") return random.pick(genesis.keepers.members).id;
      if (typeof value === "bigint") return BigInt(random.happens(0.9) ? random.int(HEIGHTS_NEAR) : 2 ** 40);
      if (typeof value === "string" && value.length === THREAD_ID_CHARS) return random.pick(genesis.table).threadId;
      if (typeof value === "string" && value.length === HASH_CHARS)
        return random.happens(0.3) ? known.id : toHex(random.bytes(32));
      if (value instanceof Uint8Array || typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) return value.map((item: unknown) => this.#fit(item, signer));
      const entries = Object.entries(value).map(([key, field]) => [key, this.#fit<unknown>(field, signer, key)]);
      return Object.fromEntries(entries);
    };
    return fitted() as T;
  }

  /** On a real parent or on none, signed by the liar, whoever's turn it is. */
  #madeUpBlock(): Uint8Array {
    const random = this.#random;
    const { genesis, blocks } = this.#source;
    const shape = random.pick(random.happens(0.7) ? blocks : this.#blockShapes);
    const parent = random.pick(blocks);
    const stateUpdate = random.happens(LARGE_BLOCK_RATIO) ? LARGE_UPDATE : shape.body.stateUpdate;
    const body = { ...shape.body, stateUpdate };
    const header = {
      ...this.#fit(shape.header, signerIndex(0)),
      roots: bodyRootsOf(body, shape.header.roots.threadsTable),
      selector: shape.header.selector,
      timeMs: unixMs(START_UNIX_MS + random.int(5_000)),
      parentId: random.happens(0.5) ? parent.id : (toHex(random.bytes(32)) as BlockId),
    };
    const { id } = sealBlock(header, body, shape.signature);
    const { threadId, term, height, round } = header;
    const claim = { threadId, term, height, round, blockId: id };
    const signature = this.#liar.key.sign(blockSigningBytes(genesis.networkId, claim));
    return sealBlock(header, body, signature).bytes;
  }

  /** Good messages of clients, so that they take room. */
  #externals(): readonly Uint8Array[] {
    const random = this.#random;
    const { networkId, users } = this.#source.genesis;
    return Array.from({ length: random.between(1, EXTERNALS_MAX) }, () =>
      createStoreMessage({
        networkId,
        account: random.pick(users).id,
        payload: random.bytes(random.int(200)),
        expiresAtMs: unixMs(START_UNIX_MS + random.int(60_000)),
      }),
    );
  }

  /** With a good signature of the liar where one keeper's signature is asked for. */
  #signed(message: WireMessage): WireMessage {
    const { networkId } = this.#source.genesis;
    const sign = (bytes: Uint8Array): { readonly signature: Uint8Array } => ({ signature: this.#liar.key.sign(bytes) });
    if (message.type === "attestation") {
      const { vote } = message;
      return { ...message, vote: { ...vote, ...sign(attestationSigningBytes(networkId, vote.attestation)) } };
    }
    if (message.type === "lock") {
      const { lock } = message;
      const { term: qcTerm, height: qcHeight } = rankOfQc(lock.qc);
      const qcBlockId = lock.qc?.attestation.blockId ?? this.#seedOf(lock.threadId);
      const payload = { threadId: lock.threadId, term: lock.term, qcTerm, qcHeight, qcBlockId };
      return { ...message, lock: { ...lock, ...sign(lockSigningBytes(networkId, payload)) } };
    }
    if (message.type === "ack")
      return { ...message, ack: { ...message.ack, ...sign(ackSigningBytes(networkId, message.ack.verdict)) } };
    if (message.type !== "nack") return message;
    const { nack } = message;
    return { ...message, nack: { ...nack, ...sign(nackSigningBytes(networkId, nack.verdict, nack.reason)) } };
  }

  #seedOf(threadId: string): BlockId {
    return this.#source.genesis.blocks.find(({ header }) => header.threadId === threadId)!.id;
  }
}

/** Whose word the message is; null where anybody may bring it. */
function signerOf(message: WireMessage): SignerIndex | null {
  if (message.type === "attestation") return message.vote.signer;
  if (message.type === "lock") return message.lock.signer;
  if (message.type === "ack") return message.ack.signer;
  return message.type === "nack" ? message.nack.signer : null;
}
