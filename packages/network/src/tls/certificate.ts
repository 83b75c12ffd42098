import { sign } from "node:crypto";
import { concatBytes, sha256 } from "@sealwright/types";
import { privateKeyOf, type TransportKey } from "./transportKey.js";

/** What node:tls takes. */
export interface PemCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
/** Context tag 0, around the version. */
const VERSION_FIELD = 0xa0;
/** AlgorithmIdentifier of RFC 8410: 1.3.101.112 without parameters. */
const ED25519 = der(SEQUENCE, der(OBJECT_ID, Uint8Array.of(0x2b, 0x65, 0x70)));
const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03);

/**
 * The self-signed X.509 certificate of a transport key: TLS wants one, but only its public key means anything here, so
 * all else is fixed. The same key gives the same certificate. Written by hand because a certificate with nothing to
 * choose is a page of DER, while libraries for it are asynchronous and read the environment's randomness and clock.
 */
export function selfSignedCertificate(key: TransportKey): PemCertificate {
  const privateKey = privateKeyOf(key.seed);
  const body = certificateBody(key.publicKey);
  const signature = new Uint8Array(sign(null, body, privateKey));
  const certificate = der(SEQUENCE, body, ED25519, bitString(signature));
  return {
    certificate: pem("CERTIFICATE", certificate),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** RFC 5280 §4.1.2: version 3, serial, algorithm, issuer, validity, subject, public key. */
function certificateBody(publicKey: Uint8Array): Uint8Array {
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8_STRING, text("sealwright keeper")))),
  );
  // "99991231235959Z" is RFC 5280's value for a certificate that does not expire: keys leave through the keeper set.
  const validity = der(SEQUENCE, der(UTC_TIME, text("200101000000Z")), der(GENERALIZED_TIME, text("99991231235959Z")));
  return der(
    SEQUENCE,
    der(VERSION_FIELD, der(INTEGER, Uint8Array.of(2))),
    der(INTEGER, serialOf(publicKey)),
    ED25519,
    name,
    validity,
    name,
    der(SEQUENCE, ED25519, bitString(publicKey)),
  );
}

/** 16 bytes of a hash; the first is forced into 0x40..0x7f, so that the number is positive and has no leading zero. */
function serialOf(publicKey: Uint8Array): Uint8Array {
  const serial = sha256(publicKey).slice(0, 16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  return concatBytes(Uint8Array.of(tag, ...derLength(content.length)), content);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function bitString(bytes: Uint8Array): Uint8Array {
  const unusedBits = Uint8Array.of(0);
  return der(BIT_STRING, unusedBits, bytes);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
