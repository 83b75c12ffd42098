import {
  type PublicKey,
  type PublicKeyHash,
  readPublicKey,
  type Signature,
  writePublicKeyHash,
} from "@sealwright/tezos";
import { ByteWriter, type Clock, decode, err, ok, type Result } from "@sealwright/types";
import { createConnection, type Socket } from "node:net";
import type { SignFailure } from "../signer.js";
import { type OctezTransport, type RemoteCallOptions, remoteError, type RemoteSignRequest } from "./octezTransport.js";

export type OctezSocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface OctezSocketOptions {
  readonly address: OctezSocketAddress;
  /** One request at a time runs on each. */
  readonly connectionsMax: number;
}

const FRAME_BYTES_MAX = 0xffff;
const TAG = { sign: 0, publicKey: 1 } as const;
/** Before the key hashes of schemes that came later stands this tag, behind them the generation of schemes asked for. */
const NEWER_KEY_TAG = 3;
const SIGNING_VERSION = 2;

/** Frames of u16 length and body over TCP or a unix socket; connections are reused, and made anew when they break. */
export class OctezSocket implements OctezTransport {
  readonly address: string;
  readonly #target: OctezSocketAddress;
  readonly #connectionsMax: number;
  readonly #clock: Clock;
  readonly #idle: Socket[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

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
      : err(broken("the answer holds no public key"));
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

  close(): void {
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }

  async #call(body: Uint8Array, options: RemoteCallOptions): Promise<Result<Uint8Array, SignFailure>> {
    if (body.length > FRAME_BYTES_MAX)
      return err({ code: "signerFailed", message: "the request does not fit a frame", retryable: false });
    await this.#takeSlot();
    const socket = this.#takeIdle() ?? createConnection(this.#target);
    const result = await exchange(socket, frame(body), options, this.#clock);
    // After anything but a whole answer the next bytes on this connection could belong to this request.
    if (result.ok && !socket.destroyed) this.#park(socket);
    else socket.destroy();
    this.#giveSlot();
    return result.ok ? answerOf(result.value) : result;
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

  async #takeSlot(): Promise<void> {
    if (this.#open >= this.#connectionsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#open += 1;
  }

  #giveSlot(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#open -= 1;
    else next();
  }
}

function writeKey(writer: ByteWriter, key: PublicKeyHash): void {
  const isNewer = key.scheme === "bls" || key.scheme === "mldsa44";
  if (isNewer) writer.u8(NEWER_KEY_TAG);
  writePublicKeyHash(writer, key);
  if (isNewer) writer.u8(SIGNING_VERSION);
}

function writeOptionalSignature(writer: ByteWriter, signature: Signature | null): void {
  if (signature === null) writer.u8(0);
  else writer.u8(0xff).fixed(signature.bytes, signature.bytes.length);
}

function frame(body: Uint8Array): Uint8Array {
  return new ByteWriter(body.length + 2).u16(body.length).fixed(body, body.length).finish();
}

/** Tag 0 and a value, or tag 1 and an error trace, whose printable part tells the reason. */
function answerOf(body: Uint8Array): Result<Uint8Array, SignFailure> {
  if (body[0] === 0) return ok(body.subarray(1));
  if (body[0] !== 1) return err(broken("an answer of unknown form"));
  const text = Buffer.from(body.subarray(1))
    .toString("latin1")
    .replace(/[^ -~]+/g, " ")
    .trim();
  return err(remoteError(text.slice(0, 500), true));
}

/** Raw bytes, with or without a length before them; the caller verifies them, so a wrong guess harms nothing. */
function signatureIn(value: Uint8Array): Result<Uint8Array, SignFailure> {
  for (const lengthBytes of [64, 96]) {
    if (value.length === lengthBytes || value.length === lengthBytes + 4) return ok(value.slice(-lengthBytes));
  }
  return err(broken(`no signature has ${value.length} bytes`));
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
      socket.removeAllListeners();
      // A late error of a socket that is being dropped is nobody's business any more.
      socket.on("error", () => undefined);
      resolve(result);
    };
    const onAbort = (): void =>
      finish(err({ code: "aborted", message: "nobody waits for the answer any more", retryable: false }));
    const timer = clock.setTimer(timeoutMs, () =>
      finish(err({ code: "signerTimeout", message: `no answer in ${timeoutMs} ms`, retryable: true })),
    );
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", (cause) => finish(err({ ...broken(cause.message), cause })));
    socket.on("close", () => finish(err(broken("the signer closed the connection"))));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length > end) finish(err(broken("more bytes than one answer")));
      else if (received.length === end) finish(ok(new Uint8Array(received.subarray(2))));
    });
    socket.write(request);
  });
}

function broken(message: string): SignFailure {
  return { code: "signerUnavailable", message, retryable: true };
}
