/**
 * When the books of a negative-risk event are valued (rule B5): at a fill of it, and at the release
 * of one. A resolution, a definition and a movement bring no marks: the other books wait for the
 * next fill, and the window values all of them anew.
 */

import { describe, expect, test } from '@jest/globals';
import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
} from '@polytraders/contracts';
import { pusd } from '@polytraders/money';
import fc from 'fast-check';
import { NOON } from './events.fixture.ts';
import { marketResolved } from './movements.fixture.ts';
import {
  booksOf,
  type Cents,
  defined,
  eventValue,
  fill,
  marksOf,
  newLog,
  type Played,
  QUESTIONS,
  units,
  valueOf,
} from './neg-risk.fixture.ts';
import { fillReleased } from './review/reviewed.fixture.ts';

const OVER: Cents = [42, 37, 27];
const HOUR = 3_600_000_000;
const noFee = { fee_bps: null, fee_source: null } as const;

const values = (played: Played, bot = 'mm') =>
  [...booksOf(played.entities, bot)].map(([token, book]) => [token, valueOf(book)]);

function reportsOf(played: Played): readonly SettlementReport[] {
  return played.emitted
    .filter(({ topic }) => topic === 'polytraders.reports.settlement')
    .map(({ record }) => record.value as SettlementReport);
}

function released({ value }: { readonly value: FillConfirmed }): LedgerEvent {
  return { type: 'FillReleased', value: fillReleased(value, { fee_pusd: pusd(0n) }) };
}

function resolved(condition: string, numerators: readonly string[]): LedgerEvent {
  const value = marketResolved({ condition_id: condition, payout_numerators: numerators });
  return { type: 'MarketResolved', value };
}

/** The fill an hour later, at marks of then. */
function later(said: string, cents: Cents) {
  const at = NOON + HOUR;
  return fill(said, cents, { confirmed_at: at, effective_at: at, marks: marksOf(cents, at) });
}

describe('a fill of an event that is released', () => {
  test('has its part of the event at its marks, and the other books move with it', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.NO', OVER));
    const aside = fill('BUY 100 B.NO', OVER, noFee);
    expect(values(log.tell(aside))).toEqual([
      ['A.NO', 60_377_358n],
      ['B.NO', null],
    ]);
    const played = log.tell(released(aside));
    expect(values(played)).toEqual([
      ['A.NO', 60_377_358n],
      ['B.NO', 65_094_340n],
    ]);
    expect(reportsOf(played)).toMatchObject([
      {
        fee_source: 'RELEASED',
        unrealised_pnl_pusd: 15_094_340n,
        negRisk_price: 650_943_396_226_415_094n,
        negRisk_mark_sum: 1_060_000n,
        reason_codes: ['PNL_REPORTER_FILL_PNL_COMPUTED', 'PNL_REPORTER_NEGRISK_DETECTED'],
      },
    ]);
  });

  test('brings its newer marks to all books of its bot in the event', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.NO', OVER));
    const { marks } = later('BUY 100 B.NO', [40, 35, 25]).value;
    const aside = fill('BUY 100 B.NO', [], { ...noFee, marks });
    log.tell(aside);
    expect(values(log.tell(released(aside)))).toEqual([
      ['A.NO', units(60)],
      ['B.NO', units(65)],
    ]);
  });

  test('leaves the rows of a later moment alone, and has the price that its book had then', () => {
    const log = newLog();
    const aside = fill('BUY 100 B.NO', OVER, noFee);
    log.tell(defined('A'), fill('BUY 100 B.NO', OVER), aside);
    const before = values(log.tell(later('BUY 100 A.NO', [50, 20, 30])));
    expect(before).toEqual([
      ['B.NO', units(80)],
      ['A.NO', units(50)],
    ]);
    const played = log.tell(released(aside));
    expect(values(played)).toEqual([
      ['B.NO', units(160)],
      ['A.NO', units(50)],
    ]);
    const [report] = reportsOf(played);
    expect(report).toMatchObject({ unrealised_pnl_pusd: units(60), negRisk_mark_sum: null });
    expect(report?.reason_codes).not.toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });

  test('without a book of its own then, has the newest mark of each question', () => {
    const log = newLog();
    const aside = fill('BUY 100 B.NO', OVER, noFee);
    log.tell(defined('A'), aside, later('BUY 100 A.NO', [50, 20, 30]));
    const played = log.tell(released(aside));
    // A at 0.50 as its book has it since, B and C at 0.37 and 0.27 as the fill has them.
    expect(values(played)).toEqual([
      ['B.NO', 67_543_859n],
      ['A.NO', units(50)],
    ]);
    expect(reportsOf(played)[0]).toMatchObject({ negRisk_mark_sum: 1_140_000n });
    const codes = reportsOf(played)[0]?.reason_codes;
    expect(codes).toContain('STALE_DATA');
    expect(codes).not.toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });

  test('at once is as if it had come with its fee, whatever the bot holds of the event', () => {
    const word = fc.tuple(
      fc.constantFrom('BUY', 'SELL'),
      fc.integer({ min: 1, max: 99 }).map(String),
      fc.constantFrom(...QUESTIONS.flatMap((one) => [one.yes_token_id, one.no_token_id])),
    );
    const cents = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 3, maxLength: 3 });
    const told = fc.tuple(word, cents);
    fc.assert(
      fc.property(fc.array(told, { maxLength: 8 }), told, (before, [said, at]) => {
        const history = before.map(([one, marks]) => fill(one.join(' '), marks));
        const [stood, aside] = [{ fee_bps: 0 }, noFee].map((fee) =>
          fill(said.join(' '), at, { fill_id: 'it', ...fee }),
        );
        if (stood === undefined || aside === undefined) return;
        const [plain, reviewed] = [newLog(), newLog()];
        const expected = plain.tell(defined('A'), ...history, stood);
        const played = reviewed.tell(defined('A'), ...history, aside, released(aside));
        expect(values(played)).toEqual(values(expected));
        const numbers = ({ entries }: Played) => {
          const last = entries.at(-1);
          return [last?.unrealised_pnl_pusd, last?.neg_risk_price, last?.neg_risk_mark_sum];
        };
        expect(numbers(played)).toEqual(numbers(expected));
      }),
    );
  });
});

describe('what brings no marks to an event', () => {
  test('a resolution settles the books of its condition; the others keep their moment', () => {
    const log = newLog();
    log.tell(defined('A'), defined('C'));
    log.tell(fill('BUY 100 A.YES', OVER), fill('BUY 100 C.YES', OVER));
    const before = booksOf(log.tell().entities).get('A.YES');
    // C has won, so A is worth nothing: its row says what it said, with its mark and its time.
    const played = log.tell(resolved('C', ['1', '0']));
    expect(booksOf(played.entities).get('A.YES')).toEqual(before);
    expect(valueOf(booksOf(played.entities).get('C.YES'))).toBe(units(100));
    expect(reportsOf(played).map((one) => [one.event_type, one.token_id])).toEqual([
      ['MARKET_SETTLED', 'C.YES'],
    ]);
    // The next fill of the event, of whatever question, values them all.
    const next = log.tell(fill('BUY 1 B.NO', [50, 50, null]));
    expect(values(next)).toEqual([
      ['A.YES', 0n],
      ['C.YES', units(100)],
      ['B.NO', units(1)],
    ]);
  });

  test('a definition makes an event of books that stood one by one at their next fill', () => {
    const log = newLog();
    const first = log.tell(fill('BUY 100 A.YES', OVER), fill('BUY 100 B.YES', OVER));
    const apart = values(first);
    expect(apart).toEqual([
      ['A.YES', units(42)],
      ['B.YES', units(37)],
    ]);
    const known = log.tell(defined('A'), defined('B'));
    expect(values(known)).toEqual(apart);
    expect(known.entries).toEqual([]);
    // 79.27 ÷ 1.06
    const next = log.tell(fill('BUY 1 C.YES', OVER));
    expect(eventValue(booksOf(next.entities))).toBe(74_783_018n);
  });
});
