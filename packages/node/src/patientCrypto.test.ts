import { BlsSecretKey } from "@sealwright/crypto";
import { unwrap } from "@sealwright/types";
import { describe, expect, it } from "vitest";
import { PatientCryptoPool } from "./patientCrypto.js";
import { systemClock } from "./world/systemClock.js";

describe("a crypto pool of a node", () => {
  it("[I12] answers more checks than its queue holds, one after the other, and refuses none", async () => {
    const key = unwrap(BlsSecretKey.fromBytes(new Uint8Array(32).fill(1)));
    await using pool = new PatientCryptoPool({ jobsMax: 2 }, { clock: systemClock });
    const message = Buffer.from("a vote");
    const [good, bad] = [key.sign(message), key.sign(Buffer.from("another"))];
    const asked = Array.from({ length: 12 }, (_, i) => pool.verify(key.publicKey(), message, i % 2 === 0 ? good : bad));
    expect(await Promise.all(asked)).toEqual(asked.map((_, i) => i % 2 === 0));
  });

  it("tells what it cannot do at once", async () => {
    const pool = new PatientCryptoPool({}, { clock: systemClock });
    await pool[Symbol.asyncDispose]();
    await expect(pool.verify(new Uint8Array(48), new Uint8Array(1), new Uint8Array(96))).rejects.toMatchObject({
      code: "closed",
    });
  });
});
