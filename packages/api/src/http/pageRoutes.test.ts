import { describe, expect, it } from "vitest";
import { openTestApi } from "../../test/testApi.js";
import type { PageFiles } from "./pageRoutes.js";

const HTML = { type: "text/html; charset=utf-8", bytes: Buffer.from("<title>a page</title>") };
const page: PageFiles = new Map([
  ["", HTML],
  ["js/main.js", { type: "text/javascript; charset=utf-8", bytes: Buffer.from("1;") }],
]);

describe("a page that a node serves", () => {
  it("comes byte for byte, with a policy that lets it load nothing from elsewhere", async () => {
    const { url } = await openTestApi({ page });
    const answer = await fetch(`${url}/page/`);
    expect(await answer.text()).toBe("<title>a page</title>");
    expect(answer.headers.get("content-type")).toBe(HTML.type);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(await (await fetch(`${url}/page/js/main.js`)).text()).toBe("1;");
  });

  it("has no other files: no path leads out of it", async () => {
    const { url } = await openTestApi({ page });
    for (const path of ["/page/other.js", "/page/..%2f..%2fpackage.json", "/page/js/"])
      expect((await fetch(`${url}${path}`)).status).toBe(404);
  });

  it("is where a browser lands that opens the address; programs get the text as before", async () => {
    const { url } = await openTestApi({ page });
    const browser = await fetch(url, { headers: { accept: "text/html,*/*" }, redirect: "manual" });
    expect([browser.status, browser.headers.get("location")]).toEqual([302, "/page/"]);
    expect(await (await fetch(url)).text()).toContain("/v1/threads");
  });

  it("is not there unless it was handed over", async () => {
    const { url } = await openTestApi();
    expect((await fetch(`${url}/page/`)).status).toBe(404);
    expect((await fetch(url, { headers: { accept: "text/html" } })).status).toBe(200);
  });
});
