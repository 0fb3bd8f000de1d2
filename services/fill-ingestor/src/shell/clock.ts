/**
 * The clock as a source: tells a partition that time has passed when a deadline recorded there is
 * over (`TimeAdvanced`). It is the only place where the passing of time enters the log; a partition
 * without deadlines hears nothing.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isoTime, LEDGER_PARTITIONS } from '@polytraders/contracts';
import { databaseError, type Services, timeValue } from '@polytraders/runtime';
import type pg from 'pg';
import { appendInputs, inTransaction, type NewInput } from './inbox.ts';

export type Clock = { readonly stop: () => Promise<void> };

/** Milliseconds between two looks at the deadlines: how late an expiry may be seen. */
const TICK_MS = 1_000;
/** Longest wait for a look that is under way when the service stops. */
const STOP_MS_MAX = 4_000;

/** Starts looking at deadlines. */
export function startClock(
  { database, onOutage }: Services,
  now: () => number = () => Date.now() * 1000,
): Clock {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  const schedule = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      turn = tick(database, onOutage, now()).finally(schedule);
    }, TICK_MS);
  };
  schedule();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      // A look that a silent Postgres holds up has told nothing, or is told by the next owner.
      await Promise.race([turn, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    },
  };
}

async function tick(database: pg.Pool, onOutage: Services['onOutage'], now: number): Promise<void> {
  try {
    await tellTime(database, now);
  } catch (cause) {
    onOutage(databaseError(cause), { source: 'clock' });
  }
}

/** Tells each partition whose earliest untold deadline is over. Answers how many were told. */
export async function tellTime(database: pg.Pool, now: number): Promise<number> {
  return inTransaction(database, async (client) => {
    // One clock at a time: two ingestors would tell the same twice.
    const alone = await client.query<{ alone: string }>(
      'SELECT pg_try_advisory_xact_lock(7216003)::text AS alone',
    );
    if (alone.rows[0]?.alone !== 'true') return 0;
    const due = await client.query<{ partition: string; to: string }>(
      'SELECT o.log_partition AS partition, max(o.expires_at)::text AS "to" FROM ' +
        'ingest.orders AS o ' +
        'LEFT JOIN ingest.time_told AS t ON t.partition = o.log_partition::int ' +
        "WHERE o.status = 'OPEN' AND o.expires_at <= $1::timestamptz AND (t.told_to IS " +
        'NULL OR o.expires_at > t.told_to) ' +
        'GROUP BY o.log_partition',
      [isoTime(now)],
    );
    if (due.rows.length === 0) return 0;
    const inputs = due.rows.map(({ partition, to }): NewInput => {
      const until = timeValue(to);
      const value = { to: isoTime(until) };
      return {
        partition: Number(partition) % LEDGER_PARTITIONS,
        source: 'clock',
        rawFormat: 'json',
        sourcePosition: `time/${partition}/${String(until)}`,
        bytes: Buffer.from(JSON.stringify(value)),
        raw: {
          format: 'record',
          type: 'TimeAdvanced',
          value,
          effectiveAt: until,
          correlationId: null,
          marketSeq: null,
        },
      };
    });
    await appendInputs(client, inputs, now, true);
    for (const { partition, to } of due.rows) {
      await client.query(
        'INSERT INTO ingest.time_told (partition, told_to) VALUES ($1, $2::timestamptz) ' +
          'ON CONFLICT (partition) DO UPDATE SET told_to = EXCLUDED.told_to',
        [partition, to],
      );
    }
    return inputs.length;
  });
}
