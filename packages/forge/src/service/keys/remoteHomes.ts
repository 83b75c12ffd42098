import type { BlsVerifier } from "@sealwright/crypto";
import { equalPublicKeyHashes, hashPublicKey, parsePublicKeyHash, type PublicKey } from "@sealwright/tezos";
import { type Clock, err, type Logger, type Result, sha256Hex, unwrap } from "@sealwright/types";
import { HttpExchange } from "../../signers/remote/httpExchange.js";
import type { Authenticator } from "../../signers/remote/authenticator.js";
import { OctezRemoteSigner, type RemoteKey } from "../../signers/remote/octezRemoteSigner.js";
import type { OctezTransport, RemoteCallOptions } from "../../signers/remote/octezTransport.js";
import { probeOctezSigner } from "../../signers/remote/probeOctezSigner.js";
import { openOctezTransport, remoteAddressText, SHARED_CONNECTIONS } from "../../signers/remote/remoteAddress.js";
import { Web3Signer } from "../../signers/remote/web3Signer.js";
import type { SignFailure, Signer } from "../../signers/signer.js";
import type { KeySource } from "../config/serviceConfig.js";
import type { TlsTexts } from "../tls/tlsTexts.js";
import { READY_MS_MAX } from "../readyLimit.js";
import { SharedProbe } from "../sharedProbe.js";
import { ReplaceableSigner } from "./replaceableSigner.js";

const CONCURRENT_MAX = SHARED_CONNECTIONS.http;
const PUBLIC_KEY_MS_MAX = 2_000;

type OctezSource = Extract<KeySource, { kind: "remote" }>;
export type RemoteSource = Extract<KeySource, { kind: "remote" | "web3signer" }>;

/** A key that is elsewhere, with the certificates for going there. */
export interface RemotePlace {
  readonly source: RemoteSource;
  readonly tls: TlsTexts;
  /** Says there who asks; null: nobody does. */
  readonly authenticator: Authenticator | null;
}

interface Home {
  readonly signer: ReplaceableSigner;
  readonly transport: OctezTransport | null;
  /** Over a connection of its own, which no slow signature holds; null until keys are served there. */
  probe: SharedProbe<boolean> | null;
  /** Lets go of what the present inside of `signer` alone holds open; null where it is the transport. */
  closeInside: (() => Promise<void>) | null;
}

/** Signers elsewhere. Keys at one address share connections, one lane of the forge, and whether they can be reached. */
export class RemoteHomes {
  readonly #dependencies: { readonly clock: Clock; readonly logger: Logger; readonly verifier: BlsVerifier };
  /** By address and certificates, for as long as keys are served there. */
  readonly #homes = new Map<string, Home>();
  /** Until all that was replaced has answered its last, and is closed. */
  #closed: Promise<unknown> = Promise.resolve();

  constructor(dependencies: { readonly clock: Clock; readonly logger: Logger; readonly verifier: BlsVerifier }) {
    this.#dependencies = dependencies;
  }

  signers(): readonly Signer[] {
    return [...this.#homes.values()].map(({ signer }) => signer);
  }

  /** Serves the keys at these places, and no others. */
  serve(places: readonly RemotePlace[], timeoutMs: number): void {
    const wanted = new Map<string, RemotePlace[]>();
    for (const place of places) wanted.set(homeOf(place), [...(wanted.get(homeOf(place)) ?? []), place]);
    for (const [name, home] of this.#homes) if (!wanted.has(name)) this.#forget(name, home);
    for (const [name, keys] of wanted) {
      const home = this.#homes.get(name) ?? this.#open(name, keys[0]!);
      this.#homes.set(name, home);
      this.#fill(home, keys, timeoutMs);
    }
  }

  /** Which homes answer now; one that hangs is none of them, and holds up nobody. */
  async reachable(): Promise<ReadonlySet<string>> {
    const reachable = new Set<string>();
    await Promise.all(
      [...this.#homes].map(async ([name, { probe }]) => {
        if ((await probe?.answer()) === true) reachable.add(name);
      }),
    );
    return reachable;
  }

  /** Asks the signer, and believes only the key that the hash names. */
  async publicKey(place: RemotePlace, key: string, signal: AbortSignal): Promise<Result<PublicKey, SignFailure>> {
    const transport = this.#homes.get(homeOf(place))?.transport ?? null;
    if (transport === null)
      return err({ code: "signerUnavailable", message: "that signer is served no more", retryable: true });
    const hash = unwrap(parsePublicKeyHash(key));
    const answer = await transport.publicKey(hash, { signal, timeoutMs: PUBLIC_KEY_MS_MAX });
    if (!answer.ok || equalPublicKeyHashes(hashPublicKey(answer.value), hash)) return answer;
    return err({ code: "badSignature", message: `${transport.address} answered with another key`, retryable: false });
  }

  async close(): Promise<void> {
    for (const [name, home] of this.#homes) this.#forget(name, home);
    await this.#closed;
  }

  #open(name: string, { source, tls }: RemotePlace): Home {
    const { clock } = this.#dependencies;
    const signer = new ReplaceableSigner({ name, concurrentMax: CONCURRENT_MAX, refillAt: CONCURRENT_MAX - 1 });
    const transport =
      source.kind === "remote"
        ? openOctezTransport({ address: source.address, tls, connectionsMax: SHARED_CONNECTIONS }, { clock })
        : null;
    return { signer, transport, probe: null, closeInside: null };
  }

  #fill(home: Home, places: readonly RemotePlace[], timeoutMs: number): void {
    const { clock, logger, verifier } = this.#dependencies;
    const [first] = places;
    const { transport } = home;
    if (first?.source.kind === "web3signer") {
      const { source, tls } = first;
      const keys = places.flatMap((place) => (place.source.kind === "web3signer" ? [place.source.publicKey] : []));
      home.probe = probeOf(() => isUp(source.url, tls, clock), clock);
      const inside = new Web3Signer({ url: source.url, keys, timeoutMs, tls }, { clock, logger, verifier });
      void this.#replace(home, inside, () => inside.close());
      return;
    }
    if (transport === null || first?.source.kind !== "remote")
      throw new TypeError("a home of Octez keys has a transport");
    const { source, authenticator } = first;
    home.probe = probeOf(() => wouldSignFor(source, first, clock), clock);
    const keys = places.flatMap((place) => (place.source.kind === "remote" ? remoteKeysOf(place.source) : []));
    const authenticate =
      authenticator === null ? {} : { authenticate: (payload: Uint8Array) => authenticator.sign(payload) };
    const deps = { transport, clock, logger, verifier, ...authenticate };
    const inside = new OctezRemoteSigner({ keys, timeoutMs }, deps);
    // The transport stays: the next inside goes on with its connections.
    void this.#replace(home, inside, null);
  }

  #forget(name: string, home: Home): void {
    this.#homes.delete(name);
    const closed = this.#replace(home, null, null);
    this.#closed = Promise.all([this.#closed, closed.then(() => home.transport?.close())]);
  }

  /** What was inside is closed once it has answered all it was asked. */
  #replace(home: Home, inside: Signer | null, closeInside: Home["closeInside"]): Promise<unknown> {
    const closeOld = home.closeInside;
    home.closeInside = closeInside;
    const closed = home.signer.replace(inside).then(() => closeOld?.());
    this.#closed = Promise.all([this.#closed, closed]);
    return closed;
  }
}

/** A key that signs for our own chain has a name of ours too. */
function remoteKeysOf({ key, publicKey }: OctezSource): readonly RemoteKey[] {
  return publicKey === null ? [{ key }] : [{ key }, { key: publicKey, heldAs: key }];
}

/**
 * Other certificates make another home: connections that were made with the old ones are not used any more. So does
 * another asker: whom a signer lets ask differs between them.
 */
export function homeOf({ source, tls, authenticator }: RemotePlace): string {
  const certificates = Object.keys(tls).length === 0 ? "" : ` with certificates ${digestOf(tls)}`;
  const asker = authenticator === null ? "" : ` asked by ${authenticator.id}`;
  return `${addressOf(source)}${certificates}${asker}`;
}

function digestOf(tls: TlsTexts): string {
  return sha256Hex(new TextEncoder().encode(JSON.stringify([tls.cert, tls.ca]))).slice(0, 8);
}

function addressOf(source: RemoteSource): string {
  if (source.kind === "web3signer") return `Web3Signer ${source.url}`;
  return `signer ${remoteAddressText(source.address)}`;
}

function probeOf(ask: () => Promise<boolean>, clock: Clock): SharedProbe<boolean> {
  return new SharedProbe({ waitMsMax: READY_MS_MAX, late: false }, { clock, ask });
}

async function isUp(url: string, tls: TlsTexts, clock: Clock): Promise<boolean> {
  const http = new HttpExchange({ baseUrl: new URL(url), connectionsMax: 1, tls }, { clock });
  const answer = await http.call({ method: "GET", path: "/upcheck", ...probeLimits() });
  http.close();
  return answer.ok && answer.value.status === 200;
}

/** Asked for one of the keys that are served from there: what holds for it holds for the others, as a rule. */
async function wouldSignFor(source: OctezSource, { tls, authenticator }: RemotePlace, clock: Clock): Promise<boolean> {
  const { address, key } = source;
  const asked = { address, tls, key, authenticatedBy: authenticator?.id ?? null, timeoutMs: READY_MS_MAX };
  return (await probeOctezSigner(asked, { clock })).ok;
}

function probeLimits(): RemoteCallOptions {
  return { signal: new AbortController().signal, timeoutMs: READY_MS_MAX };
}
