/** Which marks windows value positions at (rule B4), where their WindowClosed captured none. */

import { describe, expect, test } from '@jest/globals';
import { type FillConfirmed } from '@polytraders/contracts';
import { NOON } from '../events.fixture.ts';
import { marketDefined, marketResolved } from '../movements.fixture.ts';
import { windowReportOf } from './report.ts';
import { atDay, createLog, type Log, price, usd, wallets } from './log.fixture.ts';
import { type ReportEntry } from './entry.ts';

const [ALICE = ''] = wallets(1);
const FIRST = '2026-05-08';
const SECOND = '2026-05-09';
const PAID = '0xca';

type Mark = FillConfirmed['marks'][number];

function marked(text: string, observed_at: number, kind: Mark['kind'] = 'MID'): Mark {
  return { token_id: '101', price: price(text), kind, observed_at };
}

/** A market, resolved a minute after the first day. */
function resolve(log: Log, condition_id: string): void {
  const at = atDay(SECOND, 60);
  const resolved = marketResolved({
    condition_id,
    payout_numerators: ['1', '0'],
    block_time: at,
    effective_at: at,
  });
  for (let partition = 0; partition < 12; partition += 1)
    log.desk.take(partition, { type: 'MarketResolved', value: resolved });
}

/** A fill of the first day that comes when its market is resolved; what the first day says then. */
function lateFill(said: Partial<FillConfirmed>): {
  readonly log: Log;
  readonly report: ReportEntry | undefined;
} {
  const log = createLog();
  const tokens = ['101', '102'].map((id) => ({ token_id: id, outcome: id }));
  log.event(ALICE, { type: 'MarketDefined', value: marketDefined({ condition_id: PAID, tokens }) });
  resolve(log, PAID);
  log.close(FIRST);
  log.fill({ account: ALICE, token_id: '101', condition_id: PAID, ...said });
  const made = log.close(SECOND);
  return { log, report: made.find((one) => one.window_start === atDay(FIRST)) };
}

function marksOf(report: ReportEntry | undefined) {
  return report === undefined ? undefined : windowReportOf(report).marks;
}

describe('a late fill of a market that is resolved by then', () => {
  test('brings the mark of its own window, which ended before the resolution', () => {
    const observed_at = NOON - 30_000_123;
    const { report } = lateFill({ marks: [marked('0.8', observed_at)] });
    expect(report?.unrealised_pnl_pusd).toBe(usd('30'));
    expect(report?.incomplete_reasons).not.toContain('GOV_MARK_MISSING');
    expect(marksOf(report)?.[0]).toMatchObject({ kind: 'MID', observed_at, price: price('0.8') });
  });

  test('is worth its payout in its own report, beside which the line has the mark', () => {
    const { log } = lateFill({ marks: [marked('0.8', NOON - 30_000_123)] });
    expect(log.desk.lines.at(-1)?.entry).toMatchObject({
      mark_kind: 'PAYOUT',
      mark_price: price('1'),
      mark_age_ms: null,
      mark_observed_at: null,
      carried_mark: `MID 0.8 ${String(NOON - 30_000_123)}`,
    });
  });

  test('with a mark of unknown age brings that, as of the time of the fill', () => {
    const { report, log } = lateFill({
      flags: ['STALE_DATA'],
      marks: [marked('0.7', NOON, 'REPORTED')],
    });
    expect(log.desk.lines.at(-1)?.entry.carried_mark).toBe('REPORTED 0.7');
    expect(report?.unrealised_pnl_pusd).toBe(usd('20'));
    expect(report?.stale_marks).toBe(1);
  });

  test('of a negative-risk event likewise, whose other questions are open', () => {
    const log = createLog();
    const market = { neg_risk_market_id: `0x${'e'.repeat(62)}00` };
    const questions = [0, 1].map((index) => ({
      question_index: index,
      condition_id: `0xc${String(index)}`,
      yes_token_id: `${String(index + 1)}01`,
      no_token_id: `${String(index + 1)}02`,
    }));
    for (const { condition_id, yes_token_id, no_token_id } of questions) {
      const tokens = [yes_token_id, no_token_id].map((id) => ({ token_id: id, outcome: id }));
      const value = marketDefined({ ...market, condition_id, tokens, questions });
      log.event(ALICE, { type: 'MarketDefined', value: { ...value, event_id: condition_id } });
    }
    resolve(log, '0xc0');
    log.close(FIRST);
    const marks = [marked('0.8', NOON - 1), { ...marked('0.3', NOON - 1), token_id: '201' }];
    const own = { token_id: '101', condition_id: '0xc0', neg_risk: true, ...market };
    log.fill({ account: ALICE, ...own, marks });
    log.close(SECOND);
    expect(log.desk.lines.at(-1)?.entry).toMatchObject({
      mark_kind: 'PAYOUT',
      carried_mark: `MID 0.8 ${String(NOON - 1)}`,
    });
  });

  test('without a mark has none for it: null, never its payout', () => {
    const { report, log } = lateFill({ marks: [] });
    expect(log.desk.lines.at(-1)?.entry.carried_mark).toBeNull();
    expect(report?.unrealised_pnl_pusd).toBeNull();
    expect(report?.incomplete_reasons).toContain('GOV_MARK_MISSING');
  });
});

describe('the mark that a fill carried is of the microsecond in which it was observed', () => {
  const midnight = atDay(SECOND);
  const own = { account: ALICE, token_id: '101', condition_id: PAID };

  test('in the last millisecond of a day it is of that day', () => {
    const log = createLog();
    const observed_at = midnight - 500;
    log.fill({ ...own, confirmed_at: NOON });
    log.fill({ ...own, confirmed_at: midnight + 1_000_000, marks: [marked('0.8', observed_at)] });
    const [report] = log.close(FIRST);
    expect(report?.unrealised_pnl_pusd).toBe(usd('30'));
    expect(marksOf(report)?.[0]).toMatchObject({ observed_at });
    expect(log.desk.lines.map(({ entry }) => entry.mark_observed_at)).toEqual([null, observed_at]);
  });

  test('and a later fill that brings none moves it by nothing', () => {
    const log = createLog();
    const observed_at = NOON - 1;
    log.fill({ ...own, confirmed_at: NOON, marks: [marked('0.8', observed_at)] });
    log.fill({ ...own, confirmed_at: NOON + 1_999_998 });
    const [report] = log.close(FIRST);
    expect(marksOf(report)?.[0]).toMatchObject({ observed_at });
  });
});
