/**
 * A service with something in a thread beside it, for tests of how the two live together. The
 * worker's id says what the thread does; as a program it starts the thread of its argument.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, workerData } from 'node:worker_threads';
import { pino } from 'pino';
import { type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { type ServiceConfig } from './config.ts';
import { type Services } from './servers.ts';
import { type Beside } from './start.ts';
import { inThread, startInThread } from './thread.ts';

const id = 'thread-fixture';
/** Its service is busy until all of it is over, and then hears of the start and the end at once. */
export const UNHEARD = 'throws and is not heard';
const busyMs = 2_000;

async function beside({ database, config, onOutage }: Services): Promise<Beside> {
  const does = config.workerId;
  if (does === 'refuses') {
    throw new RuntimeError('MIGRATION_CHANGED', 'Expected this; found that.');
  }
  const answer = await database.query<{ name: string }>(
    `SELECT current_setting('application_name') AS name`,
  );
  const source = answer.rows[0]?.name ?? '';
  if (does.startsWith('throws')) setTimeout(() => undefinedFunction(), 50);
  if (does === 'ends') setTimeout(() => process.exit(3), 50);
  if (does === 'is busy') void sleep(700).then(block);
  const away = new RuntimeError('DATABASE_OUTAGE', 'Postgres is away.', { retryable: true });
  onOutage(away, { task: does });
  return {
    sources: () => [
      {
        source,
        confirmedAgoMs: 1,
        partitions: [{ partition: 0, lagRecords: 5, behindForMs: 2 }],
        halted: [],
      },
    ],
    stop: () => {
      onOutage(away, { task: 'stops' });
      return Promise.resolve();
    },
  };
}

function undefinedFunction(): never {
  throw new TypeError('undefinedFunction is not a function');
}

function block(): void {
  const until = performance.now() + busyMs;
  while (performance.now() < until);
}

if (!isMainThread && (workerData as { config?: ServiceConfig } | null)?.config !== undefined) {
  const processor = { id, emits: [], codec: null } as unknown as Processor<object, object, object>;
  await inThread(processor, beside);
} else if (process.argv[2] !== undefined && process.argv[1] === import.meta.filename) {
  const config = JSON.parse(process.argv[2]) as ServiceConfig;
  const log = pino({ base: { service: id } });
  const starting = startInThread(new URL(import.meta.url), {
    config,
    log,
    onOutage: () => undefined,
  });
  if (config.workerId === UNHEARD) block();
  await starting;
  await sleep(10_000);
}
