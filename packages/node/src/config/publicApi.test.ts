import { parseKeeperId, unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { parseNodeConfig } from "./parseNodeConfig.js";
import { apiUrlOfListener, apiUrlsOf } from "./publicApi.js";

const SELF = unwrap(parseKeeperId("1a".repeat(32)));
const KNOWN = unwrap(parseKeeperId("2a".repeat(32)));
const UNKNOWN = unwrap(parseKeeperId("3a".repeat(32)));

function configAt(api: string, publicApiUrl = "") {
  return unwrap(
    parseNodeConfig(
      `listen: { keeper: "127.0.0.1:1", api: "${api}" }
publicApiUrl: "${publicApiUrl}"
peers:
  - { id: ${KNOWN}, address: "10.0.0.2:8500", api: "http://10.0.0.2:8600" }
  - { id: ${UNKNOWN}, address: "10.0.0.3:8500" }`,
      "/base",
      {},
    ),
  );
}

describe("apiUrlsOf", () => {
  it("knows the API of the peers that the configuration tells of, and the own one where it listens", () => {
    expect(apiUrlsOf(configAt("[::1]:8600"), SELF)).toEqual(
      new Map([
        [KNOWN, "http://10.0.0.2:8600"],
        [SELF, "http://[::1]:8600"],
      ]),
    );
  });

  it.each(["0.0.0.0:8600", "[::]:8600", "127.0.0.1:0"])("sends nobody to %s", (api) => {
    expect(apiUrlsOf(configAt(api), SELF)).toEqual(new Map([[KNOWN, "http://10.0.0.2:8600"]]));
  });
});

describe("a keeper behind a proxy", () => {
  it.each(["0.0.0.0:8600", "127.0.0.1:8600"])("sends clients to its public address while it listens at %s", (api) => {
    const urls = apiUrlsOf(configAt(api, "https://keeper.example.org/api/"), SELF);
    expect(urls.get(SELF)).toBe("https://keeper.example.org/api");
    expect(urls.get(KNOWN)).toBe("http://10.0.0.2:8600");
  });
});

describe("apiUrlOfListener", () => {
  it("is the address as a client writes it", () => {
    expect(apiUrlOfListener({ host: "example.org", port: 80 })).toBe("http://example.org:80");
  });
});
