/** Levels and the beat: what is asked, what is absent, and what a failure says. */

import { afterEach, describe, expect, test } from '@jest/globals';
import { type Reading, type Watch } from '@polytraders/stream';
import { type Levels, startLevels } from './levels.ts';

type Answer = readonly Record<string, string | null>[] | Error;

let levels: Levels | null = null;

afterEach(async () => {
  await levels?.stop();
  levels = null;
});

/** A database that answers by the first words that a statement has. */
function databaseOf(answers: Readonly<Record<string, () => Answer>>) {
  const asked: string[] = [];
  const query = (sql: string): Promise<unknown> => {
    asked.push(sql);
    const found = Object.entries(answers).find(([words]) => sql.startsWith(words));
    const answer = found?.[1]() ?? [];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ rows: answer });
  };
  return { asked, database: { query } as never };
}

function refused(code: string): Error {
  return Object.assign(new Error(`refused with ${code}`), { code, severity: 'ERROR' });
}

function watchOf(readings: Reading[]): Watch<never> {
  return {
    questions: [
      { processor: 'books', schema: (v) => `books_v${v}`, sql: (schema) => `SELECT a ${schema}` },
      { processor: 'other', schema: (v) => `other_v${v}`, sql: (schema) => `SELECT b ${schema}` },
    ],
    gauges: [],
    activityAt: () => null,
    judging: () => (reading) => {
      readings.push(reading);
      return { findings: [{ color: 'amber', because: 'So.' }], shown: { a: 1 } };
    },
  };
}

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error('Expected it within 45 seconds; it was not so.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function begin(database: never, readings: Reading[]): Levels {
  levels = startLevels({
    processor: 'books',
    version: 2,
    database,
    watch: watchOf(readings),
    activeAt: () => 1_700_000_000_500_999,
    onRead: () => undefined,
  });
  return levels;
}

describe('levels', () => {
  test('are asked of its own version, and of the active one of somebody else', async () => {
    const readings: Reading[] = [];
    const { asked, database } = databaseOf({
      'SELECT version': () => [{ version: '7' }],
      'SELECT a': () => [{ own: '12', none: null }],
      'SELECT b': () => [{ theirs: '1.5' }],
    });
    const begun = begin(database, readings);
    await until(() => readings.length === 1);
    expect(asked).toContain('SELECT a books_v2');
    expect(asked).toContain('SELECT b other_v7');
    expect(readings[0]).toMatchObject({
      activityAt: 1_700_000_000_500,
      values: { own: 12, none: null, theirs: 1.5 },
    });
    expect(begun.findings()).toEqual([{ color: 'amber', because: 'So.' }]);
    expect(begun.shown()).toEqual({ a: 1 });
  });

  test.each(['42P01', '3F000', '42501'])(
    'of what is not there, or may not be read (%s), are not known',
    async (code) => {
      const readings: Reading[] = [];
      const { database } = databaseOf({
        'SELECT version': () => [],
        'SELECT a': () => refused(code),
      });
      const begun = begin(database, readings);
      await until(() => readings.length === 1);
      expect(readings[0]?.values).toEqual({});
      expect(begun.findings().map(({ color }) => color)).toEqual(['amber']);
    },
  );
});

describe('a Postgres that cannot be written', () => {
  test('is red with what it said, until it can, or something else was stored', async () => {
    const readings: Reading[] = [];
    let isReadOnly = true;
    const { database } = databaseOf({
      'INSERT INTO stream.heartbeat': () => (isReadOnly ? refused('25006') : []),
    });
    const begun = begin(database, readings);
    await until(() => begun.findings().length === 1);
    expect(begun.findings()[0]).toEqual({
      color: 'red',
      because:
        'Postgres cannot be written: Postgres cannot serve at the moment (25006): refused with ' +
        '25006.',
    });
    begun.wrote();
    expect(begun.findings()).toEqual([]);
    await until(() => begun.findings().length === 1);
    isReadOnly = false;
    await until(() => begun.findings()[0]?.color === 'amber');
  });
});
