import { SeededRandom } from "@sealwright/types/testing";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CrashingForge, SignedLedger } from "../../testing/crashRun.js";

/** More for a long run: FORGE_CRASH_ROUNDS=500. */
const ROUNDS = Number(process.env["FORGE_CRASH_ROUNDS"] ?? 40);
const KEYS = 12;

describe("a forge that is killed again and again", () => {
  it(
    `[I1] [I2] [I3] signs nothing twice and lowers no mark in ${ROUNDS} rounds of kill -9 under load`,
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "forge-crash-"));
      const random = new SeededRandom(7);
      const ledger = new SignedLedger({ checksMarks: true });
      for (let round = 0; round < ROUNDS; round++) {
        const forge = new CrashingForge(["file", directory, `round ${round}`, String(KEYS)], ledger);
        await forge.untilReady();
        await forge.untilLines(forge.lines + random.int(400));
        await forge.kill();
        expect(forge.errors).toBe("");
        expect(forge.lines).toBeGreaterThan(KEYS);
      }
      expect(ledger.problems).toEqual([]);
      expect(ledger.signedCount).toBeGreaterThan(ROUNDS);
      expect(ledger.changedLogCount).toBeGreaterThan(0);
      expect([...ledger.kinds].sort()).toEqual([
        "attestation",
        "candidateBlock",
        "lock",
        "tezosAttestation",
        "tezosBlock",
        "tezosPreattestation",
      ]);
      await rm(directory, { recursive: true, force: true });
    },
    ROUNDS * 3_000 + 30_000,
  );
});
