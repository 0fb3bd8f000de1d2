import { describe, expect, test } from '@jest/globals';
import { type FillConfirmed, type SettlementReport } from '@polytraders/contracts';
import { ACCOUNT, NOON } from './events.fixture.ts';
import { marketResolved, split, leg, conversion } from './movements.fixture.ts';
import { pusd, shares } from '@polytraders/money';
import {
  negRiskConditionId,
  standardConditionId,
  tokenIdsOf,
} from '@polytraders/testkit/generator';
import { eventKey, type NegRiskEvent, partitionOfAccount } from './entities.ts';
import {
  booksOf,
  type Cents,
  defined,
  eventValue,
  EVENT,
  fill,
  marksOf,
  newLog,
  type Played,
  units,
  valueOf,
} from './neg-risk.fixture.ts';

const AT_ONE: Cents = [40, 35, 25];
const OVER: Cents = [42, 37, 27];
const PARTITION = partitionOfAccount(ACCOUNT);

function reportsOf(played: Played): readonly SettlementReport[] {
  return played.emitted
    .filter(({ topic }) => topic === 'polytraders.reports.settlement')
    .map(({ record }) => record.value as SettlementReport);
}

const values = (played: Played, bot = 'mm') =>
  [...booksOf(played.entities, bot)].map(([token, book]) => [token, valueOf(book)]);

describe('acceptance tests of the specification', () => {
  test('Negative-risk position uses correct payoff function', () => {
    // Market negRisk=true; position size=100; outcome price=0.4.
    const log = newLog();
    log.tell(defined('A'));
    const [yes] = reportsOf(log.tell(fill('BUY 100 A.YES', [40, 35, 31])));
    // One by one it would stand at 40 − 50 = −10; the event's marks sum to 1.06.
    expect(yes).toMatchObject({
      negRisk: true,
      unrealised_pnl_pusd: -12_264_151n,
      mark_price: 400_000_000_000_000_000n,
      negRisk_price: 377_358_490_566_037_736n,
      negRisk_mark_sum: 1_060_000n,
      reason_codes: ['PNL_REPORTER_FILL_PNL_COMPUTED', 'PNL_REPORTER_NEGRISK_DETECTED'],
    });
    const no = newLog();
    no.tell(defined('A'));
    const last = no.tell(fill('BUY 100 A.NO', [40, 35, 31]), fill('BUY 100 B.NO', [40, 35, 31]));
    // 60 + 65 = 125 one by one; 100 in cash and 100 YES of C at 0.31 ÷ 1.06.
    expect(eventValue(booksOf(last.entities))).toBe(129_245_283n);
    expect(reportsOf(last)[1]?.negRisk_mark_sum).toBe(1_060_000n);
  });
});

describe('rows of the worked table, as fills come in', () => {
  test.each([
    ['1', ['BUY 100 A.NO'], AT_ONE, 60],
    ['2', ['BUY 100 A.NO', 'BUY 100 B.NO'], AT_ONE, 125],
    ['3', ['BUY 100 A.NO', 'BUY 60 B.NO', 'BUY 30 C.NO', 'BUY 10 A.YES'], AT_ONE, 125.5],
    ['4', ['BUY 100 A.NO', 'BUY 100 B.NO'], OVER, 125.471698],
    ['6', ['BUY 100 A.NO', 'BUY 100 B.NO', 'BUY 100 C.NO'], AT_ONE, 200],
    ['6 at other marks', ['BUY 100 A.NO', 'BUY 100 B.NO', 'BUY 100 C.NO'], OVER, 200],
    ['7', ['BUY 50 A.YES', 'BUY 50 B.YES', 'BUY 50 C.YES'], AT_ONE, 50],
    ['7 at other marks', ['BUY 50 A.YES', 'BUY 50 B.YES', 'BUY 50 C.YES'], OVER, 50],
  ] as const)('row %s', (_, fills, marks, value) => {
    const log = newLog();
    log.tell(defined('A'));
    const played = log.tell(...fills.map((one) => fill(one, marks)));
    expect(eventValue(booksOf(played.entities))).toBe(units(value));
    const sum = marks === OVER ? 1_060_000n : 1_000_000n;
    expect(reportsOf(played).at(-1)?.negRisk_mark_sum).toBe(sum);
    const codes = reportsOf(played).flatMap((report) => report.reason_codes);
    expect(codes).not.toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });

  test('row 4: each fill’s report has its own part, and the other book’s row moves with it', () => {
    const log = newLog();
    log.tell(defined('A'));
    const first = log.tell(fill('BUY 100 A.NO', OVER));
    expect(reportsOf(first)[0]?.unrealised_pnl_pusd).toBe(10_377_358n);
    const second = log.tell(fill('BUY 100 B.NO', OVER));
    expect(reportsOf(second)[0]?.unrealised_pnl_pusd).toBe(15_094_340n);
    expect(values(second)).toEqual([
      ['A.NO', 60_377_358n],
      ['B.NO', 65_094_340n],
    ]);
    const third = log.tell(fill('SELL 100 B.NO', AT_ONE));
    expect(values(third)).toEqual([
      ['A.NO', units(60)],
      ['B.NO', 0n],
    ]);
    expect(booksOf(third.entities).get('A.NO')).toMatchObject({
      markPrice: 600_000_000_000_000_000n,
      markKind: 'MID',
      markAgeMs: 0,
      markStale: false,
      lastOffset: 1,
    });
  });
});

describe('failure injections of the specification', () => {
  // B5 overrides: the flag is derived from the token's id, so no binary payoff is used and no
  // "normal binary range" is needed; where the metadata name no event, the number is flagged.
  test('NEGRISK_FLAG_MISSING: metadata say standard, the token’s id says neg-risk and wins', () => {
    const log = newLog();
    log.tell(defined('A', { neg_risk_market_id: null, questions: [] }));
    const injected: Partial<FillConfirmed> = {
      neg_risk: true,
      neg_risk_source: 'DERIVED',
      neg_risk_given: false,
      neg_risk_market_id: null,
      flags: ['GOV_NEGRISK_FLAG_MISMATCH'],
    };
    const [flagged] = reportsOf(log.tell(fill('BUY 100 A.YES', [42, null, null], injected)));
    expect(flagged).toMatchObject({
      negRisk: true,
      unrealised_pnl_pusd: -8_000_000n,
      negRisk_price: null,
      negRisk_mark_sum: null,
      reason_codes: [
        'GOV_NEGRISK_FLAG_MISMATCH',
        'GOV_NEGRISK_TOKEN_BY_TOKEN',
        'PNL_REPORTER_FILL_PNL_COMPUTED',
        'PNL_REPORTER_NEGRISK_DETECTED',
      ],
    });
    // Recovery: update market metadata with correct negRisk flag; re-compute unrealised P&L.
    log.tell(defined('A'));
    const mended = log.tell(fill('BUY 100 B.YES', OVER));
    expect(reportsOf(mended)[0]?.reason_codes).toEqual([
      'PNL_REPORTER_FILL_PNL_COMPUTED',
      'PNL_REPORTER_NEGRISK_DETECTED',
    ]);
    expect(values(mended)).toEqual([
      ['A.YES', 39_622_641n],
      ['B.YES', 34_905_660n],
    ]);
  });

  test('STALE_MIDPRICE of one question: the whole event’s numbers say STALE_DATA', () => {
    const log = newLog();
    log.tell(defined('A'));
    const blocked = [...marksOf([42, 37, null]), ...marksOf([null, null, 27], NOON - 90_000_000)];
    const played = log.tell(fill('BUY 100 A.NO', [], { marks: blocked }));
    expect(reportsOf(played)[0]).toMatchObject({
      mark_age_ms: 0,
      mark_kind: 'MID',
      unrealised_pnl_pusd: 10_377_358n,
      reason_codes: [
        'PNL_REPORTER_FILL_PNL_COMPUTED',
        'PNL_REPORTER_NEGRISK_DETECTED',
        'STALE_DATA',
      ],
    });
    expect(booksOf(played.entities).get('A.NO')?.markStale).toBe(true);
    const recovered = log.tell(fill('BUY 100 A.NO', OVER));
    expect(reportsOf(recovered)[0]?.reason_codes).not.toContain('STALE_DATA');
    expect(booksOf(recovered.entities).get('A.NO')?.markStale).toBe(false);
  });
});

describe('an event that cannot be valued as a whole', () => {
  test('without the mark of a question no one knows: token by token, and it says so', () => {
    const log = newLog();
    log.tell(defined('A'));
    const played = log.tell(fill('BUY 100 A.NO', OVER), fill('BUY 100 B.NO', [42, 37, null]));
    // C was marked when A was filled, but no book of C keeps it.
    expect(reportsOf(played)[1]).toMatchObject({
      unrealised_pnl_pusd: 13_000_000n,
      negRisk_price: null,
      negRisk_mark_sum: null,
      reason_codes: [
        'GOV_NEGRISK_TOKEN_BY_TOKEN',
        'PNL_REPORTER_FILL_PNL_COMPUTED',
        'PNL_REPORTER_NEGRISK_DETECTED',
      ],
    });
    expect(eventValue(booksOf(played.entities))).toBe(units(121));
  });

  test('a token without any mark has no number, never 0', () => {
    const log = newLog();
    log.tell(defined('A'));
    const played = log.tell(fill('BUY 100 A.NO', []));
    expect(reportsOf(played)[0]).toMatchObject({
      unrealised_pnl_pusd: null,
      mark_price: null,
      reason_codes: [
        'GOV_MARK_MISSING',
        'GOV_NEGRISK_TOKEN_BY_TOKEN',
        'PNL_REPORTER_FILL_PNL_COMPUTED',
        'PNL_REPORTER_NEGRISK_DETECTED',
      ],
    });
  });

  test('the mark that a book of the event had before stands in, with the age that it has', () => {
    const log = newLog();
    log.tell(defined('A'));
    const later = { confirmed_at: NOON + 90_000_000 };
    log.tell(fill('BUY 100 C.NO', OVER));
    const marks = marksOf([42, 37, null], NOON + 90_000_000);
    const played = log.tell(fill('BUY 100 A.NO', [], { ...later, marks }));
    const [report] = reportsOf(played);
    expect(report).toMatchObject({ negRisk_mark_sum: 1_060_000n, mark_age_ms: 0 });
    expect(report?.reason_codes).toContain('STALE_DATA');
    expect(booksOf(played.entities).get('C.NO')).toMatchObject({
      markAgeMs: 90_000,
      markStale: true,
    });
  });

  test('a plain fill of a token that an event lists stays plain', () => {
    const log = newLog();
    log.tell(defined('A'));
    const plain = { neg_risk: false, neg_risk_given: true };
    const played = log.tell(fill('BUY 100 A.YES', OVER, plain));
    expect(reportsOf(played)[0]).toMatchObject({
      unrealised_pnl_pusd: -8_000_000n,
      negRisk_mark_sum: null,
      reason_codes: ['PNL_REPORTER_FILL_PNL_COMPUTED'],
    });
  });
});

describe('which books are valued together', () => {
  test('those of one account and bot; another bot’s keep their marks', () => {
    const log = newLog();
    log.tell(defined('A'));
    const arb = { trading_bot_id: 'arb' };
    log.tell(fill('BUY 100 A.NO', AT_ONE, arb), fill('BUY 100 A.NO', AT_ONE));
    const played = log.tell(fill('BUY 100 B.NO', OVER));
    expect(values(played)).toEqual([
      ['A.NO', 60_377_358n],
      ['B.NO', 65_094_340n],
    ]);
    expect(values(played, 'arb')).toEqual([['A.NO', units(60)]]);
  });

  test('a definition that comes late finds the holdings that were there', () => {
    const log = newLog();
    const unnamed = { neg_risk_market_id: null };
    log.tell(fill('BUY 100 A.NO', [42, null, null], unnamed));
    log.tell(fill('BUY 100 B.YES', [42, 37, null], { ...unnamed, condition_id: null }));
    const played = log.tell(defined('C'), fill('BUY 100 C.YES', OVER));
    expect(values(played)).toEqual([
      ['A.NO', 60_377_358n],
      ['B.YES', 34_905_660n],
      ['C.YES', 25_471_698n],
    ]);
    expect(eventValue(booksOf(played.entities))).toBe(120_754_716n);
  });

  test('what a split brings into the wallet is of its event', () => {
    const log = newLog();
    log.tell(defined('B'));
    const amount = units(100);
    const legs = [leg('B.YES', amount, 0), leg('B.NO', amount, 1)];
    const value = split('s1', { condition_id: 'B', neg_risk_market_id: EVENT, legs });
    const played = log.tell(
      { type: 'PositionsSplit', value },
      fill('BUY 100 A.NO', OVER, { trading_bot_id: 'treasury' }),
    );
    expect(values(played, 'treasury')).toEqual([
      ['B.YES', 34_905_660n],
      ['B.NO', 65_094_340n],
      ['A.NO', 60_377_358n],
    ]);
    expect(eventValue(booksOf(played.entities, 'treasury'))).toBe(160_377_358n);
  });

  test('a conversion leaves YES without a mark until the next fill of the event has them', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.NO', OVER), fill('BUY 100 B.NO', OVER));
    const value = conversion('c1', {
      neg_risk_market_id: EVENT,
      amount_shares: shares(units(100)),
      payout_pusd: pusd(units(100)),
      legs_out: [leg('A.NO', units(100)), leg('B.NO', units(100))],
      legs_in: [leg('C.YES', units(100))],
    });
    const gained = log.tell({ type: 'PositionsConverted', value });
    expect(values(gained, 'treasury').concat(values(gained))).toContainEqual(['C.YES', null]);
    const filled = log.tell(fill('BUY 100 C.YES', OVER, { trading_bot_id: 'treasury' }));
    expect(values(filled, 'treasury')).toContainEqual(['C.YES', 50_943_396n]);
  });

  test('a question that is resolved NO counts no more, and the others’ marks sum to 1', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.YES', OVER), fill('BUY 100 C.NO', OVER));
    const resolution = marketResolved({ condition_id: 'C', payout_numerators: ['0', '1'] });
    log.tell({ type: 'MarketResolved', value: resolution });
    const played = log.tell(fill('BUY 100 B.YES', [30, 20, 27]));
    expect(values(played)).toEqual([
      ['A.YES', units(60)],
      ['C.NO', units(100)],
      ['B.YES', units(40)],
    ]);
    expect(reportsOf(played).at(-1)?.negRisk_mark_sum).toBe(500_000n);
  });

  test('a definition behind a resolution knows what the question pays', () => {
    const log = newLog();
    const resolution = marketResolved({ condition_id: 'C', payout_numerators: ['0', '1'] });
    log.tell({ type: 'MarketResolved', value: resolution });
    const played = log.tell(defined('A'), fill('BUY 100 A.YES', [30, 20, null]));
    expect(values(played)).toEqual([['A.YES', units(60)]]);
  });

  test('an event that grows keeps its questions and has the new one', () => {
    const log = newLog();
    const all = defined('A');
    if (all.type !== 'MarketDefined') throw new Error('no definition');
    const two = all.value.questions.slice(0, 2);
    log.tell(defined('A', { questions: two }), fill('BUY 100 A.YES', [60, 20, null]));
    const before = log.tell(fill('BUY 100 A.YES', [60, 20, null]));
    expect(values(before)).toEqual([['A.YES', units(150)]]);
    const after = log.tell(defined('B'), fill('BUY 100 B.YES', [60, 20, 20]));
    expect(values(after)).toEqual([
      ['A.YES', units(120)],
      ['B.YES', units(20)],
    ]);
    const event = after.entities.get(eventKey(PARTITION, EVENT)) as NegRiskEvent;
    expect(event.questions.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(event.members.map(({ token }) => token)).toEqual(['A.YES', 'B.YES']);
  });
});

describe('a neg-risk fill that comes without its event', () => {
  const unnamed = { neg_risk_market_id: null };

  test('and without a mark has the price that its book had within the event', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.NO', OVER));
    const [report] = reportsOf(log.tell(fill('BUY 100 A.NO', [], unnamed)));
    expect(report).toMatchObject({
      unrealised_pnl_pusd: 20_754_716n,
      negRisk_price: 603_773_584_905_660_377n,
    });
    expect(report?.reason_codes).not.toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });

  test('with a mark of its own token is valued by that, and says so', () => {
    const log = newLog();
    log.tell(defined('A'), fill('BUY 100 A.YES', OVER));
    const [report] = reportsOf(log.tell(fill('BUY 100 A.YES', [44, null, null], unnamed)));
    expect(report).toMatchObject({ unrealised_pnl_pusd: -12_000_000n, negRisk_price: null });
    expect(report?.reason_codes).toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });
});

describe('whether what a movement brings is neg-risk', () => {
  const condition = negRiskConditionId(`0x${'ab'.repeat(31)}00`, 1);
  const plain = standardConditionId(`0x${'11'.repeat(32)}`);

  test.each([
    ['neg-risk by its id, where the event names no market', condition, true, null, true],
    ['standard by its id, where the event names one', plain, false, EVENT, false],
  ])('%s', (_, condition_id, isWrapped, neg_risk_market_id, negRisk) => {
    const legs = tokenIdsOf(condition_id, isWrapped).map((token, at) => leg(token, units(1), at));
    const amount_pusd = pusd(units(1));
    const value = split('s', { condition_id, neg_risk_market_id, amount_pusd, legs });
    const { entities } = newLog().tell({ type: 'PositionsSplit', value });
    const books = [...booksOf(entities, 'treasury').values()];
    expect(books.map((book) => book.negRisk)).toEqual([negRisk, negRisk]);
  });

  test('by what the event says, where the id proves neither', () => {
    const value = split('s', { condition_id: 'A', neg_risk_market_id: EVENT });
    const { entities } = newLog().tell({ type: 'PositionsSplit', value });
    const books = [...booksOf(entities, 'treasury').values()];
    expect(books.map((book) => book.negRisk)).toEqual([true, true]);
  });
});
