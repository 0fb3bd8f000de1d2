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

/**
 * Tells each partition in which a deadline of an order or a reservation is over that it was not
 * told of: of each one once, also of one that was recorded only after a later one. Looks only at
 * deadlines that are still to be told. Answers how many partitions were told.
 */
export async function tellTime(database: pg.Pool, now: number): Promise<number> {
  return inTransaction(database, async (client) => {
    // One clock at a time: two ingestors would tell the same twice.
    const alone = await client.query<{ alone: string }>(
      'SELECT pg_try_advisory_xact_lock(7216003)::text AS alone',
    );
    if (alone.rows[0]?.alone !== 'true') return 0;
    const told = await client.query<{ partition: string; to: string; times: string }>(
      // A deadline that a writer holds just now, to set it or take it away, is for the next look.
      'WITH due AS (SELECT kind, id FROM ingest.deadline WHERE due_at <= $1::timestamptz ' +
        'FOR UPDATE SKIP LOCKED' +
        '), told AS (DELETE FROM ingest.deadline AS d USING due ' +
        'WHERE d.kind = due.kind AND d.id = due.id RETURNING d.log_partition, d.due_at) ' +
        'INSERT INTO ingest.time_told AS t (partition, told_to, times) ' +
        'SELECT log_partition::int, max(due_at), 1 FROM told GROUP BY 1 ORDER BY 1 ' +
        'ON CONFLICT (partition) DO UPDATE SET times = t.times + 1, ' +
        'told_to = greatest(t.told_to, EXCLUDED.told_to) ' +
        'RETURNING partition, told_to::text AS "to", times',
      [isoTime(now)],
    );
    if (told.rows.length === 0) return 0;
    const inputs = told.rows.map(inputOf);
    await appendInputs(client, inputs, now);
    return inputs.length;
  });
}

/** Where a partition is told the same time again, because of an order read late, it counts. */
function inputOf(told: {
  readonly partition: string;
  readonly to: string;
  readonly times: string;
}) {
  const { partition, to, times } = told;
  const until = timeValue(to);
  const value = { to: isoTime(until) };
  const input: NewInput = {
    partition: Number(partition) % LEDGER_PARTITIONS,
    source: 'clock',
    rawFormat: 'json',
    sourcePosition: `time/${partition}/${times}`,
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
  return input;
}
