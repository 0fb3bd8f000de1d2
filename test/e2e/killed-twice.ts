/**
 * One projector in the middle of a log of lives (orders, movements, resolutions), killed twice by
 * SIGKILL and started again, until it has stored and published everything.
 */

import { join } from 'node:path';
import { TOPICS } from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { type Recorded } from '@polytraders/stream';
import { generateLogLives, type LogEvent } from '@polytraders/testkit/generator';
import { isComplete, projectors, serviceOf, type SpineLog } from '../faults/spine.ts';
import { query } from '../faults/standing.ts';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';

const EVENTS = 4_000;
const COMPLETE_MS = 90_000;

export type Killed = {
  /** The log as it was written, with places. */
  readonly written: readonly Recorded<LogEvent['event']>[];
  /** The third worker, which runs on. */
  readonly last: WorkerProcess;
};

/** Runs it over a log of the seed. Workers' logs are in `.local/e2e`, under the log's prefix. */
export async function killTwice(log: SpineLog, id: string, seed: string): Promise<Killed> {
  const projector = projectors.find((one) => one.id === id);
  if (projector === undefined) throw new Error(`Expected ${id} to be one of the projectors.`);
  const folder = join(repositoryRoot, '.local/e2e', log.prefix);
  const service = serviceOf(projector, log, folder, { SESSION_TIMEOUT_MS: '6000' });
  const written: Recorded<LogEvent['event']>[] = [];
  const folded = () => foldedTo(log, id);
  const events = [...generateLogLives({ seed, events: EVENTS, markets: 12 })];
  let running = startWorkerProcess(service, `${id}-1`);
  try {
    await append(log, events.slice(0, EVENTS / 2), written);
    await until('part of the log is folded', async () => (await folded()) > EVENTS / 8);
    await running.kill();
    running = startWorkerProcess(service, `${id}-2`);
    await append(log, events.slice(EVENTS / 2), written);
    const half = await folded();
    await until('more of it is folded', async () => (await folded()) > half);
    await running.kill();
    running = startWorkerProcess(service, `${id}-3`);
    const isAll = () => isComplete(log, [projector], [running]);
    await until('all is folded and published', isAll, COMPLETE_MS);
  } catch (cause) {
    await running.kill();
    throw cause;
  }
  return { written, last: running };
}

/** Puts events on the log, and remembers where they stand. */
async function append(
  log: SpineLog,
  events: readonly LogEvent[],
  written: Recorded<LogEvent['event']>[],
): Promise<void> {
  const topic = log.prefix + TOPICS.ledgerEvents.name;
  await log.send(
    events.map(({ event, partition, key }) => ({
      topic,
      partition,
      key,
      value: log.encode(event.type, event.value),
    })),
  );
  const ends = new Map<number, number>();
  for (const { partition } of written) ends.set(partition, (ends.get(partition) ?? 0) + 1);
  for (const { event, partition } of events) {
    const offset = ends.get(partition) ?? 0;
    ends.set(partition, offset + 1);
    written.push({ event, topic, partition, offset });
  }
}

async function foldedTo(log: SpineLog, id: string): Promise<number> {
  const rows = await query<{ sum: string }>(
    log.databaseUrl,
    `SELECT coalesce(sum(next_offset), 0)::text AS sum FROM stream.partition
     WHERE processor = '${id}'`,
  ).catch(() => []);
  return Number(rows[0]?.sum ?? 0);
}
