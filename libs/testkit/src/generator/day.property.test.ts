import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { codec } from '@polytraders/contracts';
import fc from 'fast-check';
import { accountsOfDay, DEFINITIONS_TOPIC, generateDay, MARKS_TOPIC } from './day.ts';
import { type Expectation, expectationOf, REASON } from './expectation.ts';
import { FEWEST_FILLS, incidentsOf, type Incident, MOST_FILLS } from './incidents.ts';
import { randomOf } from './random.ts';
import { type DayMessage } from './wire.ts';

function hashOf(messages: Iterable<DayMessage>): string {
  const hash = createHash('sha256');
  for (const { topic, key, at, body } of messages) {
    const bytes = body.form === 'bytes' ? body.bytes : codec.encode(body.type, body.value, 0);
    hash.update(`${topic}|${key}|${at}|${body.form}|`).update(bytes);
  }
  return hash.digest('hex');
}

const days = fc.record({
  seed: fc.string({ minLength: 1, maxLength: 8 }),
  fills: fc.integer({ min: FEWEST_FILLS, max: 400 }),
});

/** What the incidents of the day promise, from the plan alone. */
function planned(fills: number, kind: Incident): number {
  const kinds = [...incidentsOf(randomOf('any'), fills).values()];
  return kinds.filter((incident) => incident === kind).length;
}

describe('a generated day', () => {
  test('is the same, byte for byte, for the same seed and number of fills', () => {
    fc.assert(
      fc.property(days, (options) => {
        expect(hashOf(generateDay(options))).toBe(hashOf(generateDay(options)));
      }),
      { numRuns: 10 },
    );
  });

  test('shares no account and no fill with a day of another seed or another length', () => {
    const idsOf = (seed: string, fills: number): Set<string> => {
      const ids = new Set<string>();
      for (const { body } of generateDay({ seed, fills })) {
        if (body.form !== 'record' || body.type !== 'ExecutionReport') continue;
        ids.add(body.value.order_id);
        if (body.value.account !== null) ids.add(body.value.account);
        if (body.value.fill_id !== null) ids.add(body.value.fill_id);
      }
      return ids;
    };
    const first = idsOf('1', 100);
    for (const other of [idsOf('2', 100), idsOf('1', 101)]) {
      expect([...other].filter((id) => first.has(id))).toEqual([]);
    }
  });

  test('is sent in the order of time, definitions and marks before the first order', () => {
    const messages = [...generateDay({ seed: 'order', fills: 300 })];
    const times = messages.map((message) => message.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const opening = new Set([DEFINITIONS_TOPIC, MARKS_TOPIC]);
    const first = messages.findIndex((message) => !opening.has(message.topic));
    const defined = messages
      .slice(0, first)
      .filter((message) => message.topic === DEFINITIONS_TOPIC);
    expect(defined).toHaveLength(
      messages.filter((message) => message.topic === DEFINITIONS_TOPIC).length,
    );
  });

  test('refuses a day too short to hold every kind of incident', () => {
    expect(() => [...generateDay({ seed: '1', fills: FEWEST_FILLS - 1 })]).toThrow(/at least/);
  });

  test('refuses a day that would not end', () => {
    expect(() => generateDay({ seed: '1', fills: MOST_FILLS + 1 }).next()).toThrow(/at most/);
  });
});

describe('what is expected of a generated day', () => {
  test('counts exactly the incidents that were planned, each kind at least once', () => {
    fc.assert(
      fc.property(days, ({ seed, fills }) => {
        const expected = expectationOf(generateDay({ seed, fills }));
        expect(expected.fillsSeen).toBe(fills);
        expect(expected.fillsFailed).toBe(
          planned(fills, 'failed') + planned(fills, 'statusConflict'),
        );
        expect(expected.fillsConfirmed).toBe(fills - expected.fillsFailed);
        expect(expected.duplicates).toBeGreaterThanOrEqual(planned(fills, 'redelivered'));
        expect(expected.refused).toEqual({
          [REASON.conflict]: planned(fills, 'conflict'),
          [REASON.status]: planned(fills, 'statusConflict'),
          [REASON.incomplete]: planned(fills, 'incomplete'),
          [REASON.undecodable]: planned(fills, 'undecodable'),
          [REASON.price]: planned(fills, 'priceOutOfRange'),
        });
        expect(expected.setAside).toEqual({
          [REASON.feeMissing]: planned(fills, 'feeMissing'),
          [REASON.feeCap]: planned(fills, 'feeOverCap'),
        });
      }),
      { numRuns: 25 },
    );
  });

  test('never lets a wallet sell what it does not hold', () => {
    fc.assert(
      fc.property(days, (options) => {
        const short = [...walletsOf(expectationOf(generateDay(options)))].filter(
          ([, held]) => held < 0n,
        );
        expect(short).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('falls on the accounts that the day names beforehand', () => {
    const options = { seed: 'accounts', fills: 500 };
    const found = new Set(expectationOf(generateDay(options)).books.map(({ account }) => account));
    expect([...found].sort()).toEqual([...accountsOfDay(options)].sort());
  });

  test('every booked fill is in one book and one bot, and each report is a booked fill', () => {
    const expected = expectationOf(generateDay({ seed: 'sums', fills: 2_000 }));
    const sum = (of: readonly { readonly fills: number }[]) =>
      of.reduce((total, { fills }) => total + fills, 0);
    const setAside = Object.values(expected.setAside).reduce((total, count) => total + count, 0);
    expect(sum(expected.books)).toBe(expected.fillsBooked);
    expect(sum(expected.bots)).toBe(expected.fillsBooked);
    expect(expected.fillsBooked + setAside).toBe(expected.fillsConfirmed);
    const paper = expected.bots.filter((bot) => bot.paper);
    expect(expected.settlementReports).toBe(expected.fillsBooked - sum(paper));
    expect(expected.paperConfirmed).toBeGreaterThanOrEqual(sum(paper));
    expect(sum(paper)).toBeGreaterThan(0);
    expect(expected.books.some((book) => book.shares < 0n)).toBe(true);
  });

  test('a second delivery of the same day changes no book', () => {
    const day = [...generateDay({ seed: 'twice', fills: 200 })];
    const once = expectationOf(day);
    const twice = expectationOf([...day, ...day]);
    expect(twice.books).toEqual(once.books);
    expect(twice.fillsConfirmed).toBe(once.fillsConfirmed);
    expect(twice.setAside).toEqual(once.setAside);
  });
});

function walletsOf(expected: Expectation): Map<string, bigint> {
  const wallets = new Map<string, bigint>();
  for (const { account, token, shares } of expected.books) {
    wallets.set(`${account}|${token}`, (wallets.get(`${account}|${token}`) ?? 0n) + shares);
  }
  return wallets;
}
