/**
 * A log that is not the one that was read, and progress that has vanished: the partition stops
 * with the error's name, says so in its row and in health, and writes nothing; others go on.
 */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';
import { start, type Running } from '@polytraders/runtime';
import { processor } from '@polytraders/pnl-projector/processor';
import { createTestLog, ledgerTopic, until, type TestLog } from '../e2e/log.ts';
import { createFills, everywhere, partitions } from './fills.ts';
import { health, ledgerCounts, partitionRows, query, written, projectorId } from './standing.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

const progressTopic = `polytraders.stream.progress.${projectorId}`;
const struck = 4;
/** Beyond the session of a worker apart. */
const outOfGroupMs = 9_000;
/** A long poll that was under way when the worker was frozen has been answered by then. */
const pollMs = 500;

let log: TestLog;
let take: ReturnType<typeof createFills>;
let running: Running | null = null;
let child: WorkerProcess | null = null;

beforeEach(async () => {
  log = await createTestLog('stops', [projectorId]);
  take = createFills('named stops');
}, 60_000);

afterEach(async () => {
  await running?.stop();
  running = null;
  await child?.kill();
  child = null;
  await log.close();
}, 60_000);

let started = 0;

/** A worker in this process. */
async function work(): Promise<Running> {
  started += 1;
  running = await start(processor, log.config({ WORKER_ID: `w${started}-${log.prefix}` }));
  return running;
}

async function rest(): Promise<void> {
  await running?.stop();
  running = null;
}

/** A worker that can be frozen. Resolves to its health port. */
async function workApart(): Promise<number> {
  child = startWorkerProcess(
    {
      main: `services/${projectorId}/src/main.ts`,
      env: { ...log.env, LOG_LEVEL: 'info', SESSION_TIMEOUT_MS: '6000' },
      logs: join(repositoryRoot, '.local/faults', log.prefix),
    },
    'worker',
  );
  const { lines } = child;
  await until('the worker has started', () => lines.some((line) => line.event === 'STARTED'));
  return lines.find((line) => line.event === 'STARTED')?.http_port ?? 0;
}

/** Appends so many fills everywhere; waits until the ledger has them and their reports are out. */
async function fold(count: number): Promise<void> {
  const before = (await partitionRows(log.databaseUrl)).map((row) => row.next);
  await log.append(everywhere(take, count));
  await until('the fills are folded', async () => {
    const rows = await partitionRows(log.databaseUrl);
    return (
      rows.length === partitions &&
      rows.every((row, index) => row.next >= (before[index] ?? 0) + count)
    );
  });
  // A report goes out after its line is in the ledger: what a stop leaves is read when both are.
  await until('the reports are published', async () => {
    const { ledger, records } = await written(log);
    return records === [...ledger.values()].reduce((sum, lines) => sum + lines, 0);
  });
}

async function recreate(topic: string): Promise<void> {
  await log.deleteTopics([topic]);
  await until('the topic is there again', async () => {
    try {
      await log.createTopics([topic]);
      return (await log.kafka.watermarks({ topic: log.prefix + topic, partition: 0 })).high === 0;
    } catch {
      return false;
    }
  });
}

async function expectHalted(port: number, code: string, which: readonly number[]): Promise<void> {
  await until(`${which.length} partitions stop with ${code}`, async () => {
    const said = await health(port);
    return said.halted.filter((one) => one.code === code).length === which.length;
  });
  const said = await health(port);
  expect(said.status).toBe(503);
  expect(said.halted.map((one) => one.partition).sort((a, b) => a - b)).toEqual(which);
  await until('the rows say why', async () => {
    const rows = await partitionRows(log.databaseUrl);
    const halted = rows.filter((row) => row.halted?.startsWith(`${code}: `) === true);
    return halted.length === which.length;
  });
}

const all = Array.from({ length: partitions }, (_, partition) => partition);

async function truncateBeyond(partition: number, next: number): Promise<void> {
  await log.deleteRecords(ledgerTopic, partition, next + 3);
}

describe('a log truncated below what was not read yet', () => {
  test('stops its partition at the next start with LOG_TRUNCATED; the others go on', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await log.append(take(struck, 10));
    await truncateBeyond(struck, 20);
    const { port } = await work();
    await expectHalted(port, 'LOG_TRUNCATED', [struck]);
    expect(await written(log)).toEqual(before);
    await log.append(take(struck + 1, 5));
    await until(
      'another partition goes on',
      async () => (await ledgerCounts(log.databaseUrl)).get(struck + 1) === 25,
    );
    expect((await ledgerCounts(log.databaseUrl)).get(struck)).toBe(20);
    expect(running?.worker.halted().get(struck)?.code).toBe('LOG_TRUNCATED');
  }, 120_000);

  test('stops a running worker at its next fetch', async () => {
    const port = await workApart();
    await fold(20);
    const before = await written(log);
    child?.freeze();
    await sleep(pollMs);
    await log.append(take(struck, 10));
    await truncateBeyond(struck, 20);
    child?.thaw();
    await expectHalted(port, 'LOG_TRUNCATED', [struck]);
    expect(await written(log)).toEqual(before);
  }, 120_000);
});

describe.each([
  { how: 'and is smaller', count: 5 },
  { how: 'and has grown past the old offset', count: 50 },
])('a topic that was made anew $how', ({ count }) => {
  test('stops all partitions at the next start with LOG_REPLACED', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await recreate(ledgerTopic);
    await log.append(everywhere(take, count));
    const { port } = await work();
    await expectHalted(port, 'LOG_REPLACED', all);
    expect(await written(log)).toEqual(before);
  }, 120_000);

  test('stops all partitions once the reports of what is in the ledger are out', async () => {
    running = await start(processor, log.config({ WORKER_ID: 'builder', PUBLISH: 'no' }));
    await log.append(everywhere(take, 20));
    await until('the fills are folded', async () => {
      const counts = await ledgerCounts(log.databaseUrl);
      return counts.size === partitions && [...counts.values()].every((lines) => lines === 20);
    });
    await rest();
    await recreate(ledgerTopic);
    await log.append(everywhere(take, count));
    const { port } = await work();
    await expectHalted(port, 'LOG_REPLACED', all);
    const { ledger, records } = await written(log);
    expect([...ledger.values()]).toEqual(all.map(() => 20));
    expect(records).toBe(20 * partitions);
  }, 120_000);

  test('stops a running worker', async () => {
    const { port } = await work();
    await fold(20);
    const before = await written(log);
    await recreate(ledgerTopic);
    await log.append(everywhere(take, count));
    await expectHalted(port, 'LOG_REPLACED', all);
    expect(await written(log)).toEqual(before);
  }, 120_000);
});

describe('a log that holds a record where none was read', () => {
  test('stops the partition that had read nothing but an aborted transaction', async () => {
    const producer = await log.kafka.transactionalProducer(`aborted-${log.prefix}`);
    const topic = log.prefix + ledgerTopic;
    const value = Buffer.from('aborted');
    await producer.send([0, 1, 2].map(() => ({ topic, partition: struck, key: 'x', value })));
    await producer.abort();
    await producer.close();
    await work();
    await until('the end of the transaction is behind it', async () => {
      return ((await partitionRows(log.databaseUrl))[struck]?.next ?? 0) >= 4;
    });
    await rest();
    await recreate(ledgerTopic);
    await log.append(take(struck, 10));
    const { port } = await work();
    await expectHalted(port, 'LOG_REPLACED', [struck]);
    expect((await written(log)).records).toBe(0);
  }, 120_000);

  test('stops the partition whose row was set ahead of what it has read', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await log.append(take(struck, 5));
    const ahead = 'UPDATE stream.partition SET next_offset = 23 WHERE partition = $1';
    await query(log.databaseUrl, ahead, [struck]);
    const { port } = await work();
    await expectHalted(port, 'LOG_REPLACED', [struck]);
    expect(await written(log)).toEqual(before);
  }, 120_000);
});

describe('a log made anew and grown past the old offset while a worker was frozen', () => {
  test('stops all partitions with LOG_REPLACED when it wakes, out of its group', async () => {
    const port = await workApart();
    await fold(20);
    const before = await written(log);
    child?.freeze();
    await sleep(outOfGroupMs);
    await recreate(ledgerTopic);
    await log.append(everywhere(take, 50));
    child?.thaw();
    await expectHalted(port, 'LOG_REPLACED', all);
    expect(await written(log)).toEqual(before);
  }, 120_000);
});

describe('a version that is not the active one', () => {
  const second = { WORKER_ID: 'second', PROJECTION_VERSION: '2' };

  test('does not start where it would publish, and says how it may', async () => {
    await work();
    await expect(start(processor, log.config(second))).rejects.toMatchObject({
      code: 'VERSION_NOT_ACTIVE',
      message:
        'Expected version 1 of pnl-projector, which is the active one, to publish; found version ' +
        '2. Build a version with PUBLISH=no, and make it active before it publishes.',
    });
  }, 120_000);

  test('is fenced by the one that was made active, and publishes nothing more', async () => {
    const { port } = await work();
    await fold(20);
    const building = await start(processor, log.config({ ...second, PUBLISH: 'no' }));
    await until('the second version is built', () => {
      const all = building.worker.state();
      return all.length === partitions && all.every((one) => one.committed === 20);
    });
    await building.stop();
    await query(log.databaseUrl, 'UPDATE stream.active_version SET version = 2');
    const active = await start(processor, log.config(second));
    await until('it has all', () => active.worker.state().length === partitions);
    await log.append(everywhere(take, 20));
    await expectHalted(port, 'VERSION_NOT_ACTIVE', all);
    await until('the active version is up to date', () =>
      active.worker.state().every((one) => one.publishedTo === 40),
    );
    expect((await written(log)).records).toBe(40 * partitions);
    await active.stop();
  }, 120_000);
});

describe('progress that has vanished', () => {
  test('with its topic made anew stops the output with PROGRESS_LOST', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await recreate(progressTopic);
    await log.append(everywhere(take, 5));
    const { port } = await work();
    await expectHalted(port, 'PROGRESS_LOST', all);
    expect(await written(log)).toEqual(before);
  }, 120_000);

  test('with its topic deleted stops the output with PROGRESS_LOST', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await log.deleteTopics([progressTopic]);
    await log.append(everywhere(take, 5));
    const { port } = await work();
    await expectHalted(port, 'PROGRESS_LOST', all);
    expect(await written(log)).toEqual(before);
  }, 120_000);

  test('from stream.partition stops it at the next start; the others go on', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    await query(log.databaseUrl, 'DELETE FROM stream.partition WHERE partition = $1', [struck]);
    const { port } = await work();
    await expectHalted(port, 'PROGRESS_LOST', [struck]);
    expect(await written(log)).toEqual(before);
    await log.append([...take(struck, 5), ...take(struck + 1, 5)]);
    await until(
      'another partition goes on',
      async () => (await ledgerCounts(log.databaseUrl)).get(struck + 1) === 25,
    );
    expect((await ledgerCounts(log.databaseUrl)).get(struck)).toBe(20);
  }, 120_000);

  test('back to a place before what the ledger has stops its partition; others go on', async () => {
    await work();
    await fold(20);
    await rest();
    const before = await written(log);
    const back = 'UPDATE stream.partition SET next_offset = 10 WHERE partition = $1';
    await query(log.databaseUrl, back, [struck]);
    const { port } = await work();
    await expectHalted(port, 'PROGRESS_LOST', [struck]);
    expect(await written(log)).toEqual(before);
  }, 120_000);

  test('from stream.partition stops a running worker at its next commit', async () => {
    const { port } = await work();
    await fold(20);
    const before = await written(log);
    await query(log.databaseUrl, 'DELETE FROM stream.partition WHERE partition = $1', [struck]);
    await log.append(take(struck, 5));
    await expectHalted(port, 'PROGRESS_LOST', [struck]);
    expect(await written(log)).toEqual(before);
  }, 120_000);
});
