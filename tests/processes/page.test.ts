import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevnet, type Devnet, runDevnet } from "@sealwright/devnet";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/sealwright.js", import.meta.url));
/** Where Debian's package puts it. Nothing of the outside is asked: there may be none. */
const CHROMIUM = "/usr/bin/chromium";
const QUIET_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--no-first-run",
  "--disable-component-update",
  "--disable-sync",
];

let dir = "";
let devnet: Devnet;
let browser: Browser;
let page: Page;
const complaints: string[] = [];
/** Every address that the page asked for. */
const asked = new Set<string>();
/** A browser needs a moment, and so does finality. */
const WAIT = { timeout: 20_000 };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sealwright-page-"));
  devnet = await createDevnet({
    executor: "ledger",
    nodes: 4,
    threads: 2,
    accounts: 40,
    dataDir: join(dir, "devnet"),
    nodeCommand: [process.execPath, BIN, "node"],
    ports: { api: 0, keeper: 0 },
  });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET_FLAGS });
  page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => asked.add(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser.close();
  await devnet.stop();
  await rm(dir, { recursive: true, force: true });
});

describe("the page of a network, in a browser", () => {
  it("shows the threads, the keepers and figures that move, when a person opens the node's address", async () => {
    await page.goto(devnet.endpoints[0]!.apiUrl);
    await expect.poll(() => page.locator(".lane canvas").count(), WAIT).toBe(2);
    await expect.poll(() => page.locator("#keepers tr").count(), WAIT).toBe(4);
    await expect.poll(() => page.textContent("#link"), WAIT).toBe("live");
    await expect.poll(async () => parseInt((await page.textContent("#finality")) ?? ""), WAIT).toBeGreaterThan(0);
    expect(await page.textContent("#quorum")).toBe("4, 3");
    expect(await page.textContent("#keepers")).toContain("this node");
  });

  it("counts the messages of a load, and tells the life of a block that is clicked", async () => {
    const over = new AbortController();
    const load = runDevnet(devnet, { loadPerS: 40, durationMs: null, settleMs: 20_000, signal: over.signal });
    await expect.poll(async () => Number(await page.textContent("#messages")), WAIT).toBeGreaterThan(5);
    const strip = page.locator(".lane canvas").first();
    const box = (await strip.boundingBox())!;
    await strip.click({ position: { x: box.width * 0.7, y: box.height / 2 } });
    await expect.poll(() => page.textContent("#block"), WAIT).toContain("attested by");
    const details = await page.textContent("#block dl");
    for (const word of ["height", "producer", "attested", "+0 ms"]) expect(details).toContain(word);
    over.abort();
    expect((await load).messages.lost).toBe(0);
  });

  it("complained of nothing, and loads nothing from elsewhere", async () => {
    expect(complaints).toEqual([]);
    const origins = await page.evaluate<string[]>(`performance.getEntriesByType("resource").map(({ name }) => name)`);
    for (const url of origins) expect(url.startsWith(devnet.endpoints[0]!.apiUrl)).toBe(true);
  });
});
