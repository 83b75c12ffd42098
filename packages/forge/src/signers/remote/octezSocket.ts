import {
  type PublicKey,
  type PublicKeyHash,
  readPublicKey,
  readPublicKeyHash,
  type Signature,
  writePublicKeyHash,
} from "@sealwright/tezos";
import { type ByteReader, ByteWriter, type Clock, decode, err, ok, type Result } from "@sealwright/types";
import { createConnection, type Socket } from "node:net";
import type { SignFailure } from "../signer.js";
import { answeredFailure, nonsense } from "./answeredFailure.js";
import { errorTraceText } from "./errorTraceText.js";
import type { OctezTransport, RemoteCallOptions, RemoteSignRequest } from "./octezTransport.js";

/** A TCP socket, or a unix one by its path. */
export type OctezSocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Where an Octez signer listens, and how many connections it gets. */
export interface OctezSocketOptions {
  readonly address: OctezSocketAddress;
  /** One request at a time runs on each. */
  readonly connectionsMax: number;
}

const FRAME_BYTES_MAX = 0xffff;
const TAG = { sign: 0, publicKey: 1, authorizedKeys: 2 } as const;
/** Before the key hashes of schemes that came later stands this tag, behind them the generation of schemes asked for. */
const NEWER_KEY_TAG = 3;
const SIGNING_VERSION = 2;

/** Frames of u16 length and body over TCP or a unix socket; connections are reused, and made anew when they break. */
export class OctezSocket implements OctezTransport {
  readonly address: string;
  readonly #target: OctezSocketAddress;
  readonly #connectionsMax: number;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #idle: Socket[] = [];
  /** Each takes the next free slot, in the order in which they came. */
  readonly #waiting = new Set<(result: Result<void, SignFailure>) => void>();
  #open = 0;
  #isClosed = false;

  constructor({ address, connectionsMax }: OctezSocketOptions, { clock }: { readonly clock: Clock }) {
    this.#target = address;
    this.#connectionsMax = connectionsMax;
    this.#clock = clock;
    this.address = "path" in address ? `unix:${address.path}` : `tcp://${address.host}:${address.port}`;
  }

  async publicKey(key: PublicKeyHash, options: RemoteCallOptions): Promise<Result<PublicKey, SignFailure>> {
    const body = new ByteWriter(64).u8(TAG.publicKey);
    writeKey(body, key);
    const answer = await this.#call(body.finish(), options);
    if (!answer.ok) return answer;
    const decoded = decode(answer.value, readPublicKey);
    return decoded.ok
      ? ok({ ...decoded.value, bytes: decoded.value.bytes.slice() })
      : err(nonsense("the answer holds no public key"));
  }

  async authorizedKeys(options: RemoteCallOptions): Promise<Result<readonly PublicKeyHash[] | null, SignFailure>> {
    const answer = await this.#call(new ByteWriter(1).u8(TAG.authorizedKeys).finish(), options);
    if (!answer.ok) return answer;
    const decoded = decode(answer.value, readAuthorizedKeys);
    return decoded.ok ? decoded : err(nonsense("the answer holds no list of authorized keys"));
  }

  async sign(
    { key, bytes, authentication }: RemoteSignRequest,
    options: RemoteCallOptions,
  ): Promise<Result<Uint8Array, SignFailure>> {
    const body = new ByteWriter(256).u8(TAG.sign);
    writeKey(body, key);
    body.bytes(bytes);
    writeOptionalSignature(body, authentication);
    const answer = await this.#call(body.finish(), options);
    return answer.ok ? signatureIn(answer.value) : answer;
  }

  /** Ends what is under way, as a signer that went away would. */
  close(): void {
    this.#isClosed = true;
    for (const take of this.#waiting) take(err(CLOSED));
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Waiting for a free connection is a part of the call: one that hangs takes nobody else's time. */
  async #call(body: Uint8Array, { signal, timeoutMs }: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>> {
    if (body.length > FRAME_BYTES_MAX)
      return err({ code: "signerFailed", message: "the request does not fit a frame", retryable: false });
    const endsAtMs = this.#clock.monotonicMs() + timeoutMs;
    const slot = await this.#takeSlot({ signal, timeoutMs });
    if (!slot.ok) return slot;
    const leftMs = Math.max(0, endsAtMs - this.#clock.monotonicMs());
    const result = this.#isClosed ? err(CLOSED) : await this.#exchange(frame(body), { signal, timeoutMs: leftMs });
    this.#giveSlot();
    if (result.ok) return answerOf(result.value);
    return result.error.code === "signerTimeout" ? err(timedOut(timeoutMs)) : result;
  }

  async #exchange(request: Uint8Array, options: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>> {
    const socket = this.#takeIdle() ?? this.#connect();
    const result = await exchange(socket, request, options, this.#clock);
    // After anything but a whole answer the next bytes on this connection could belong to this request.
    if (result.ok && !socket.destroyed) this.#park(socket);
    else socket.destroy();
    return result;
  }

  #connect(): Socket {
    const socket = createConnection(this.#target);
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // What breaks while nobody uses it is seen by its being destroyed.
    socket.on("error", () => undefined);
    return socket;
  }

  /** Reads on while idle: that is how the end of the other side is seen. Bytes that nobody asked for end it too. */
  #park(socket: Socket): void {
    socket.on("data", () => socket.destroy());
    socket.resume();
    this.#idle.push(socket);
  }

  #takeIdle(): Socket | undefined {
    let socket = this.#idle.pop();
    while (socket?.destroyed === true) socket = this.#idle.pop();
    socket?.removeAllListeners("data");
    return socket;
  }

  async #takeSlot({ signal, timeoutMs }: RemoteCallOptions): Promise<Result<void, SignFailure>> {
    if (signal.aborted) return err(GIVEN_UP);
    if (this.#isClosed) return err(CLOSED);
    if (this.#open < this.#connectionsMax) {
      this.#open += 1;
      return ok(undefined);
    }
    return new Promise((resolve) => {
      const take = (result: Result<void, SignFailure>): void => {
        this.#waiting.delete(take);
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        resolve(result);
      };
      const onAbort = (): void => take(err(GIVEN_UP));
      const timer = this.#clock.setTimer(timeoutMs, () => take(err(timedOut(timeoutMs))));
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(take);
    });
  }

  #giveSlot(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#open -= 1;
    else next(ok(undefined));
  }
}

function writeKey(writer: ByteWriter, key: PublicKeyHash): void {
  const isNewer = key.scheme === "bls" || key.scheme === "mldsa44";
  if (isNewer) writer.u8(NEWER_KEY_TAG);
  writePublicKeyHash(writer, key);
  if (isNewer) writer.u8(SIGNING_VERSION);
}

/** Tag 0: nobody has to say who asks. Else the hashes, with their length in bytes before them. */
function readAuthorizedKeys(reader: ByteReader): readonly PublicKeyHash[] | null {
  if (reader.u8() === 0) return null;
  if (reader.u32() !== reader.remaining) return reader.fail("the list's length is not what is left");
  const keys: PublicKeyHash[] = [];
  while (reader.remaining > 0) keys.push(readPublicKeyHash(reader));
  return keys;
}

function writeOptionalSignature(writer: ByteWriter, signature: Signature | null): void {
  if (signature === null) writer.u8(0);
  else writer.u8(0xff).fixed(signature.bytes, signature.bytes.length);
}

function frame(body: Uint8Array): Uint8Array {
  return new ByteWriter(body.length + 2).u16(body.length).fixed(body, body.length).finish();
}

/** Tag 0 and a value, or tag 1 and an error trace. */
function answerOf(body: Uint8Array): Result<Uint8Array, SignFailure> {
  if (body[0] === 0) return ok(body.subarray(1));
  if (body[0] !== 1) return err(nonsense("an answer of unknown form"));
  return err(answeredFailure(errorTraceText(body.subarray(1)), false));
}

/** Raw bytes, with or without a length before them; the caller verifies them, so a wrong guess harms nothing. */
function signatureIn(value: Uint8Array): Result<Uint8Array, SignFailure> {
  for (const lengthBytes of [64, 96]) {
    if (value.length === lengthBytes || value.length === lengthBytes + 4) return ok(value.slice(-lengthBytes));
  }
  return err(nonsense(`no signature has ${value.length} bytes`));
}

function exchange(
  socket: Socket,
  request: Uint8Array,
  { signal, timeoutMs }: RemoteCallOptions,
  clock: Clock,
): Promise<Result<Uint8Array, SignFailure>> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = (result: Result<Uint8Array, SignFailure>): void => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("close", onClose).off("data", onData);
      resolve(result);
    };
    const onAbort = (): void => finish(err(GIVEN_UP));
    const onError = (cause: Error): void => finish(err({ ...broken(cause.message), cause }));
    const onClose = (): void => finish(err(broken("the signer closed the connection")));
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length > end) finish(err(nonsense("more bytes than one answer")));
      else if (received.length === end) finish(ok(new Uint8Array(received.subarray(2))));
    };
    const timer = clock.setTimer(timeoutMs, () => finish(err(timedOut(timeoutMs))));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", onError).on("close", onClose).on("data", onData);
    socket.write(request);
  });
}

const GIVEN_UP: SignFailure = { code: "aborted", message: "nobody waits for the answer any more", retryable: false };
const CLOSED: SignFailure = { code: "signerUnavailable", message: "that signer is served no more", retryable: true };

function timedOut(timeoutMs: number): SignFailure {
  return { code: "signerTimeout", message: `no answer in ${timeoutMs} ms`, retryable: true };
}

function broken(message: string): SignFailure {
  return { code: "signerUnavailable", message, retryable: true };
}
