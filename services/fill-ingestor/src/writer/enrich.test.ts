/** Which mark a fill carries, and what is said of its age (B4). */

import { describe, expect, test } from '@jest/globals';
import { type Mark } from '@polytraders/contracts';
import { priceE18 } from '@polytraders/money';
import { DEFINITION, MATCH, NOON, testWriter, valuesOf, without, YES } from '../../test/inputs.ts';
import { type KnownMark, type MarketFacts } from './state.ts';

const MINUTE = 60_000_000;

const captured = (kind: KnownMark['kind'], age: number): KnownMark => {
  const price = priceE18(510_000_000_000_000_000n);
  return { tokenId: YES, kind, price, observedAt: NOON - age };
};

const facts = (...marks: readonly KnownMark[]): MarketFacts => ({
  kind: 'facts',
  definition: DEFINITION,
  definitionHash: 'd1',
  marks,
});

/** What a fill carries where market data knows these marks and the report says so much more. */
function carried(
  known: readonly KnownMark[],
  said: Readonly<Record<string, string>>,
): { readonly marks: readonly Mark[]; readonly flags: unknown } {
  const writer = testWriter();
  writer.say(facts(...known));
  const [fill = {}] = valuesOf(writer.reports({ ...MATCH, ...said }), 'FillConfirmed');
  return { marks: fill['marks'] as readonly Mark[], flags: fill['flags'] };
}

const reported = (observed_at: number): object => ({
  token_id: YES,
  price: 600_000_000_000_000_000n,
  kind: 'REPORTED',
  observed_at,
});

describe('a mark needs no definition: markets are traded before theirs has come', () => {
  const mark = captured('MID', 0);
  const undefinedYet: MarketFacts = { ...facts(mark), definition: null, definitionHash: null };

  test.each([
    ['with a condition', MATCH],
    ['without one', without(MATCH, 'condition_id')],
  ])('a fill %s carries that of its token', (_what, report) => {
    const writer = testWriter();
    writer.say(undefinedYet);
    const [fill = {}] = valuesOf(writer.reports(report), 'FillConfirmed');
    expect(fill['marks']).toMatchObject([{ token_id: YES, kind: 'MID', observed_at: NOON }]);
  });

  test('a token that its definition does not name has its own, too', () => {
    const writer = testWriter();
    writer.say({ ...facts(mark, { ...mark, tokenId: '777' }) });
    writer.say(facts());
    const [fill = {}] = valuesOf(writer.reports({ ...MATCH, token_id: '777' }), 'FillConfirmed');
    expect(fill['marks']).toMatchObject([{ token_id: '777' }]);
  });
});

describe('of several captured marks', () => {
  const choice = (mid: number, last: number): string | undefined => {
    const { marks } = carried([captured('MID', mid), captured('LAST', last)], {});
    return marks[0]?.kind;
  };

  test('the mid goes before the last trade, within a minute of the fill', () => {
    expect(choice(MINUTE, 0)).toBe('MID');
    expect(choice(-MINUTE, 0)).toBe('MID');
  });

  test('a mid from more than a minute after the fill is no better than one from before', () => {
    expect(choice(MINUTE + 1, MINUTE)).toBe('LAST');
    expect(choice(-MINUTE - 1, MINUTE)).toBe('LAST');
  });

  test('where none is within a minute, the one nearest to the fill is taken', () => {
    expect(choice(3 * MINUTE, 2 * MINUTE)).toBe('LAST');
    expect(choice(-9 * MINUTE, 2 * MINUTE)).toBe('LAST');
    expect(choice(2 * MINUTE, -3 * MINUTE)).toBe('MID');
  });
});

describe('the age of a mark', () => {
  test('is judged by the projection with the limit in force: a captured one is not flagged', () => {
    expect(carried([captured('MID', 10 * MINUTE)], {})).toMatchObject({
      marks: [{ kind: 'MID', observed_at: NOON - 10 * MINUTE }],
      flags: [],
    });
  });

  test('is that of a reported mark which says when it was observed', () => {
    const said = { mark_price: '0.6', mark_observed_at: '2026-05-08T11:50:00Z' };
    expect(carried([captured('MID', 11 * MINUTE)], said)).toEqual({
      marks: [reported(NOON - 10 * MINUTE)],
      flags: [],
    });
  });

  test('makes a reported mark give way to a captured one within a minute of the fill', () => {
    const said = { mark_price: '0.6', mark_observed_at: '2026-05-08T11:58:59Z' };
    expect(carried([captured('MID', 0)], said).marks).toMatchObject([{ kind: 'MID' }]);
    expect(carried([captured('LAST', MINUTE)], said).marks).toMatchObject([{ kind: 'LAST' }]);
    const fresh = { ...said, mark_observed_at: '2026-05-08T11:59:00Z' };
    expect(carried([captured('MID', 0)], fresh).marks).toEqual([reported(NOON - MINUTE)]);
  });

  test('is unknown where a reported mark has no time: it is used, and flagged', () => {
    expect(carried([], { mark_price: '0.6' })).toEqual({
      marks: [reported(NOON)],
      flags: ['STALE_DATA'],
    });
  });

  test('speaks for a captured mark, however old, against a reported one without a time', () => {
    expect(carried([captured('LAST', 10 * MINUTE)], { mark_price: '0.6' })).toMatchObject({
      marks: [{ kind: 'LAST', observed_at: NOON - 10 * MINUTE }],
      flags: [],
    });
  });
});
