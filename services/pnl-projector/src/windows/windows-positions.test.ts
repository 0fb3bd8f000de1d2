import { describe, expect, test } from '@jest/globals';
import { type FillConfirmed, type WindowClosed } from '@polytraders/contracts';
import { fillConfirmed, NOON } from '../events.fixture.ts';
import { marketDefined, marketResolved, opening, split, transfer } from '../movements.fixture.ts';
import { fillReleased, fillReversed } from '../review/reviewed.fixture.ts';
import { atDay, createLog, type Log, price, qty, usd, wallets } from './log.fixture.ts';
import { windowReportOf } from './report.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const EVENT = `0x${'e'.repeat(62)}00`;
const QUESTIONS = ['a', 'b', 'c'].map((name, index) => ({
  question_index: index,
  condition_id: `0xc${name}`,
  yes_token_id: `${String(index + 1)}01`,
  no_token_id: `${String(index + 1)}02`,
}));

function marks(...of: readonly (readonly [token: string, text: string])[]): WindowClosed['marks'] {
  const observed_at = atDay('2026-05-08', 86_399);
  return of.map(([token, text]) => ({
    token_id: token,
    price: price(text),
    kind: 'MID' as const,
    observed_at,
  }));
}

/** The event's definition, as every question of it carries it. */
function define(log: Log, account: string): void {
  for (const { condition_id, yes_token_id, no_token_id } of QUESTIONS) {
    const value = marketDefined({
      condition_id,
      tokens: [
        { token_id: yes_token_id, outcome: 'Yes' },
        { token_id: no_token_id, outcome: 'No' },
      ],
      neg_risk_market_id: EVENT,
      questions: QUESTIONS,
    });
    const event_id = `evt_defined_${condition_id}`;
    log.event(account, { type: 'MarketDefined', value: { ...value, event_id } });
  }
}

function buyNo(log: Log, account: string, question: number): void {
  log.fill({
    account,
    token_id: QUESTIONS[question]?.no_token_id ?? '',
    condition_id: QUESTIONS[question]?.condition_id ?? '',
    neg_risk: true,
    neg_risk_market_id: EVENT,
    quantity_shares: qty('100'),
    size_pusd: usd('50'),
  });
}

describe('positions at the end of a window', () => {
  test('100 NO of A and 100 NO of B are one position: 125.471698 at a raw sum of 1.06 (B5)', () => {
    const log = createLog();
    define(log, ALICE);
    buyNo(log, ALICE, 0);
    buyNo(log, ALICE, 1);
    const [report] = log.close(
      '2026-05-08',
      marks(['101', '0.42'], ['201', '0.37'], ['301', '0.27']),
    );
    expect(report?.unrealised_pnl_pusd).toBe(usd('125.471698') - usd('100'));
    expect(report?.negrisk_mark_sum).toBe(usd('1.06'));
    expect(report?.negrisk_positions).toBe(2);
    expect(report?.reason_codes).toContain('PNL_REPORTER_NEGRISK_DETECTED');
    const out = report === undefined ? null : windowReportOf(report);
    expect(out?.marks?.map((one) => one.token_id)).toEqual(['101', '201', '301']);
  });

  test('a question without a mark leaves the event token by token, flagged', () => {
    const log = createLog();
    define(log, ALICE);
    buyNo(log, ALICE, 0);
    const [report] = log.close('2026-05-08', marks(['101', '0.42'], ['102', '0.57']));
    expect(report?.reason_codes).toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
    expect(report?.unrealised_pnl_pusd).toBe(usd('7'));
    expect(report?.negrisk_mark_sum).toBeNull();
  });

  test('a market resolved before the end is worth its payout, one resolved later is not', () => {
    const log = createLog();
    define(log, ALICE);
    log.fill({ account: ALICE, token_id: '101', condition_id: '0xca', neg_risk: false });
    const at = atDay('2026-05-09', 60);
    const value = marketResolved({
      condition_id: '0xca',
      payout_numerators: ['1', '0'],
      block_time: at,
      effective_at: at,
    });
    for (let partition = 0; partition < 12; partition += 1)
      log.desk.take(partition, { type: 'MarketResolved', value });
    const [before] = log.close('2026-05-08', marks(['101', '0.6']));
    const after = log.close('2026-05-09').find((one) => one.window_start === atDay('2026-05-09'));
    expect([before?.realised_pnl_pusd, before?.unrealised_pnl_pusd]).toEqual([0n, usd('10')]);
    expect([after?.realised_pnl_pusd, after?.unrealised_pnl_pusd]).toEqual([usd('50'), 0n]);
    const out = after === undefined ? null : windowReportOf(after);
    expect(out?.marks?.map(({ token_id: token, kind }) => [token, kind])).toEqual([
      ['101', 'PAYOUT'],
    ]);
  });

  test('a position without a mark at the close takes the last one that its fills carried', () => {
    const log = createLog();
    const observed_at = NOON - 30_000_000;
    const carried = [{ token_id: '101', price: price('0.8'), kind: 'MID' as const, observed_at }];
    log.fill({ account: ALICE, token_id: '101', marks: carried });
    const [report] = log.close('2026-05-08');
    expect(report?.unrealised_pnl_pusd).toBe(usd('30'));
    const out = report === undefined ? null : windowReportOf(report);
    expect(out?.marks?.[0]).toMatchObject({ kind: 'MID', observed_at });
    expect(report?.stale_marks).toBe(1);
  });
});

test('a position is of its market in every window, though nobody has defined that', () => {
  const log = createLog();
  log.tell('general_live', { group_by: 'market' });
  log.fill({ account: ALICE, token_id: '101', condition_id: '0xca' });
  log.close('2026-05-08', marks(['101', '0.6']));
  const [report] = log.close('2026-05-09', marks(['101', '0.6']));
  const out = report === undefined ? null : windowReportOf(report);
  expect(out?.groups?.map((one) => [one.group, one.unrealised_pnl_pusd])).toEqual([
    ['0xca', usd('10')],
  ]);
});

test('what was sold out since stays of its market and its event where it was held', () => {
  const log = createLog();
  log.tell('general_live', { group_by: 'market' });
  const own = { account: ALICE, neg_risk: true, neg_risk_market_id: null, marks: [] };
  const bought = { ...own, token_id: '901', condition_id: '0xc9' };
  log.fill({ ...bought, confirmed_at: atDay('2026-05-07', 60) });
  log.close('2026-05-07');
  const held = [{ ...marks(['901', '0.6'])[0], observed_at: atDay('2026-05-08', 86_399) }];
  const [first] = log.close('2026-05-08', held as WindowClosed['marks']);
  log.fill({ ...bought, order_side: 'SELL', confirmed_at: atDay('2026-05-09', 60) });
  log.close('2026-05-09');
  const late = { account: BOB, token_id: '902', condition_id: '0xca', marks: [] };
  log.fill({ ...late, order_side: 'SELL', confirmed_at: atDay('2026-05-08', 60) });
  log.fill({ ...late, confirmed_at: atDay('2026-05-08', 61) });
  const again = log.close('2026-05-10').find((one) => one.window_id === first?.window_id);
  expect(first?.groups).toContain('0xc9');
  expect(again?.groups).toContain('0xc9');
  expect(again?.groups).not.toContain('unattributed');
  expect(again?.negrisk_positions).toBe(1);
  expect(again?.reason_codes).toEqual(first?.reason_codes);
});

test('a definition that the books refuse turns no payout round in a window either', () => {
  const log = createLog();
  const define = (event_id: string, ...ids: readonly string[]): void => {
    const tokens = ids.map((id) => ({ token_id: id, outcome: id }));
    const value = { ...marketDefined({ condition_id: '0xca', tokens }), event_id };
    log.event(ALICE, { type: 'MarketDefined', value });
  };
  define('first', '101', '102');
  log.fill({ account: ALICE, token_id: '101', condition_id: '0xca' });
  const at = atDay('2026-05-08', 50_000);
  const facts = { condition_id: '0xca', effective_at: at, block_time: at };
  log.event(ALICE, { type: 'MarketResolved', value: marketResolved(facts) });
  const [first] = log.close('2026-05-08', marks());
  expect([first?.realised_pnl_pusd, first?.unrealised_pnl_pusd]).toEqual([usd('50'), 0n]);
  define('other', '102', '101');
  expect(log.close('2026-05-09', marks()).at(-1)?.unrealised_pnl_pusd).toBe(0n);
});

describe('a wallet that existed before', () => {
  test('begins with its opening balance; what moves after it is checked against the chain', () => {
    const log = createLog();
    const lot = { trading_bot_id: 'mm', condition_id: '0xca', token_id: '101', acquired_at: null };
    const value = opening('begin', {
      account: BOB,
      balance_pusd: usd('1000'),
      block_number: 5,
      positions: [{ ...lot, quantity_shares: qty('10'), basis_pusd: usd('4') }],
    });
    log.event(BOB, { type: 'OpeningBalance', value });
    const legs = [
      { token_id: '101', outcome_index: 0, quantity_shares: qty('30') },
      { token_id: '102', outcome_index: 1, quantity_shares: qty('30') },
    ];
    const facts = { account: BOB, condition_id: '0xca', amount_pusd: usd('30'), legs };
    log.event(BOB, {
      type: 'PositionsSplit',
      value: split('s1', { ...facts, block_number: 8 }),
    });
    log.close('2026-05-08', marks(['101', '0.5'], ['102', '0.5']));
    log.observe('2026-05-08', BOB, { cash: '970', tokens: { '101': '40', '102': '30' } }, 10);
    const [report] = log.complete('2026-05-08', 10);
    expect([report?.reconciliation_status, report?.onchain_drift_pusd]).toEqual(['RECONCILED', 0n]);
    expect(report?.onchain_balance_pusd).toBe(usd('970'));
  });
});

describe('a wallet whose books begin after the window', () => {
  test.each([
    ['its opening balance is of a later block', 15, 'RECONCILED', 1],
    ['its opening balance is of a block before the end', 9, 'UNRECONCILED', 2],
  ])('%s', (_, block_number, status, judged) => {
    const log = createLog();
    const cash = usd('100');
    const began = opening('began', { account: ALICE, balance_pusd: cash, block_number: 5 });
    log.event(ALICE, { type: 'OpeningBalance', value: began });
    log.close('2026-05-08', marks());
    const later = { account: BOB, effective_at: atDay('2026-05-09', 100), block_number };
    log.event(BOB, { type: 'OpeningBalance', value: opening('later', later) });
    log.observe('2026-05-08', ALICE, { cash: '100' }, 10);
    log.observe('2026-05-08', BOB, { cash: '400' }, 10);
    const [report] = log.complete('2026-05-08', 10);
    expect(report?.reconciliation_status).toBe(status);
    const out = report === undefined ? null : windowReportOf(report);
    expect(out?.accounts).toHaveLength(judged);
  });

  test('is waited for by nobody, though it has traded since', () => {
    const log = createLog();
    const value = opening('began', { account: ALICE, block_number: 5 });
    log.event(ALICE, { type: 'OpeningBalance', value });
    log.close('2026-05-08', marks());
    log.fill({ account: BOB, confirmed_at: atDay('2026-05-09', 100), block_number: 15 });
    log.observe('2026-05-08', ALICE, { cash: '500' }, 10);
    const [report] = log.complete('2026-05-08', 10);
    expect(report?.reconciliation_status).toBe('RECONCILED');
  });
});

describe('shares whose basis nobody knows (B11)', () => {
  const MARK = [['101', '0.5']] as const;
  const shown = (log: Log, date: string) =>
    log
      .close(date, marks(...MARK))
      .map(({ report_id: id, unrealised_pnl_pusd: worth }) => [id.slice(15, 23), worth]);
  const deal = (date: string, said: Partial<FillConfirmed> = {}): Partial<FillConfirmed> => ({
    token_id: '101',
    trading_bot_id: 'treasury',
    quantity_shares: qty('100'),
    size_pusd: usd('40'),
    confirmed_at: atDay(date, 200),
    ...said,
  });

  function received(log: Log): void {
    const value = transfer('in', {
      account: ALICE,
      token_id: '101',
      effective_at: atDay('2026-05-05', 100),
    });
    log.event(ALICE, { type: 'TokensTransferred', value });
  }

  test('have no unrealised PnL, and a fill that is set aside gives them none', () => {
    const log = createLog();
    received(log);
    expect(shown(log, '2026-05-05')).toEqual([['20260506', null]]);
    log.fill({ account: ALICE, ...deal('2026-05-06', { fee_bps: null, fee_source: null }) });
    expect(shown(log, '2026-05-06')).toEqual([['20260507', null]]);
  });

  test('have none in the windows in which they were held, whatever comes after their sale', () => {
    const log = createLog();
    received(log);
    expect(shown(log, '2026-05-05')).toEqual([['20260506', null]]);
    log.fill({ account: ALICE, ...deal('2026-05-06', { order_side: 'SELL' }) });
    expect(shown(log, '2026-05-06')).toEqual([['20260507', 0n]]);
    log.fill({ account: ALICE, ...deal('2026-05-07') });
    expect(shown(log, '2026-05-07')).toEqual([['20260508', usd('10')]]);
  });

  test('have none in a window that they came to late, behind lines of later days', () => {
    const log = createLog();
    log.fill({ account: ALICE, ...deal('2026-05-07') });
    received(log);
    log.fill({ account: ALICE, ...deal('2026-05-08') });
    for (const day of ['05', '06', '07', '08'])
      expect(shown(log, `2026-05-${day}`)).toEqual([[`2026050${String(Number(day) + 1)}`, null]]);
  });

  test('have none up to their sale, whatever came of an earlier day in the same cut', () => {
    const log = createLog();
    received(log);
    expect(shown(log, '2026-05-05')).toEqual([['20260506', null]]);
    log.fill({ account: ALICE, ...deal('2026-05-08', { order_side: 'SELL' }) });
    log.fill({ account: ALICE, ...deal('2026-05-06') });
    expect(shown(log, '2026-05-06')).toEqual([['20260507', null]]);
    expect(shown(log, '2026-05-07')).toEqual([['20260508', null]]);
    expect(shown(log, '2026-05-08')).toEqual([['20260509', usd('10')]]);
  });

  test('the same where one import brings all of it at once', () => {
    const log = createLog();
    received(log);
    log.fill({ account: ALICE, ...deal('2026-05-07', { order_side: 'SELL' }) });
    log.fill({ account: ALICE, ...deal('2026-05-08') });
    const days = ['2026-05-05', '2026-05-06', '2026-05-07', '2026-05-08'];
    const found = days.flatMap((day) => shown(log, day)).map(([, worth]) => worth);
    expect(found).toEqual([null, null, 0n, usd('10')]);
  });
});

describe('reviewed commands', () => {
  const NAME = 'settlement_pnl_20260509T000000Z';

  function confirmed(log: Log, said: Partial<FillConfirmed>): FillConfirmed {
    const value = fillConfirmed({ account: ALICE, ...said });
    log.event(ALICE, { type: 'FillConfirmed', value });
    return value;
  }

  test('a release makes one revision of the window of its fill, where it counts now', () => {
    const log = createLog();
    const aside = confirmed(log, { fill_id: 'aside', fee_bps: null, fee_source: null });
    const [first] = log.close('2026-05-08', marks());
    expect([first?.total_fills, first?.quarantined_fills]).toEqual([0, 1]);
    expect(first?.incomplete_reasons).toEqual(['GOV_FILL_QUARANTINED']);
    log.event(ALICE, { type: 'FillReleased', value: fillReleased(aside) });
    const [again, next, ...others] = log.close('2026-05-09', marks());
    expect([again?.report_id, again?.revision]).toEqual([`${NAME}_r2`, 2]);
    expect([again?.total_fills, again?.quarantined_fills]).toEqual([1, 0]);
    expect(again?.gross_volume_pusd).toBe(usd('50'));
    expect(again?.gross_fees_pusd).toBe(usd('0.125'));
    expect(again?.incomplete_reasons).not.toContain('GOV_FILL_QUARANTINED');
    expect([next?.window_start, others]).toEqual([atDay('2026-05-09'), []]);
  });

  test('a reversal makes one revision in which the fill has never been', () => {
    const log = createLog();
    const kept = confirmed(log, { fill_id: 'kept' });
    const mark = marks([kept.token_id, '0.66']);
    const gone = confirmed(log, { fill_id: 'gone', event_id: 'evt_gone' });
    const [first] = log.close('2026-05-08', mark);
    expect([first?.total_fills, first?.unrealised_pnl_pusd]).toEqual([2, usd('32')]);
    const original_offset = 1;
    log.event(ALICE, { type: 'FillReversed', value: fillReversed(gone, { original_offset }) });
    const [again] = log.close('2026-05-09', mark);
    const never = createLog();
    confirmed(never, { fill_id: 'kept' });
    const [alone] = never.close('2026-05-08', mark);
    expect(again?.report_id).toBe(`${NAME}_r2`);
    for (const field of ['total_fills', 'gross_volume_pusd', 'unrealised_pnl_pusd'] as const)
      expect(again?.[field]).toBe(alone?.[field]);
    expect([again?.net_pnl_pusd, again?.groups]).toEqual([alone?.net_pnl_pusd, alone?.groups]);
  });
});
