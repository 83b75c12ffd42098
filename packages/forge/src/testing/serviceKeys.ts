import { err } from "@sealwright/types";
import type { TezosKeyHash } from "../keyId.js";
import type { ServiceKey } from "../service/keys/serviceKey.js";
import { testKey } from "./requests.js";

/** A BLS key of the service that signs nothing: for what only reads. */
export const TZ4_SERVICE_KEY: ServiceKey = {
  path: "keys[0]",
  name: "tz4",
  hash: "tz4EECtMxAuJ9UDLaiMZH7G1GCFYUWsj8HZn" as TezosKeyHash,
  blsKey: testKey(1),
  allow: new Set(),
  chains: null,
  protocols: new Set(["octez"]),
  enabled: true,
  home: null,
  publicKey: () => Promise.resolve(err({ code: "unknownKey", message: "", retryable: false })),
  provePossession: null,
};

/** The same, as a key of Ed25519. */
export const TZ1_SERVICE_KEY: ServiceKey = {
  ...TZ4_SERVICE_KEY,
  hash: "tz1KqTpEZ7Yob7QbPE4Hy4Wo8fHG8LhKxZSx" as TezosKeyHash,
  blsKey: null,
};
