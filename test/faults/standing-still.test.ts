/** Health of a service that does not move: it says so, whatever it is that does not move. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { processor } from '@polytraders/pnl-projector/processor';
import { repositoryRoot } from '@polytraders/infra/stack';
import { connect, start, type Running } from '@polytraders/runtime';
import { createTestLog, until, type TestLog } from '../e2e/log.ts';
import { startDatabaseProxy, type DatabaseProxy } from './database-proxy.ts';
import { createFills, everywhere, partitions } from './fills.ts';
import { startWorkerProcess } from './worker-process.ts';
import { projectorId } from './standing.ts';

type Shown = {
  readonly status: string;
  readonly because: readonly string[];
  readonly partitions: number;
  readonly acquiring: number;
  readonly lag_records: number;
  readonly lag_seconds: number;
};

let log: TestLog;
let proxy: DatabaseProxy;
let running: Running | null = null;

beforeEach(async () => {
  log = await createTestLog('still', [projectorId]);
  proxy = await startDatabaseProxy(log.databaseUrl);
}, 60_000);

afterEach(async () => {
  await running?.stop();
  running = null;
  proxy.close();
  await log.close();
}, 60_000);

async function work(env: Readonly<Record<string, string>>): Promise<Running> {
  running = await start(processor, log.config({ SESSION_TIMEOUT_MS: '6000', ...env }));
  return running;
}

async function shown({ port }: Running): Promise<Shown> {
  const answer = await fetch(`http://127.0.0.1:${port}/internal/health/${projectorId}`);
  const body = (await answer.json()) as Shown;
  expect(answer.status).toBe(body.status === 'green' ? 200 : 503);
  return body;
}

async function metrics({ port }: Running): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

describe('health shows what does not move', () => {
  test('records that are folded and not stored wait, as long as Postgres is away', async () => {
    const take = createFills('standing still');
    const service = await work({ DATABASE_URL: proxy.url });
    await log.append(everywhere(take, 2));
    await until('all is through', () => {
      return service.worker.state().reduce((sum, one) => sum + one.publishedTo, 0) === 24;
    });
    expect(await shown(service)).toMatchObject({ status: 'green', lag_records: 0, lag_seconds: 0 });
    proxy.refuse(true);
    await log.append(everywhere(take, 3));
    await until('all is folded', () => {
      return service.worker.state().reduce((sum, one) => sum + one.next, 0) === 24 + 36;
    });
    await until('it is late', async () => (await shown(service)).lag_seconds > 3);
    expect((await shown(service)).lag_records).toBe(36);
    const text = await metrics(service);
    expect(text).toContain('polytraders_gov_pnlprojector_lag_records{partition="7"} 3');
    const late = /^polytraders_gov_pnlprojector_lag_seconds\{partition="7"\} (\S+)$/m.exec(text);
    expect(Number(late?.[1])).toBeGreaterThanOrEqual(3);
    proxy.refuse(false);
    await until('it has caught up', async () => {
      const { lag_seconds: seconds, status } = await shown(service);
      return seconds === 0 && status === 'green';
    });
    expect((await shown(service)).lag_records).toBe(0);
  }, 120_000);

  test('a partition that is assigned and cannot be acquired waits since then', async () => {
    const progress = [`polytraders.stream.progress.${projectorId}`];
    await log.deleteTopics(progress);
    const service = await work({});
    await until('it is late', async () => (await shown(service)).lag_seconds > 3);
    expect(await shown(service)).toMatchObject({ partitions: 0, acquiring: partitions });
    await log.createTopics(progress);
    await until('it has them', async () => (await shown(service)).lag_seconds === 0);
    expect(await shown(service)).toMatchObject({ status: 'green', partitions, acquiring: 0 });
  }, 60_000);

  test('a group that cannot be joined, as its topic is missing, confirms nobody', async () => {
    const service = await work({ TOPIC_PREFIX: `${log.prefix}wrong.` });
    await until('it is red', async () => (await shown(service)).status === 'red', 45_000);
    expect((await shown(service)).because).toEqual([
      expect.stringMatching(/^The group has not confirmed this worker for \d+ s\.$/),
    ]);
  }, 60_000);
});

test('a backup that reads the ledger holds no fill up, not even the first of a month', async () => {
  const service = await work({});
  await until('it has all partitions', async () => (await shown(service)).partitions === 12);
  const backup = await connect({ url: log.databaseUrl, applicationName: 'backup' });
  try {
    await backup.query('BEGIN; SELECT count(*) FROM pnl_v1.pnl_ledger');
    await log.append(everywhere(createFills('a backup'), 3));
    await until('all is stored and published', () => {
      return service.worker.state().reduce((sum, one) => sum + one.publishedTo, 0) === 36;
    });
  } finally {
    await backup.end();
  }
}, 60_000);

test('a stop that a silent Postgres holds up ends within ten seconds, and says why', async () => {
  const logs = join(repositoryRoot, '.local', 'test', 'standing-still');
  const env = { ...log.env, DATABASE_URL: proxy.url, LOG_LEVEL: 'info' };
  const main = 'services/pnl-projector/src/main.ts';
  const service = startWorkerProcess({ main, env, logs }, `still-${log.prefix}`);
  const held = (): number =>
    service.lines.filter((line) => line.event === 'PARTITION_ACQUIRED').length;
  await until('it has all partitions', () => held() === partitions);
  proxy.hang();
  await log.append(everywhere(createFills('a silent Postgres'), 3));
  const toldAt = Date.now();
  expect(await service.stop()).toBe(1);
  const last = service.lines.at(-1);
  expect(last).toMatchObject({
    event: 'STOP_CUT_SHORT',
    message: expect.stringContaining('The next owner goes on from what was committed'),
  });
  // By the clock of its last word: when a busy machine tells us of the end is another matter.
  expect((last?.time ?? 0) - toldAt).toBeLessThan(10_000);
}, 60_000);
