/** Parameters on the log, and what of them reaches the numbers and fields of a report. */

import { describe, expect, test } from '@jest/globals';
import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
} from '@polytraders/contracts';
import { createDriver, type Emission, type Recorded } from '@polytraders/stream';
import { parametersKey, partitionOfAccount } from './entities.ts';
import {
  ACCOUNT,
  at,
  fillConfirmed,
  logOf,
  PAPER_ACCOUNT,
  parametersChanged,
} from './events.fixture.ts';
import { cashMoved } from './movements.fixture.ts';
import { processor } from './processor.ts';

function reportsOf(emitted: readonly Emission[]): readonly SettlementReport[] {
  return emitted.map((emission) => emission.record.value as SettlementReport);
}

describe('parameters', () => {
  const change = (...said: Parameters<typeof parametersChanged>): Recorded<LedgerEvent> =>
    at({ type: 'ParametersChanged', value: parametersChanged(...said) }, 0);

  test('those of another processor are none of ours', () => {
    const driven = createDriver(processor).drive([change('shadow_only', {}, 'revenue-reconciler')]);
    expect(driven.outcomes).toEqual([
      { outcome: 'ignored', because: 'parameters of another processor' },
    ]);
  });

  test('a number that cannot be read stays as it was, and the mode is obeyed all the same', () => {
    const driver = createDriver(processor);
    driver.drive([change('limited_live', { exchange_max_fee_bps: '700' })]);
    const settings = { exchange_max_fee_bps: '7.5 %', mark_age_limit_ms: '30000' };
    const driven = driver.drive([change('shadow_only', settings)]);
    expect(driven.outcomes).toEqual([{ outcome: 'quarantined', because: 'PARAMETERS_UNREADABLE' }]);
    expect(driven.entities.get(parametersKey(partitionOfAccount(ACCOUNT)))).toMatchObject({
      mode: 'shadow_only',
      exchangeBpsMax: 700,
      markAgeMsMax: 30_000,
    });
    expect(driver.drive(logOf([fillConfirmed()])).emitted).toEqual([]);
  });

  test('one unreadable number before any other leaves the specified ones', () => {
    const driven = createDriver(processor).drive([
      change('shadow_only', { mark_age_limit_ms: '60s' }),
    ]);
    expect(driven.entities.get(parametersKey(partitionOfAccount(ACCOUNT)))).toMatchObject({
      mode: 'shadow_only',
      markAgeMsMax: 60_000,
      exchangeBpsMax: 500,
    });
  });

  test('a change looks up what was in force, in whichever partition it stands', () => {
    const value = parametersChanged('general_live');
    const keys = processor.keys({ type: 'ParametersChanged', value }, 7);
    expect(keys).toEqual([parametersKey(7), `window_cut|7|${String(value.market_seq)}`]);
    const foreign = parametersChanged('general_live', {}, 'revenue-reconciler');
    expect(processor.keys({ type: 'ParametersChanged', value: foreign }, 7)).toEqual([]);
  });
});

describe('how long a report is kept (rule B15)', () => {
  const told = (
    settings: Readonly<Record<string, string>>,
    offset: number,
  ): Recorded<LedgerEvent> =>
    at({ type: 'ParametersChanged', value: parametersChanged('general_live', settings) }, offset);
  const fill = (offset: number, said: Partial<FillConfirmed> = {}): Recorded<LedgerEvent> =>
    at(
      { type: 'FillConfirmed', value: fillConfirmed({ fill_id: `f${String(offset)}`, ...said }) },
      offset,
    );

  test('date + retain_days where that is later than seven years, from its place on', () => {
    const log = [fill(0), told({ retain_days: '4000' }, 1), fill(2), told({}, 3), fill(4)];
    const { emitted } = createDriver(processor).drive(log);
    expect(reportsOf(emitted).map((report) => report.retained_until)).toEqual([
      '2033-05-08',
      '2037-04-20',
      '2033-05-08',
    ]);
  });

  test('days below the minimum change nothing, and are counted', () => {
    const log = [told({ retain_days: '4000' }, 0), told({ retain_days: '2554' }, 1), fill(2)];
    const { outcomes, emitted } = createDriver(processor).drive(log);
    expect(outcomes[1]).toEqual({ outcome: 'quarantined', because: 'PARAMETERS_UNREADABLE' });
    expect(reportsOf(emitted)[0]?.retained_until).toBe('2037-04-20');
  });

  test('paper is in no regulatory tier: neither its fills nor its movements have a date', () => {
    const cash = { ...cashMoved('k'), account: PAPER_ACCOUNT };
    const { entries } = createDriver(processor).drive([
      fill(0, { account: PAPER_ACCOUNT, paper: true }),
      at({ type: 'CashMoved', value: cash }, 1),
      fill(2),
    ]);
    expect(entries.map((entry) => [entry.paper, entry.retained_until])).toEqual([
      [true, null],
      [true, null],
      [false, '2033-05-08'],
    ]);
  });

  test('a fill that is set aside has no date: it is kept until it was reviewed', () => {
    const { entries } = createDriver(processor).drive([fill(0, { fee_bps: null })]);
    expect(entries[0]?.retained_until).toBeNull();
  });
});
