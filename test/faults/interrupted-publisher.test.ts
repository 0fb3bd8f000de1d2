/**
 * A publisher that is stopped at one exact place, on the real broker: between its last send and
 * its commit while others take its partitions, and in the middle of its own recovery.
 */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { processor } from '@polytraders/pnl-projector/processor';
import { RuntimeError, start, type KafkaPort, type Running } from '@polytraders/runtime';
import { freshDatabase } from '@polytraders/testkit';
import { createTestLog, until, type TestLog } from '../e2e/log.ts';
import { createFills, everywhere, partitions } from './fills.ts';
import { readPublished, settlementReports, wrongs } from './published.ts';
import { partitionRows, query, projectorId } from './standing.ts';
import { createGate, startWorkerOnPort, withTransact } from './worker-on-port.ts';
import { type WorkerOnPort } from './worker-on-port.ts';

let log: TestLog;
let take: ReturnType<typeof createFills>;
let expected: Map<string, string[]>;
let first: WorkerOnPort | null = null;
let second: Running | null = null;
let dying: WorkerOnPort | null = null;

beforeEach(async () => {
  log = await createTestLog('publisher', [projectorId]);
  take = createFills('interrupted publisher');
  expected = new Map();
}, 60_000);

afterEach(async () => {
  await first?.stop();
  await second?.stop();
  await dying?.stop();
  first = null;
  dying = null;
  second = null;
  await log.close();
}, 60_000);

/** Appends so many fills everywhere; from now on they must be reported. */
async function append(count: number): Promise<void> {
  const fills = everywhere(take, count);
  for (const fill of fills) {
    const ids = expected.get(fill.account) ?? [];
    expected.set(fill.account, ids);
    ids.push(fill.fill_id);
  }
  await log.append(fills);
}

async function progress(partition: number): Promise<number> {
  const topic = `${log.prefix}polytraders.stream.progress.${projectorId}`;
  const record = await log.kafka.lastRecord({ topic, partition });
  return (JSON.parse(record?.value?.toString('utf8') ?? '{"next":0}') as { next: number }).next;
}

async function published(next: number): Promise<void> {
  await until(`progress reaches ${next} everywhere`, async () => {
    for (let partition = 0; partition < partitions; partition += 1) {
      if ((await progress(partition)) < next) return false;
    }
    return true;
  });
}

async function expectEachOnce(): Promise<void> {
  expect(wrongs(await readPublished(log, settlementReports), expected)).toEqual([]);
}

const isReport = (record: { readonly topic: string }): boolean =>
  record.topic.endsWith(settlementReports.topic);

describe('a publisher frozen between its last send and its commit', () => {
  test('is refused its commit once another worker has taken its partitions', async () => {
    const frozen = createGate();
    const gate = createGate();
    const answers: string[] = [];
    let armed = false;
    first = await startWorkerOnPort(log, `frozen-${log.prefix}`, (port) =>
      withTransact(port, async (producer, records) => {
        if (!armed || !records.some(isReport)) return producer.transact(records);
        armed = false;
        await producer.send(records);
        frozen.open();
        await gate.passed;
        const refused = await producer.commit().then(
          () => null,
          (error: RuntimeError) => error,
        );
        answers.push(refused?.code ?? 'committed');
        if (refused !== null) throw refused;
      }),
    );
    await append(5);
    await published(5);
    armed = true;
    await append(20);
    await frozen.passed;
    second = await start(processor, log.config({ WORKER_ID: `heir-${log.prefix}` }));
    const { worker } = second;
    await until('the heir has half of the partitions', () => worker.state().length === 6);
    gate.open();
    await published(25);
    expect(answers).toEqual(['KAFKA_FENCED']);
    expect([...worker.halted(), ...first.worker.halted()]).toEqual([]);
    await expectEachOnce();
  }, 120_000);

  test('is refused it, too, where the first heir died before it could fence', async () => {
    const frozen = createGate();
    const gate = createGate();
    const answers: string[] = [];
    first = await startWorkerOnPort(log, `frozen-${log.prefix}`, (port) => ({
      ...withTransact(port, async (producer, records) => {
        if (!records.some(isReport) || answers.length > 0) return producer.transact(records);
        await producer.send(records);
        frozen.open();
        await gate.passed;
        const refused = await producer.commit().then(
          () => null,
          (error: RuntimeError) => error,
        );
        answers.push(refused?.code ?? 'committed');
        throw refused ?? new Error('Committed.');
      }),
    }));
    await append(20);
    await frozen.passed;
    dying = await startWorkerOnPort(log, `dying-${log.prefix}`, (port) => ({
      ...port,
      // As dead as kill -9 makes it: it claims its partitions and never comes to fencing.
      fence: () => new Promise<never>(() => undefined),
    }));
    await until('an heir has claimed half of the partitions', async () => {
      const rows = await query<{ count: string }>(
        log.databaseUrl,
        'SELECT count(*) AS count FROM stream.partition WHERE worker_id LIKE $1',
        ['dying%'],
      );
      return Number(rows[0]?.count) === partitions / 2;
    });
    // Its publisher is all that the next heir knows to fence.
    const claimed = await query<{ publisher_id: string }>(
      log.databaseUrl,
      'SELECT publisher_id FROM stream.output JOIN stream.partition USING (topic, partition) ' +
        'WHERE worker_id LIKE $1',
      ['dying%'],
    );
    expect(claimed.map((row) => row.publisher_id)).toEqual(
      Array(partitions / 2).fill(expect.stringContaining(`frozen-${log.prefix}`)),
    );
    second = await start(processor, log.config({ WORKER_ID: `heir-${log.prefix}` }));
    const end = dying.stop();
    dying = null;
    const { worker } = second;
    await until('the next heir has taken over what it claimed', async () => {
      const rows = await query<{ count: string }>(
        log.databaseUrl,
        'SELECT count(*) AS count FROM stream.partition WHERE worker_id LIKE $1',
        ['dying%'],
      );
      return Number(rows[0]?.count) === 0 && worker.state().length >= 4;
    });
    gate.open();
    await published(20);
    await end;
    expect(answers).toEqual(['KAFKA_FENCED']);
    await expectEachOnce();
  }, 120_000);
});

describe('a recovery that is interrupted itself', () => {
  /** The publisher's commit of reports fails once; then `inRecovery` may fail once, too. */
  function failing(port: KafkaPort, inRecovery: (port: KafkaPort) => KafkaPort): KafkaPort {
    let failed = false;
    const wrapped = inRecovery({ ...port });
    return {
      ...wrapped,
      lastRecord: (at, options) => (failed ? wrapped : port).lastRecord(at, options),
      transactionalProducer: async (id) => {
        const producer = await (failed ? wrapped : port).transactionalProducer(id);
        return {
          ...producer,
          transact: async (records) => {
            if (failed || !records.some(isReport)) return producer.transact(records);
            await producer.send(records);
            failed = true;
            throw new RuntimeError('KAFKA_OUTAGE', 'Injected.', { retryable: true });
          },
        };
      },
    };
  }

  test('by an outage owes as much as before', async () => {
    let left = 1;
    const fails = (port: KafkaPort): KafkaPort => ({
      ...port,
      lastRecord: (at) => {
        left -= 1;
        if (left !== 0) return port.lastRecord(at);
        throw new RuntimeError('KAFKA_OUTAGE', 'Injected.', { retryable: true });
      },
    });
    first = await startWorkerOnPort(log, `o-${log.prefix}`, (port) => failing(port, fails));
    await append(20);
    await published(20);
    await append(5);
    await published(25);
    expect(left).toBeLessThan(0);
    expect(first.worker.halted().size).toBe(0);
    await expectEachOnce();
  }, 120_000);

  test('by a fence halts nothing', async () => {
    let fences = 0;
    const fenced = (port: KafkaPort): KafkaPort => ({
      ...port,
      transactionalProducer: async (id) => {
        const producer = await port.transactionalProducer(id);
        fences += 1;
        if (fences === 1) await port.fence(id);
        return producer;
      },
    });
    first = await startWorkerOnPort(log, `f-${log.prefix}`, (port) => failing(port, fenced));
    await append(20);
    await published(20);
    expect(fences).toBeGreaterThan(1);
    expect(first.worker.halted().size).toBe(0);
    await expectEachOnce();
  }, 120_000);
});

describe('a Postgres restored from a backup', () => {
  test('folds anew what it lost, and no report is sent again', async () => {
    second = await start(processor, log.config({ WORKER_ID: `before-${log.prefix}` }));
    await append(20);
    await published(20);
    await second.stop();
    const backup = await freshDatabase('backup', new URL(log.databaseUrl).pathname.slice(1));
    try {
      second = await start(processor, log.config({ WORKER_ID: `lost-${log.prefix}` }));
      await append(20);
      await published(40);
      await second.stop();
      second = await start(
        processor,
        log.config({
          WORKER_ID: `after-${log.prefix}`,
          DATABASE_URL: backup.url,
        }),
      );
      await append(5);
      await published(45);
      expect((await partitionRows(backup.url)).map((row) => row.next)).toEqual(
        Array.from({ length: partitions }, () => 45),
      );
      await second.stop();
      second = null;
      await expectEachOnce();
    } finally {
      await backup.drop();
    }
  }, 120_000);
});
