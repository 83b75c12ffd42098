import type { Clock } from "@sealwright/types";
import type { ClientCertificates } from "./httpExchange.js";
import { OctezHttp } from "./octezHttp.js";
import { OctezSocket } from "./octezSocket.js";
import type { OctezTransport } from "./octezTransport.js";

/** Where a signer of the Octez protocol listens. */
export type RemoteAddress =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Where an Octez signer is, whatever the protocol. */
export interface OctezTransportOptions {
  readonly address: RemoteAddress;
  /** For https. */
  readonly tls?: ClientCertificates;
  /** On a socket one request at a time runs on each. */
  readonly connectionsMax: { readonly http: number; readonly sockets: number };
}

/** What several calls at once need; a question now and then needs one of each. */
export const SHARED_CONNECTIONS = { http: 32, sockets: 8 } as const;
export const ONE_CONNECTION = { http: 1, sockets: 1 } as const;

/** Connects nowhere yet: the first call does. */
export function openOctezTransport(options: OctezTransportOptions, deps: { readonly clock: Clock }): OctezTransport {
  const { address, tls = {}, connectionsMax } = options;
  switch (address.kind) {
    case "http":
      return new OctezHttp({ url: address.url, connectionsMax: connectionsMax.http, tls }, deps);
    case "tcp": {
      const { host, port } = address;
      return new OctezSocket({ address: { host, port }, connectionsMax: connectionsMax.sockets }, deps);
    }
    case "unix":
      return new OctezSocket({ address: { path: address.path }, connectionsMax: connectionsMax.sockets }, deps);
  }
}

/** As it stands in a configuration. */
export function remoteAddressText(address: RemoteAddress): string {
  switch (address.kind) {
    case "http":
      return address.url;
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      return `unix:${address.path}`;
  }
}
