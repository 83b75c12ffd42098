/** Raised with every change of the tables; an older program refuses a newer schema. */
export const SCHEMA_VERSION = 1;

/** Safe to run at every start, and by several at once: the lock makes them take turns. */
export const CREATE_TABLES = `
SELECT pg_advisory_xact_lock(5372001);
CREATE TABLE IF NOT EXISTS forge_schema (version integer NOT NULL);
INSERT INTO forge_schema SELECT ${SCHEMA_VERSION} WHERE NOT EXISTS (SELECT 1 FROM forge_schema);
CREATE TABLE IF NOT EXISTS forge_marks (
  scope text PRIMARY KEY,
  version bigint NOT NULL,
  records bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS forge_lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
`;

export const READ_VERSION = "SELECT version FROM forge_schema";
/** Changes nothing, and fails where nothing can be changed. */
export const TRY_WRITE = "UPDATE forge_schema SET version = version";
export const READ_SCOPES = "SELECT scope FROM forge_marks ORDER BY scope";
export const READ_MARKS = "SELECT scope, version, records FROM forge_marks WHERE scope = ANY($1::text[])";

/**
 * Compare and set of many scopes: a row is written only over the version that it was computed from (a new one only
 * where its first version is computed from none), and, with a lease, only while this holder's epoch is in force. Answers which rows were written.
 * $1 scopes (sorted, so that two writers cannot wait for each other), $2 new versions, $3 records,
 * $4 lease name or null, $5 holder, $6 epoch
 */
export const WRITE_MARKS = `
WITH held AS (
  SELECT $4::text IS NULL OR EXISTS (
    SELECT 1 FROM forge_lease WHERE name = $4 AND holder = $5 AND epoch = $6::bigint AND expires_at > clock_timestamp()
  ) AS ok
), written AS (
  INSERT INTO forge_marks AS mark (scope, version, records)
  SELECT row.scope, row.version, row.records
  FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS row(scope, version, records)
  WHERE (SELECT ok FROM held)
    AND (row.version = 1 OR EXISTS (SELECT 1 FROM forge_marks known WHERE known.scope = row.scope))
  ON CONFLICT (scope) DO UPDATE SET version = EXCLUDED.version, records = EXCLUDED.records
  WHERE mark.version = EXCLUDED.version - 1
  RETURNING scope, version
)
SELECT (SELECT ok FROM held) AS held, ARRAY(SELECT scope FROM written) AS written
`;

/** Takes a free or expired lease, or keeps one's own. $1 name, $2 holder, $3 milliseconds. No row: somebody else has it. */
export const TAKE_LEASE = `
INSERT INTO forge_lease AS lease (name, holder, epoch, expires_at)
VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET
  holder = $2,
  epoch = CASE WHEN lease.holder = $2 THEN lease.epoch ELSE lease.epoch + 1 END,
  expires_at = clock_timestamp() + $3 * interval '1 millisecond'
WHERE lease.holder = $2 OR lease.expires_at <= clock_timestamp()
RETURNING epoch
`;

/** So that a standby need not wait. */
export const GIVE_LEASE = "UPDATE forge_lease SET expires_at = clock_timestamp() WHERE name = $1 AND holder = $2";
