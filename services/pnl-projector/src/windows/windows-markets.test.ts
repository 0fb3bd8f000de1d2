/** What windows know of markets and marks: what there was at their end, whatever came since. */

import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent, type MarketDefined, type WindowClosed } from '@polytraders/contracts';
import { type ObservedKind } from '@polytraders/domain';
import { CONDITION, fillConfirmed, TOKEN } from '../events.fixture.ts';
import { marketDefined, marketResolved, NO_TOKEN } from '../movements.fixture.ts';
import { defined, EVENT, marksOf, QUESTIONS } from '../neg-risk.fixture.ts';
import { fillReleased } from '../review/reviewed.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { atDay, createLog, type Log, price, usd, wallets } from './log.fixture.ts';
import { windowReportOf } from './report.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const D = { question_index: 3, condition_id: 'D', yes_token_id: 'D.YES', no_token_id: 'D.NO' };
const FIRST = '2026-05-08';

function toAll(log: Log, event: LedgerEvent): void {
  for (let partition = 0; partition < 12; partition += 1) log.desk.take(partition, event);
}

function resolve(log: Log, said: Partial<Parameters<typeof marketResolved>[0]> = {}): void {
  const value = marketResolved({ block_time: atDay(FIRST, 3600), ...said });
  toAll(log, { type: 'MarketResolved', value });
}

function define(log: Log, account: string, said: Partial<MarketDefined>): void {
  const event_id = `evt_define_${account}_${said.condition_id ?? CONDITION}`;
  log.event(account, { type: 'MarketDefined', value: marketDefined({ ...said, event_id }) });
}

/** A question's definition as this partition is told it, with so many questions of its event. */
function question(log: Log, account: string, name: string, said: Partial<MarketDefined>): void {
  const event_id = `evt_define_${account}_${name}`;
  log.event(account, defined(name, { questions: QUESTIONS, ...said, event_id }));
}

function buy(log: Log, token: string, at: number, account = ALICE): void {
  log.fill({
    account,
    token_id: token,
    condition_id: token.slice(0, 1),
    neg_risk: true,
    neg_risk_market_id: EVENT,
    marks: marksOf([40, 35, 25], at),
    confirmed_at: at,
  });
}

function captured(yes: Readonly<Record<string, string>>, date = FIRST): WindowClosed['marks'] {
  return Object.entries(yes).map(([name, text]) => ({
    token_id: `${name}.YES`,
    price: price(text),
    kind: 'MID',
    observed_at: atDay(date, 86_399),
  }));
}

/** A fill with a mark of its own token. */
function marked(log: Log, at: number, text: string, kind: ObservedKind = 'MID'): void {
  const mark = { token_id: TOKEN, price: price(text), kind, observed_at: at - 1_000_000 };
  log.fill({ account: ALICE, confirmed_at: at, marks: [mark] });
}

const unrealised = (reports: readonly ReportEntry[]): readonly (bigint | null)[] =>
  reports.map((one) => one.unrealised_pnl_pusd);

describe('what a resolved token pays in a window is what it pays in the books', () => {
  test('a definition that contradicts the ids is not believed', () => {
    const log = createLog();
    const tokens = [NO_TOKEN, TOKEN].map((token_id) => ({ token_id, outcome: '' }));
    define(log, ALICE, { tokens });
    log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 60) });
    resolve(log);
    const [report] = log.close(FIRST);
    expect([report?.realised_pnl_pusd, report?.unrealised_pnl_pusd]).toEqual([usd('50'), 0n]);
  });

  test('an id that proves its outcome needs no definition', () => {
    const log = createLog();
    log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 60) });
    resolve(log);
    const [report] = log.close(FIRST);
    expect([report?.realised_pnl_pusd, report?.unrealised_pnl_pusd]).toEqual([usd('50'), 0n]);
  });

  test('the order of tokens that a file had says nothing, and gives way to a definition', () => {
    const log = createLog();
    const tokens = ['1', '2'].map((token_id) => ({ token_id, outcome: '' }));
    define(log, ALICE, { tokens, synthesised: true });
    log.fill({ account: ALICE, token_id: '2', confirmed_at: atDay(FIRST, 60) });
    resolve(log, { payout_numerators: ['0', '1'] });
    const [guessed] = log.close(FIRST);
    expect(guessed?.unrealised_pnl_pusd).toBeNull();
    define(log, BOB, { tokens, synthesised: false });
    define(log, ALICE, { tokens, synthesised: true });
    log.observe(FIRST, ALICE, 'CHAIN_UNREACHABLE', 7);
    const [known] = log.complete(FIRST, 7, 1);
    expect(known?.unrealised_pnl_pusd).toBe(usd('50'));
  });

  test('a resolution that cannot be read leaves room for one that can', () => {
    const log = createLog();
    log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 60) });
    resolve(log, { event_id: 'unreadable', payout_numerators: ['0', '0'] });
    resolve(log);
    expect(unrealised(log.close(FIRST))).toEqual([0n]);
  });

  test('a question that nobody defined is resolved by the list of its event', () => {
    const log = createLog();
    question(log, ALICE, 'A', {});
    buy(log, 'A.YES', atDay(FIRST, 60));
    resolve(log, { condition_id: 'C', payout_numerators: ['0', '1'] });
    // 0.3 and 0.2 are all that is left: 100 YES of A at 0.6, for 50.
    const [report] = log.close(FIRST, captured({ A: '0.3', B: '0.2' }));
    expect(report?.unrealised_pnl_pusd).toBe(usd('10'));
    expect(report?.reason_codes).not.toContain('GOV_NEGRISK_TOKEN_BY_TOKEN');
  });
});

describe('the questions of an event in a window', () => {
  test('a definition that lists fewer questions takes none away', () => {
    const log = createLog();
    question(log, ALICE, 'A', { questions: [...QUESTIONS, D] });
    question(log, BOB, 'B', {});
    buy(log, 'A.NO', atDay(FIRST, 60));
    const yes = captured({ A: '0.4', B: '0.35', C: '0.25', D: '0.2' });
    const [report] = log.close(FIRST, yes);
    expect(report?.negrisk_mark_sum).toBe(usd('1.2'));
    // 1 − 0.4 ÷ 1.2 a share, for 50.
    expect(report?.unrealised_pnl_pusd).toBe(usd('16.666666'));
  });

  test('what an event gains later is in no earlier window: a late answer says only itself', () => {
    const log = createLog();
    question(log, ALICE, 'A', { effective_at: atDay(FIRST, 10) });
    buy(log, 'A.NO', atDay(FIRST, 60));
    buy(log, 'B.NO', atDay(FIRST, 61));
    const day = { A: '0.42', B: '0.37', C: '0.27' };
    const [first] = log.close(FIRST, captured(day));
    question(log, BOB, 'D', { questions: [...QUESTIONS, D], effective_at: atDay(FIRST, 90_000) });
    const [second] = log.close('2026-05-09', captured({ ...day, D: '0.1' }, '2026-05-09'));
    log.observe(FIRST, ALICE, { cash: '-100' }, 7);
    const [late, ...others] = log.complete(FIRST, 7);
    expect(unrealised([first, late].flatMap((one) => one ?? []))).toEqual([
      usd('25.471698'),
      usd('25.471698'),
    ]);
    expect([second?.negrisk_mark_sum, late?.negrisk_mark_sum]).toEqual([usd('1.16'), usd('1.06')]);
    expect(others).toEqual([]);
  });

  test('a question that was held before anybody told of it was there', () => {
    const log = createLog();
    question(log, ALICE, 'A', {});
    buy(log, 'A.NO', atDay(FIRST, 60));
    buy(log, 'D.YES', atDay(FIRST, 61));
    question(log, BOB, 'D', { questions: [...QUESTIONS, D], effective_at: atDay(FIRST, 90_000) });
    const yes = captured({ A: '0.4', B: '0.35', C: '0.25', D: '0.2' });
    expect(log.close(FIRST, yes)[0]?.negrisk_mark_sum).toBe(usd('1.2'));
  });
});

describe('a definition that comes after a window was closed', () => {
  const yes = { A: '0.42', B: '0.37', C: '0.27' };
  const ids = ['settlement_pnl_20260509T000000Z_by_market_r2'];

  function undefinedDay(said: Partial<MarketDefined> = {}): Log {
    const log = createLog();
    log.tell('general_live', { group_by: 'market' });
    if (said.questions !== undefined) question(log, ALICE, 'A', said);
    for (const token of ['A.NO', 'B.NO']) {
      const mark = { token_id: token, price: price('0.6'), kind: 'MID' as const };
      log.fill({
        account: ALICE,
        token_id: token,
        condition_id: null,
        neg_risk: true,
        confirmed_at: atDay(FIRST, 60),
        marks: [{ ...mark, observed_at: atDay(FIRST, 59) }],
      });
    }
    return log;
  }

  test('is one revision of it, at the next window; what the chain answers is another', () => {
    const log = undefinedDay();
    expect(unrealised(log.close(FIRST, captured(yes)))).toEqual([usd('20')]);
    question(log, ALICE, 'A', { effective_at: atDay('2026-05-09', 3600) });
    const [revised, next] = log.close('2026-05-09', captured(yes, '2026-05-09'));
    expect([revised?.report_id]).toEqual(ids);
    expect([revised, next].map((one) => one?.unrealised_pnl_pusd)).toEqual([
      usd('25.471698'),
      usd('25.471698'),
    ]);
    log.observe(FIRST, ALICE, 'CHAIN_UNREACHABLE', 7);
    expect(unrealised(log.complete(FIRST, 7, 1))).toEqual([usd('25.471698')]);
    question(log, BOB, 'A', {});
    expect(log.close('2026-05-10', captured(yes, '2026-05-10'))).toHaveLength(1);
  });

  test.each([null, EVENT])(
    'also where the position is gone, its event listed last (%s)',
    (event) => {
      const log = undefinedDay({ questions: [], neg_risk_market_id: event });
      for (const token of ['A.NO', 'B.NO']) {
        const sold = { token_id: token, condition_id: null, neg_risk: true, marks: [] };
        const at = { order_side: 'SELL' as const, confirmed_at: atDay('2026-05-09', 60) };
        log.fill({ account: ALICE, ...sold, ...at });
      }
      log.close(FIRST, captured(yes));
      question(log, BOB, 'B', {});
      const [revised] = log.close('2026-05-09');
      expect([revised?.report_id]).toEqual(ids);
      expect(revised?.unrealised_pnl_pusd).toBe(usd('25.471698'));
    },
  );
});

describe('the mark of a token that WindowClosed does not carry', () => {
  test('is the last one before the end, though the next day brought one before it closed', () => {
    const log = createLog();
    marked(log, atDay(FIRST, 43_200), '0.60', 'LAST');
    marked(log, atDay('2026-05-09', 300), '0.70');
    const [report] = log.close(FIRST);
    expect(report?.unrealised_pnl_pusd).toBe(usd('10'));
    const [mark] = report === undefined ? [] : (windowReportOf(report).marks ?? []);
    expect(mark).toMatchObject({ kind: 'LAST', age_ms: 43_201_000 });
  });

  test('of unknown age is used where there is no other, and is stale (B4)', () => {
    const log = createLog();
    const at = atDay(FIRST, 86_390);
    const mark = { token_id: TOKEN, price: price('0.6'), kind: 'REPORTED' as const };
    const ageless = { flags: ['STALE_DATA'], marks: [{ ...mark, observed_at: at }] };
    log.fill({ account: ALICE, confirmed_at: at, ...ageless });
    const [first] = log.close(FIRST);
    expect([first?.unrealised_pnl_pusd, first?.stale_marks]).toEqual([usd('10'), 1]);
    const shown = first === undefined ? undefined : windowReportOf(first).marks?.[0];
    // By then it had been observed: it is ten seconds old, or more.
    expect(shown).toMatchObject({ kind: 'REPORTED', observed_at: at, age_ms: 10_000 });
    marked(log, atDay(FIRST, 3600), '0.7');
    const [late] = log.close('2026-05-09');
    expect([late?.unrealised_pnl_pusd, late?.stale_marks]).toEqual([usd('40'), 1]);
  });

  test('is of its own day in each of the windows that are closed at once', () => {
    const log = createLog();
    const days = ['05', '06', '07', '08'].map((day) => `2026-05-${day}`);
    for (const [at, date] of days.entries()) {
      if (at !== 2) marked(log, atDay(date, 3600), `0.6${String(at)}`);
    }
    const reports = days.flatMap((date) => log.close(date));
    // 10, 2 × 11, the same mark a day later, 3 × 13.
    expect(unrealised(reports)).toEqual(['10', '22', '22', '39'].map(usd));
  });

  test('is kept until no window can ask for it, of the time before the ledger ran always', () => {
    const log = createLog();
    log.tell('general_live', {}, atDay('2026-05-06', 10));
    const days = ['04', '05', '06', '07', '08'].map((day) => `2026-05-${day}`);
    for (const date of days) marked(log, atDay(date, 3600), '0.60');
    log.close('2026-05-06');
    log.close('2026-05-07');
    const report = log.close('2026-05-04').find((one) => one.window_end === atDay('2026-05-05'));
    expect(report?.unrealised_pnl_pusd).toBe(usd('10'));
    const later = log.close('2026-05-08').find((one) => one.window_end === atDay('2026-05-09'));
    expect(later?.unrealised_pnl_pusd).toBe(usd('50'));
  });
});

test('a fill that is set aside after midnight is no doubt of the day before', () => {
  const log = createLog();
  const aside = { account: ALICE, fill_id: 'x', confirmed_at: atDay('2026-05-09', 300) };
  const mark = { token_id: TOKEN, price: price('0.6'), kind: 'MID' as const, observed_at: 0 };
  log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 60) });
  log.fill({ ...aside, fee_bps: null, fee_source: null });
  const [first] = log.close(FIRST, [mark]);
  expect([first?.incomplete_reasons, first?.quarantined_fills]).toEqual([[], 0]);
  const [second] = log.close('2026-05-09', [mark]);
  expect(second?.incomplete_reasons).toEqual(['GOV_FILL_QUARANTINED']);
  const value = fillReleased(fillConfirmed(aside));
  log.event(ALICE, { type: 'FillReleased', value });
  expect(log.close('2026-05-10', [mark]).map((one) => one.report_id)).toEqual([
    'settlement_pnl_20260510T000000Z_r2',
    'settlement_pnl_20260511T000000Z',
  ]);
});

test('what comes late to the day before a fill was set aside says nothing of that fill', () => {
  const log = createLog();
  const aside = { account: ALICE, fee_bps: null, fee_source: null } as const;
  log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 60) });
  log.close(FIRST);
  log.fill({ ...aside, confirmed_at: atDay('2026-05-09', 300) });
  log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 90) });
  const reasons = () => log.desk.reports.map((one) => one.incomplete_reasons);
  log.close('2026-05-09');
  const doubt = ['GOV_FILL_QUARANTINED', 'GOV_MARK_MISSING'];
  expect(reasons().slice(-2)).toEqual([['GOV_MARK_MISSING'], doubt]);
  log.fill({ account: ALICE, confirmed_at: atDay(FIRST, 120) });
  log.close('2026-05-10');
  expect(reasons().slice(-3)).toEqual([['GOV_MARK_MISSING'], doubt, doubt]);
  log.fill({ ...aside, confirmed_at: atDay(FIRST, 150) });
  log.close('2026-05-11');
  expect(reasons().slice(-4)).toEqual([doubt, doubt, doubt, doubt]);
});
