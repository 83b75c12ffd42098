import { silentLogger } from "@sealwright/types";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { signOneVote } from "./testing/readmeExample.js";
import { attestationRequest, realClock, TEST_NETWORK, testKey } from "./testing/index.js";

describe("the README", () => {
  it("shows exactly the example that is compiled here", async () => {
    const readme = await readFile(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
    const example = await readFile(fileURLToPath(new URL("./testing/readmeExample.ts", import.meta.url)), "utf8");
    // A package may not import itself by name; its readers will.
    const shown = example.replace(`"../index.js"`, `"@sealwright/forge"`);
    expect(readme).toContain(`\`\`\`ts\n${shown}\`\`\``);
  });

  it("shows an example that does what it says", async () => {
    const directory = await mkdtemp(join(tmpdir(), "forge-readme-"));
    const vote = (block: string) => attestationRequest(testKey(0), { term: 0, height: 1, block }).attestation;
    const world = { clock: realClock, logger: silentLogger, directory, secret: new Uint8Array(32).fill(7) };
    const said = await signOneVote(world, { networkId: TEST_NETWORK, attestation: vote("a"), other: vote("b") });
    expect(said).toEqual(["attestationReady", "attestationReady", "refused"]);
    await rm(directory, { recursive: true });
  });
});
