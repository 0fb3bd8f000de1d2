import { describe, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { PAPER_ACCOUNT, TOKEN } from '../events.fixture.ts';
import {
  atDay,
  createLog,
  type Log,
  price,
  qty,
  shownReport,
  usd,
  wallets,
} from './log.fixture.ts';
import { emit, windowReportOf } from './report.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const NAME = 'settlement_pnl_20260509T000000Z';

function marked(token: string, text: string, at = atDay('2026-05-09') - 1_000_000) {
  return { token_id: token, price: price(text), kind: 'MID' as const, observed_at: at };
}

/** 100 shares at 0.50, opened on the 8th; 60 of them closed at 0.70, all by a taker at 25 bps. */
function openAndClose(log: Log, account = ALICE, block: number | null = null): void {
  log.fill({ account, block_number: block });
  log.fill({
    account,
    order_side: 'SELL',
    quantity_shares: qty('60'),
    size_pusd: usd('42'),
    price: price('0.7'),
    block_number: block,
  });
}

describe('window reports (B12, B13)', () => {
  test('a day that closes is one report: sums of its fills, the open position at the mark', () => {
    const log = createLog();
    openAndClose(log);
    const [report, ...others] = log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    expect(others).toEqual([]);
    expect(shownReport(report)).toEqual({
      id: NAME,
      fills: 2,
      volume: usd('92'),
      realised: usd('12'),
      unrealised: usd('6.4'),
      status: 'PENDING',
      publication: 'RELEASED',
    });
    expect(report?.gross_fees_pusd).toBe(usd('0.23'));
    expect(report?.net_pnl_pusd).toBe(usd('11.77'));
    expect([report?.onchain_reconciled, report?.onchain_drift_pusd]).toEqual([null, null]);
    expect(report?.reason_codes).toContain('GOV_ONCHAIN_PENDING');
    expect(report?.retained_until).toBe('2033-05-09');
    expect(report?.unsettled_pusd).toBe(usd('-8.23'));
  });

  test('a window without fills is reported too', () => {
    const log = createLog();
    const [report] = log.close('2026-05-08');
    expect(shownReport(report)).toMatchObject({ id: NAME, fills: 0, volume: 0n, unrealised: 0n });
  });

  test('windows are half-open: midnight itself is the next day', () => {
    const log = createLog();
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-09') - 1 });
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-09') });
    const [first] = log.close('2026-05-08');
    const second = log.close('2026-05-09').find((one) => one.window_start === atDay('2026-05-09'));
    expect([first?.total_fills, second?.total_fills]).toEqual([1, 1]);
  });

  test('a late fill makes one revision of each window it is in or behind, and r1 stays', () => {
    const log = createLog();
    log.fill({ account: ALICE });
    const [first] = log.close('2026-05-08', [marked(TOKEN, '0.6')]);
    log.close('2026-05-09', [marked(TOKEN, '0.7', atDay('2026-05-10') - 1)]);
    log.fill({ account: BOB });
    const made = log.close('2026-05-10', [marked(TOKEN, '0.8', atDay('2026-05-11') - 1)]);
    expect(made.map((one) => [one.report_id, one.total_fills, one.unrealised_pnl_pusd])).toEqual([
      [`${NAME}_r2`, 2, usd('20')],
      ['settlement_pnl_20260510T000000Z_r2', 0, usd('40')],
      ['settlement_pnl_20260511T000000Z', 0, usd('60')],
    ]);
    expect(made[0]?.supersedes).toBe(first?.event_id);
    expect(log.desk.reports[0]).toBe(first);
    expect(log.close('2026-05-11', [marked(TOKEN, '0.8', atDay('2026-05-12') - 1)])).toHaveLength(
      1,
    );
  });

  test('by market and by builder the groups sum to the totals, and the id says so', () => {
    for (const grouping of ['market', 'builder']) {
      const log = createLog();
      log.tell('general_live', { group_by: grouping });
      log.fill({ account: ALICE, builder_code: '0xb1' });
      log.fill({ account: ALICE, quantity_shares: qty('50'), size_pusd: usd('25') });
      const [report] = log.close('2026-05-08', [marked(TOKEN, '0.66')]);
      expect(report?.report_id).toBe(`${NAME}_by_${grouping}`);
      const out = report === undefined ? null : windowReportOf(report);
      const names = out?.groups?.map(({ group, unrealised_pnl_pusd: sum }) => [group, sum]);
      if (grouping === 'builder') {
        expect(names).toEqual([
          ['0xb1', usd('16')],
          ['unattributed', usd('8')],
        ]);
      } else expect(names).toHaveLength(1);
      expect(out?.unrealised_pnl_pusd).toBe(usd('24'));
    }
  });

  test('a grouping that is changed within a window takes effect at the next one', () => {
    const log = createLog();
    log.tell('general_live', {}, atDay('2026-05-01'));
    log.tell('general_live', { group_by: 'market' }, atDay('2026-05-08', 60));
    expect(log.close('2026-05-08')[0]?.group_by).toBe('bot');
    expect(log.close('2026-05-09')[0]?.group_by).toBe('market');
  });

  test('a position without a mark has no unrealised PnL: null, never 0, in group and total', () => {
    const log = createLog();
    log.fill({ account: ALICE });
    const [report] = log.close('2026-05-08');
    expect(report?.unrealised_pnl_pusd).toBeNull();
    expect(report?.incomplete_reasons).toContain('GOV_MARK_MISSING');
    expect(report?.books_complete).toBe(false);
  });

  test('a mark older than the limit is used, counted and flagged', () => {
    const log = createLog();
    log.fill({ account: ALICE });
    const [report] = log.close('2026-05-08', [marked(TOKEN, '0.66', atDay('2026-05-08'))]);
    expect(report?.unrealised_pnl_pusd).toBe(usd('16'));
    expect(report?.stale_marks).toBe(1);
    expect(report?.reason_codes).toContain('STALE_DATA');
    const out = report === undefined ? null : windowReportOf(report);
    expect(out?.marks).toEqual([
      {
        token_id: TOKEN,
        price: price('0.66'),
        kind: 'MID',
        observed_at: atDay('2026-05-08'),
        age_ms: 86_400_000,
      },
    ]);
  });

  test('trading that was halted at any time in the window is shown, and since when', () => {
    const log = createLog();
    const since = atDay('2026-05-07', 3600);
    log.halt(true, since);
    const [first] = log.close('2026-05-07');
    log.halt(false, atDay('2026-05-08', 3600));
    const [second] = log.close('2026-05-08');
    const [third] = log.close('2026-05-09');
    expect(
      [first, second, third].map((one) => [one?.kill_switch_active, one?.kill_switch_since]),
    ).toEqual([
      [true, since],
      [true, since],
      [false, null],
    ]);
  });
});

describe('a window against the chain (B13)', () => {
  /** A day of 100 bought and 60 sold in block 7: cash −8.23, 40 shares left. */
  function day(drift: string, tokens = '40') {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    const cash = usd('-8.23') + usd(drift);
    log.observe('2026-05-08', ALICE, { cash: shown(cash), tokens: { [TOKEN]: tokens } }, 10);
    return { log, made: log.complete('2026-05-08', 10) };
  }

  function shown(micros: bigint): string {
    const sign = micros < 0n ? '-' : '';
    const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
    return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
  }

  test('books and chain agree: RECONCILED, in the one revision that the answer makes', () => {
    const { made } = day('0');
    expect(made.map(shownReport)).toEqual([
      expect.objectContaining({ id: `${NAME}_r2`, status: 'RECONCILED', publication: 'RELEASED' }),
    ]);
    expect(made[0]?.onchain_reconciled).toBe(true);
    expect(made[0]?.onchain_drift_pusd).toBe(0n);
    expect(made[0]?.onchain_balance_pusd).toBe(usd('-8.23'));
    expect(made[0]?.reason_codes).not.toContain('PNL_REPORTER_ONCHAIN_RECONCILE_FAIL');
  });

  test.each([
    ['0.02', 'FAILED', 'WARN', 'RELEASED'],
    ['11', 'FAILED', 'P2', 'RELEASED'],
    ['51', 'UNRECONCILED', 'P1', 'HELD'],
  ])('a missing fill of %s pUSD: %s, alert %s, %s', (drift, status, severity, publication) => {
    const { made } = day(drift);
    const [report] = made;
    expect([report?.reconciliation_status, report?.publication]).toEqual([status, publication]);
    expect(report?.onchain_drift_pusd).toBe(usd(drift));
    expect(report?.reason_codes).toContain('PNL_REPORTER_ONCHAIN_RECONCILE_FAIL');
    const alerts =
      report === undefined ? [] : emit(report).filter((one) => one.topic === TOPICS.alerts.name);
    expect(alerts.map((one) => one.record.value)).toEqual([
      expect.objectContaining({ code: 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL', severity }),
    ]);
  });

  test('shares that the chain does not have are a drift of 1 pUSD each', () => {
    const { made } = day('0', '37');
    expect(made[0]?.onchain_drift_pusd).toBe(usd('3'));
    expect(made[0]?.reconciliation_status).toBe('FAILED');
  });

  test('+60 and −60 on two accounts is not reconciled', () => {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    openAndClose(log, BOB, 7);
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    const tokens = { [TOKEN]: '40' };
    log.observe('2026-05-08', ALICE, { cash: shown(usd('-8.23') + usd('60')), tokens }, 10);
    log.observe('2026-05-08', BOB, { cash: shown(usd('-8.23') - usd('60')), tokens }, 10);
    const [report] = log.complete('2026-05-08', 10);
    expect(report?.reconciliation_status).toBe('UNRECONCILED');
    expect(report?.onchain_drift_pusd).toBe(usd('120'));
  });

  test('a token that the chain was not asked for keeps the window PENDING until it is', () => {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    log.observe('2026-05-08', ALICE, { cash: '-8.23' }, 10);
    const [first] = log.complete('2026-05-08', 10);
    expect([first?.reconciliation_status, first?.onchain_reconciled]).toEqual(['PENDING', null]);
    expect([first?.onchain_drift_pusd, first?.alerts]).toEqual([null, '[]']);
    log.observe('2026-05-08', ALICE, { cash: '-8.23', tokens: { [TOKEN]: '40' } }, 10);
    const [second] = log.complete('2026-05-08', 10);
    expect([second?.report_id, second?.reconciliation_status]).toEqual([
      `${NAME}_r3`,
      'RECONCILED',
    ]);
  });

  // B13 overrides the text in one word: without an answer the status is PENDING, not failed.
  test('ONCHAIN_RPC_FAILURE: onchain_reconciled=false and the alert; an answer revises', () => {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    log.observe('2026-05-08', ALICE, 'CHAIN_UNREACHABLE: no answer in 3 tries', 10);
    const [failed, ...others] = log.complete('2026-05-08', 10, 1);
    expect(others).toEqual([]);
    expect(failed?.reconciliation_status).toBe('PENDING');
    expect(failed?.onchain_reconciled).toBe(false);
    expect(failed?.reason_codes).toEqual(
      expect.arrayContaining(['GOV_ONCHAIN_PENDING', 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL']),
    );
    const alerts =
      failed === undefined ? [] : emit(failed).filter((one) => one.topic === TOPICS.alerts.name);
    expect(alerts.map(({ record }) => record.value)).toEqual([
      expect.objectContaining({ code: 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL', severity: 'WARN' }),
    ]);
    // Asked in vain once more: nothing is new, nobody is told twice.
    log.observe('2026-05-08', ALICE, 'CHAIN_UNREACHABLE: no answer in 3 tries', 10);
    expect(log.complete('2026-05-08', 10, 1)).toEqual([]);
    log.observe('2026-05-08', ALICE, { cash: '-8.23', tokens: { [TOKEN]: '40' } }, 10);
    const [answered] = log.complete('2026-05-08', 10);
    expect(answered?.report_id).toBe(`${NAME}_r3`);
    expect([answered?.reconciliation_status, answered?.onchain_reconciled]).toEqual([
      'RECONCILED',
      true,
    ]);
    expect(
      answered === undefined
        ? []
        : emit(answered).filter((one) => one.topic === TOPICS.alerts.name),
    ).toEqual([]);
  });

  test('only entries with a block up to N count: a leg behind it waits for the next window', () => {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-09', 60), block_number: 12 });
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    log.observe('2026-05-08', ALICE, { cash: '-8.23', tokens: { [TOKEN]: '40' } }, 10);
    expect(log.complete('2026-05-08', 10)[0]?.reconciliation_status).toBe('RECONCILED');
    log.close('2026-05-09', [marked(TOKEN, '0.66', atDay('2026-05-10') - 1)]);
    log.observe('2026-05-09', ALICE, { cash: '-58.355', tokens: { [TOKEN]: '140' } }, 20);
    expect(log.complete('2026-05-09', 20)[0]?.reconciliation_status).toBe('RECONCILED');
  });

  test('a late leg changes the check of each window behind its block, in one revision', () => {
    const { log, made } = day('-50.125', '140');
    expect(made[0]?.reconciliation_status).toBe('UNRECONCILED');
    log.fill({ account: ALICE, block_number: 8 });
    const [revision, next] = log.close('2026-05-09', [marked(TOKEN, '0.66')]);
    expect(revision?.report_id).toBe(`${NAME}_r3`);
    expect([revision?.reconciliation_status, revision?.publication]).toEqual([
      'RECONCILED',
      'RELEASED',
    ]);
    expect(next?.report_id).toBe('settlement_pnl_20260510T000000Z');
  });

  test('an earlier window that is asked for after a later one is summed to its own block', () => {
    const log = createLog();
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-06', 60), block_number: 3 });
    openAndClose(log, ALICE, 7);
    log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    log.complete('2026-05-08', 10, 1);
    log.close('2026-05-06', [marked(TOKEN, '0.66', atDay('2026-05-06'))]);
    log.observe('2026-05-06', ALICE, { cash: '-50.125', tokens: { [TOKEN]: '100' } }, 5);
    const made = log.complete('2026-05-06', 5);
    expect(made.map((one) => [one.window_id, one.reconciliation_status])).toEqual([
      ['window-2026-05-06', 'RECONCILED'],
    ]);
  });

  test('a HELD report is released by a reviewer; what comes to another drift is held again', () => {
    const { log, made } = day('51');
    expect(made[0]?.publication).toBe('HELD');
    const [released] = log.release([`${NAME}_r2`]);
    expect(released?.report_id).toBe(`${NAME}_r3`);
    expect([released?.reconciliation_status, released?.publication]).toEqual([
      'UNRECONCILED',
      'RELEASED',
    ]);
    expect(
      released === undefined
        ? []
        : emit(released).filter((one) => one.topic === TOPICS.alerts.name),
    ).toEqual([]);
    expect(log.release([`${NAME}_r2`])).toEqual([]);
    log.fill({ account: ALICE, block_number: 8 });
    const [again] = log.close('2026-05-09', [marked(TOKEN, '0.66')]);
    expect([again?.report_id, again?.publication]).toEqual([`${NAME}_r4`, 'HELD']);
  });
});

describe('who gets a report (B16, B19)', () => {
  const topicsOf = (entry: Parameters<typeof emit>[0] | undefined): readonly string[] =>
    entry === undefined
      ? []
      : emit(entry).map(({ topic }) => topic.replace('polytraders.reports.', ''));

  test('released: the record and all recipients; HELD: not the finance team', () => {
    const log = createLog();
    openAndClose(log, ALICE, 7);
    const [first] = log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    expect(topicsOf(first)).toEqual([
      'settlement',
      'finance_team',
      'governance_audit',
      'post_trade_archive',
    ]);
    log.observe('2026-05-08', ALICE, { cash: '100', tokens: { [TOKEN]: '40' } }, 10);
    const [held] = log.complete('2026-05-08', 10);
    expect(topicsOf(held)).toEqual([
      'settlement',
      'governance_audit',
      'post_trade_archive',
      'polytraders.alerts',
    ]);
  });

  test('limited_live: HELD, to the record and governance_audit; shadow_only: nobody', () => {
    const log = createLog();
    log.tell('limited_live');
    log.fill({ account: ALICE });
    const [held] = log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    expect(held?.publication).toBe('HELD');
    expect(topicsOf(held)).toEqual(['settlement', 'governance_audit']);
    log.tell('general_live', {}, atDay('2026-05-09', 5));
    const [released] = log.release([], 'MODE_HELD', 1_000);
    expect([released?.report_id, released?.publication]).toEqual([`${NAME}_r2`, 'RELEASED']);
    log.tell('shadow_only', {}, atDay('2026-05-09', 9));
    expect(topicsOf(log.close('2026-05-09')[0])).toEqual([]);
  });

  test('paper is in no regulatory report; include_paper makes a second, on the dashboard', () => {
    const log = createLog();
    log.tell('general_live', { include_paper: 'true' });
    log.fill({ account: ALICE });
    log.fill({ account: PAPER_ACCOUNT, paper: true });
    const [regular, mixed] = log.close('2026-05-08', [marked(TOKEN, '0.66')]);
    expect(shownReport(regular)).toMatchObject({ id: NAME, fills: 1, volume: usd('50') });
    expect([regular?.regulatory, regular?.mixed]).toEqual([true, false]);
    expect(shownReport(mixed)).toMatchObject({ id: `${NAME}_mixed`, fills: 2, volume: usd('100') });
    expect([mixed?.regulatory, mixed?.mixed, mixed?.retained_until]).toEqual([false, true, null]);
    expect(mixed?.reason_codes).toContain('PNL_REPORTER_PAPER_IN_REGULATORY');
    expect(topicsOf(mixed)).toEqual(['dashboard', 'polytraders.alerts']);
    expect(topicsOf(regular)).not.toContain('dashboard');
    expect(mixed?.unsettled_pusd).toBe(regular?.unsettled_pusd);
  });
});
