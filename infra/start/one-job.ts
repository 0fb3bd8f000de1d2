/**
 * One job at a time on one ledger: what a run counts is the difference between two looks at shared
 * counters, so two of them would find each other's messages in their own tables.
 */

import { hostname } from 'node:os';
import { connect } from '@polytraders/runtime';

/** Of this repository's advisory locks, that of the main job. */
const JOB_LOCK = 7_216_010;

export type OneJob = {
  /** Lets the next job run; harmless when said twice. */
  readonly release: () => Promise<void>;
};

/**
 * Holds the lock for as long as the connection lives: that of a job that was killed is free at
 * once. Throws one sentence where another job runs on this database.
 */
export async function oneJob(databaseUrl: string): Promise<OneJob> {
  const applicationName = `polytraders-start: process ${process.pid} on ${hostname()}`;
  const client = await connect({ url: databaseUrl, applicationName });
  const answer = await client.query<{ free: string }>(
    'SELECT pg_try_advisory_lock($1)::text AS free',
    [JOB_LOCK],
  );
  if (answer.rows[0]?.free !== 'true') {
    const other = await client.query<{ name: string | null }>(
      `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND objid = $1 AND granted
          AND datname = current_database()`,
      [JOB_LOCK],
    );
    await client.end();
    const who = other.rows[0]?.name?.replace(/^.*: /, '') ?? 'it has just ended';
    throw new Error(
      `Expected no other npm start on this database, found one that is not done (${who}): wait ` +
        'for its end, or stop it with Ctrl-C or SIGTERM.',
    );
  }
  let released: Promise<void> | undefined;
  return { release: () => (released ??= client.end()) };
}
