import { X509Certificate } from "node:crypto";
import { fromHex, toHex } from "@sealwright/types";
import { SeededRandom } from "@sealwright/types/testing";
import { describe, expect, it } from "vitest";
import { selfSignedCertificate } from "./certificate.js";
import { generateTransportKey, rawPublicKey, transportKeyFromSeed } from "./transportKey.js";

describe("transport key", () => {
  it("[S1] is Ed25519 as in RFC 8032, test 1", () => {
    const seed = fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")!;
    const publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    expect(toHex(transportKeyFromSeed(seed).publicKey)).toBe(publicKey);
  });

  it("[S1] takes its seed from the given randomness only", () => {
    const [one, same, other] = [1, 1, 2].map((seed) => generateTransportKey(new SeededRandom(seed)));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
  });
});

describe("self-signed certificate", () => {
  const key = generateTransportKey(new SeededRandom(7));

  it("[S1] carries exactly the transport key and is signed by it", () => {
    const certificate = new X509Certificate(selfSignedCertificate(key).certificate);
    expect(rawPublicKey(certificate.publicKey)).toEqual(key.publicKey);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe("CN=sealwright keeper");
  });

  it("[S1] is accepted by OpenSSL for many keys, with a positive serial number and no end", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const each = generateTransportKey(new SeededRandom(seed));
      const certificate = new X509Certificate(selfSignedCertificate(each).certificate);
      expect(rawPublicKey(certificate.publicKey)).toEqual(each.publicKey);
      expect(certificate.checkIssued(certificate)).toBe(true);
      expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      expect([certificate.subject, certificate.issuer]).toEqual(["CN=sealwright keeper", "CN=sealwright keeper"]);
      expect(certificate.validTo).toBe("Dec 31 23:59:59 9999 GMT");
    }
  });

  it("[S1] is the same for the same key, so that a restart changes nothing", () => {
    expect(selfSignedCertificate(key)).toEqual(selfSignedCertificate(key));
  });
});
