import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { type RuntimeError } from '../errors.ts';
import { type KafkaPort } from '../kafka/port.ts';
import { connect, pool } from '../postgres/database.ts';
import { sequenceSource, type SequenceRow } from './sequence-source.ts';
import { type Source, type SourceBatch, type SourceReader, type Standing } from './source.ts';

const applicationName = 'sequence-source-test';
const listenerName = 'sequence-source-listener';
const patienceMs = 40_000;
/** Far longer than any machine takes to answer. */
const idleMs = 20_000;

let database: FreshDatabase;
let rows: pg.Pool;
let client: pg.Client;
let source: Source<string, SequenceRow>;
let reader: SourceReader | null = null;
let batches: SourceBatch<SequenceRow>[] = [];
let errors: [partition: number, error: RuntimeError][] = [];
let outages: Error[] = [];
/** Runs while a batch is handled, before it is done. */
let meanwhile: (batch: SourceBatch<SequenceRow>) => Promise<void>;

beforeAll(async () => {
  database = await freshDatabase('sequence_source');
  client = await connect({ url: database.url, applicationName });
  rows = pool({ url: database.url, applicationName });
  await client.query(`CREATE TABLE inbox (
    partition int, seq bigint, hash bytea, body text, at timestamptz DEFAULT now(),
    PRIMARY KEY (partition, seq))`);
  source = sourceWith({});
}, 60_000);

function sourceWith(
  change: { readonly idleMs?: number },
  from: Pick<pg.Pool, 'query'> = rows,
): Source<string, SequenceRow> {
  return sequenceSource<string>(
    // Membership is the port's business, and is proven there.
    {} as KafkaPort,
    from as pg.Pool,
    () => connect({ url: database.url, applicationName: listenerName }),
    {
      name: 'test.inbox',
      table: 'inbox',
      columns: ['hash', 'body', 'at'],
      hashColumn: 0,
      timeColumn: 2,
      channel: 'inbox_test',
      membershipTopic: 'none',
      groupId: 'none',
      sessionTimeoutMs: 30_000,
      decode: ({ values }) => (values[1] === 'bad' ? { poison: 'It is bad.' } : (values[1] ?? '')),
      ...change,
    },
  );
}

afterAll(async () => {
  await client.end();
  await rows.end();
  await database.drop();
});

beforeEach(async () => {
  batches = [];
  errors = [];
  outages = [];
  meanwhile = () => Promise.resolve();
  await client.query('TRUNCATE inbox');
});

afterEach(async () => {
  await reader?.close();
  reader = null;
});

function read(from = source): SourceReader {
  reader = from.reader({
    onBatch: async (batch) => {
      batches.push(batch);
      await meanwhile(batch);
    },
    onPartitionError: (partition, error) => errors.push([partition, error as RuntimeError]),
    onOutage: (error) => outages.push(error),
  });
  return reader;
}

const hashOf = (body: string): Buffer => createHash('sha256').update(body).digest();

async function append(partition: number, seqs: readonly number[], body = 'row'): Promise<void> {
  for (const seq of seqs) {
    const text = `${body} ${seq}`;
    const values = [partition, seq, hashOf(text), text];
    await client.query('INSERT INTO inbox VALUES ($1, $2, $3, $4)', values);
  }
}

function offsets(partition: number): number[] {
  return batches
    .filter((batch) => batch.partition === partition)
    .flatMap(({ records }) => records.map(({ offset }) => offset));
}

async function until(claim: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`Expected within 40 s: ${claim}.`);
    await delay(5);
  }
}

async function listeners(): Promise<readonly number[]> {
  const answer = await client.query<{ pid: string }>(
    `SELECT pid FROM pg_stat_activity
      WHERE application_name = $1 AND datname = current_database() AND query LIKE 'LISTEN%'`,
    [listenerName],
  );
  return answer.rows.map(({ pid }) => Number(pid));
}

describe('rows of a table', () => {
  test('come in their order, each once, from the place that each partition was given', async () => {
    await append(0, [0, 1, 2, 3]);
    await append(5, [0, 1]);
    const { assign } = read();
    assign(0, 2, true);
    assign(5, 0, true);
    await until('both are read', () => offsets(0).length >= 2 && offsets(5).length >= 2);
    await append(0, [4, 5]);
    await until('what came later is read', () => offsets(0).length >= 4);
    expect([offsets(0), offsets(5)]).toEqual([
      [2, 3, 4, 5],
      [0, 1],
    ]);
    expect(batches.find(({ partition }) => partition === 0)?.highWatermark).toBe(4);
  });

  test('say when they were appended', async () => {
    await append(1, [0]);
    read().assign(1, 0, true);
    await until('it is read', () => offsets(1).length === 1);
    const row = batches[0]?.records[0] ?? { offset: 0, values: [] };
    expect(Date.now() - (source.writtenAt(row) ?? 0)).toBeLessThan(patienceMs);
  });

  test('say how many are behind them, also where a turn does not take them all', async () => {
    await client.query(
      `INSERT INTO inbox SELECT 1, seq, '\\x00', 'row' FROM generate_series(0, 2499) AS seq`,
    );
    read().assign(1, 0, true);
    await until('all are read', () => offsets(1).length >= 2_500);
    expect(batches.map(({ nextOffset, highWatermark }) => [nextOffset, highWatermark])).toEqual([
      [2_000, 2_500],
      [2_500, 2_500],
    ]);
  });

  test('hold the close up for nobody: a handler may wait for the server that is away', async () => {
    await append(3, [0]);
    const handler = Promise.withResolvers<void>();
    meanwhile = () => handler.promise;
    const { assign, close } = read();
    assign(3, 0, true);
    await until('its handler runs', () => offsets(3).length === 1);
    await append(3, [1]);
    await close();
    handler.resolve();
    await delay(400);
    expect(offsets(3)).toEqual([0]);
    await until('its connection is gone', async () => (await listeners()).length === 0);
  });

  test('that were asked for before an assignment are not taken for the next owner', async () => {
    await append(2, [0, 1, 2]);
    const { assign, unassign } = read();
    let isHeld = false;
    meanwhile = async ({ partition }) => {
      if (partition !== 2 || isHeld) return;
      isHeld = true;
      // The partition is lost and comes back to its old place while its batch is handled.
      unassign(2);
      assign(2, 0, true);
      await delay(50);
    };
    assign(2, 0, true);
    await until('the new owner gets them all', () => offsets(2).length >= 6);
    expect(offsets(2)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(errors).toEqual([]);
  });
});

describe('a NOTIFY', () => {
  test('has rows read long before the next look', async () => {
    read(sourceWith({ idleMs })).assign(3, 0, true);
    await until('the reader listens', async () => (await listeners()).length === 1);
    const started = performance.now();
    for (let seq = 0; seq < 10; seq += 1) {
      await append(3, [seq]);
      await client.query('NOTIFY inbox_test');
      await until(`row ${seq} is read`, () => offsets(3).length > seq);
    }
    expect(performance.now() - started).toBeLessThan(idleMs / 2);
  });

  test('that comes while a look is under way is not lost', async () => {
    let looks = 0;
    const query = async (asked: pg.QueryConfig): Promise<pg.QueryResult> => {
      const answer = await rows.query(asked);
      looks += 1;
      if (looks === 1) {
        // The look has found nothing; its reader does not know yet.
        await append(3, [0]);
        await client.query('NOTIFY inbox_test');
        await delay(100);
      }
      return answer;
    };
    const started = performance.now();
    read(sourceWith({ idleMs }, { query } as never)).assign(3, 0, true);
    await until('the row is read', () => offsets(3).length > 0);
    expect(performance.now() - started).toBeLessThan(idleMs / 2);
  });

  test('is listened for again after its connection was lost, without an outage', async () => {
    read().assign(3, 0, true);
    await until('the reader listens', async () => (await listeners()).length === 1);
    const [pid] = await listeners();
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    await until('another listens', async () => {
      const [next] = await listeners();
      return next !== undefined && next !== pid;
    });
    await append(3, [0]);
    await client.query('NOTIFY inbox_test');
    await until('the row is read', () => offsets(3).length === 1);
    expect(outages).toEqual([]);
  });
});

describe('a gap', () => {
  test('ends the partition at the row before it with LOG_TRUNCATED; the others go on', async () => {
    await append(4, [0, 1, 3, 4]);
    await append(6, [0]);
    const { assign } = read();
    assign(4, 0, true);
    assign(6, 0, true);
    await until('the gap is told', () => errors.length > 0);
    await append(6, [1]);
    await until('the other goes on', () => offsets(6).length === 2);
    expect(offsets(4)).toEqual([0, 1]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.[0]).toBe(4);
    expect(errors[0]?.[1]).toMatchObject({ code: 'LOG_TRUNCATED', retryable: false });
    expect(errors[0]?.[1].message).toContain(
      'Expected inbox, partition 4, to go on at seq 2, but its next row is 3.',
    );
  });

  test('is found by the look at where a partition stands: it is not read again', async () => {
    await append(4, [0, 1, 3]);
    await expect(source.verify(4, standing(2, 'row 1'))).rejects.toMatchObject({
      code: 'LOG_TRUNCATED',
    });
  });

  test('of rows that were read and dropped since is none', async () => {
    await append(4, [5, 6]);
    await source.verify(4, standing(5, 'row 4'));
    await source.verify(4, standing(7, 'row 6'));
  });
});

/** A partition that was read up to `nextOffset`, the last row with this text. */
function standing(nextOffset: number, lastBody: string): Standing {
  return { nextOffset, lastOffset: nextOffset - 1, lastHash: hashOf(lastBody) };
}

describe('a table that is not the one that was read', () => {
  test('is told by its last row read, when that is another one now', async () => {
    await append(7, [0, 1, 2]);
    await source.verify(7, standing(2, 'row 1'));
    await client.query('UPDATE inbox SET hash = $1 WHERE seq = 1', [hashOf('another')]);
    await expect(source.verify(7, standing(2, 'row 1'))).rejects.toMatchObject({
      code: 'LOG_REPLACED',
      retryable: false,
      message:
        'inbox, partition 7, was read up to seq 2, but its last row read is another one now. ' +
        'Restore the table; nothing was written.',
    });
  });

  test('is told by its end, when it ends before what was read, or is empty', async () => {
    const wrong = { code: 'LOG_REPLACED', retryable: false };
    await append(7, [0]);
    await expect(source.verify(7, standing(2, 'row 1'))).rejects.toMatchObject(wrong);
    await client.query('TRUNCATE inbox');
    await expect(source.verify(7, standing(2, 'row 1'))).rejects.toMatchObject(wrong);
  });

  test('is told by progress that is not the place after the last row read', async () => {
    await append(7, [0, 1, 2, 3]);
    for (const lastOffset of [0, null]) {
      const ahead = { ...standing(2, 'row 1'), lastOffset };
      await expect(source.verify(7, ahead)).rejects.toMatchObject({
        code: 'LOG_REPLACED',
        message: expect.stringContaining('is read on at seq 2, but the last row read is '),
      });
    }
  });

  test('is no worry before anything was read', async () => {
    await source.verify(7, { nextOffset: 0, lastOffset: null, lastHash: null });
    await append(7, [0]);
    await source.verify(7, { nextOffset: 0, lastOffset: null, lastHash: null });
  });
});

describe('a row', () => {
  test('that does not decode is kept as the text of its columns', () => {
    const bad: SequenceRow = { offset: 0, values: ['\\x01', 'bad'] };
    expect(source.rawBytes(bad)?.toString()).toBe('\\x01\tbad');
    expect(source.rawBytes({ offset: 0, values: ['\\x01', 'good'] })).toBeNull();
  });

  test('is told from another at its place by the column that holds its hash', () => {
    expect(source.hashOf({ offset: 0, values: ['\\x0aff', 'x'] })).toEqual(Buffer.from([10, 255]));
  });
});

test('a table that cannot be read for a while is an outage, and the reading goes on', async () => {
  read().assign(8, 0, true);
  await client.query(`ALTER TABLE inbox RENAME TO away`);
  await until('it is told', () => outages.length > 0);
  await client.query(`ALTER TABLE away RENAME TO inbox`);
  await append(8, [0]);
  await until('the row is read', () => offsets(8).length === 1);
  expect(outages[0]).toMatchObject({ name: 'RuntimeError' });
});
